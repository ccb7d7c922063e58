"""The examples and figures in the READMEs: run them, compare them, write them anew.

`python tests/readme.py` (or `make readme`) puts the real output under every example, and the
figures of benchmarks/accuracy.json into the accuracy tables; tests/test_docs.py fails where they
differ.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")

_PYTHON = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
_CONSOLE = re.compile(r"```console\n\$ (.*?)\n(.*?)```", re.DOTALL)
_ACCURACY = re.compile(r"<!-- accuracy -->\n.*?<!-- /accuracy -->", re.DOTALL)


def with_real_output(text: str) -> str:
    """Give a README's text with the output that its examples print now."""
    text = _PYTHON.sub(
        lambda found: f"```python\n{found[1]}```\n\n```text\n{run_python(found[1])}```", text
    )
    return _CONSOLE.sub(lambda found: f"```console\n$ {found[1]}\n{run_command(found[1])}```", text)


def run_python(code: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README example", "exec"), {"__name__": "readme"})
    return out.getvalue()


def run_command(command: str) -> str:
    words = shlex.split(command)
    if words[0] == "curl":
        return _post(words)
    program = Path(sys.executable).with_name(words[0])
    done = subprocess.run(
        [str(program), *words[1:]], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout


def _post(words: list[str]) -> str:
    """Send what `curl` would, to the application itself."""
    import anyio
    import httpx

    from fanzha_api.app import create_app
    from fanzha_api.settings import Settings

    body = words[words.index("-d") + 1]
    header = words[words.index("-H") + 1]
    url = next(word for word in words if word.startswith("http"))

    async def send() -> str:
        app = create_app(Settings())
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport) as client:
                ready = str(httpx.URL(url).copy_with(path="/readyz"))
                while (await client.get(ready)).status_code != 200:
                    await anyio.sleep(0.05)
                name, value = header.split(": ")
                answer = await client.post(url, content=body.encode(), headers={name: value})
                return answer.text + "\n"

    return anyio.run(send)


def with_figures(text: str) -> str:
    """Give a README's text with the figures of the committed benchmark."""
    result = json.loads((ROOT / "benchmarks" / "accuracy.json").read_text(encoding="utf-8"))
    return _ACCURACY.sub(lambda _: f"<!-- accuracy -->\n{_table(result)}\n<!-- /accuracy -->", text)


def _table(result: dict[str, Any]) -> str:
    own = result["test_split"]
    lines = [
        "| own test split | precision | recall | F1 | average precision |",
        "|---|---|---|---|---|",
    ]
    for label in ("cash_out", "fake_hotline"):
        one = own["labels"][label]
        names = ("precision", "recall", "f1", "average_precision")
        cells = " | ".join(f"{one[name]:.3f}" for name in names)
        lines.append(f"| `{label}` | {cells} |")
    lines += ["", f"Macro F1 over the eleven labels: {own['macro_f1']:.3f}.", ""]
    lines += ["| public set | posts | flagged |", "|---|---|---|"]
    for name, kind in _SHOWN:
        count = result["dev_sets"][name]["classes"][kind]
        shown = name if kind == "all" else f"{name}, {kind}"
        lines.append(
            f"| {shown} | {count['posts']} | {count.get('flagged', 0) / count['posts']:.2%} |"
        )
    return "\n".join(lines)


_SHOWN = (
    ("antfin_questions", "all"),
    ("reviews", "all"),
    ("cold_comments", "all"),
    ("news_titles", "all"),
    ("telecom_fraud_texts", "normal"),
    ("service_number_benign", "all"),
    ("game_chat", "normal"),
    ("cash_out_candidates", "all"),
)


def main() -> None:
    for path in READMES:
        text = with_figures(with_real_output(path.read_text(encoding="utf-8")))
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
