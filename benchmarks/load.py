"""How much the service bears on this machine, beside what a user would write.

    python benchmarks/load.py [--seconds N] [--rounds N] [--only NAME …] [--no-write]

Starts each system with two worker processes and sends it single moderations of 100 characters
over loopback: as many as it takes, 500 a second, and four times as many as it takes. The client is
another process on the same cores. The systems take turns, round by round; each figure is the
median of the rounds. Then policies are changed, and it is timed until both workers obey.
Writes benchmarks/load.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import pickle
import platform
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from load_apps import PIPELINE
from load_page import page
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fanzha import Detector
from fanzha.corpus import LabelledPost, read_corpus
from fanzha_api.settings import PREFIX

HERE = Path(__file__).parent
ROOT = HERE.parent
WORKERS = 2
N_POSTS = 2000
N_CHARS = 100
BAD_SHARE = 0.05
N_LEARNED = 8000
STEADY_PER_S = 500
OVERLOAD = 4
CONNECTIONS = {"most": 32, "steady": 64, "overload": 512}
N_CHANGES = 20
SEED = 0


@dataclass(frozen=True, slots=True)
class System:
    """A service under load: what starts it, and whether it has a database and a key."""

    name: str
    command: tuple[str, ...]
    keeps: bool = False


SYSTEMS = (
    System("scikit-learn in the handler", ("load_apps.py", "plain")),
    System("the service, a detector of one word", ("load_apps.py", "ceiling")),
    System("fanzha-serve", ("serve",)),
    System("fanzha-serve with SQLite and a key", ("serve",), keeps=True),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=6.0, help="of a step; default 6")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--only", nargs="+", help="parts of systems' names")
    parser.add_argument("--no-write", action="store_true")
    arguments = parser.parse_args()
    chosen = [
        one
        for one in SYSTEMS
        if not arguments.only or any(part in one.name for part in arguments.only)
    ]
    foreign = sorted(name for name in os.environ if name.startswith(PREFIX))
    if foreign:
        print(f"left aside for the systems: {', '.join(foreign)}", file=sys.stderr)
    with TemporaryDirectory() as folder:
        posts, pipeline = Path(folder) / "posts.json", Path(folder) / "pipeline.pickle"
        corpus = read_corpus([ROOT / "data" / "corpus"])
        posts.write_text(json.dumps(make_posts(corpus), ensure_ascii=False), encoding="utf-8")
        pipeline.write_bytes(pickle.dumps(trained(corpus)))
        os.environ[PIPELINE] = str(pipeline)
        taken_s = [] if arguments.no_write else changes()
        rounds: list[dict[str, Any]] = []
        for _ in range(arguments.rounds):
            rounds.append({one.name: measure(one, posts, arguments.seconds) for one in chosen})
            print(json.dumps(rounds[-1], ensure_ascii=False), flush=True)
            if arguments.no_write:
                continue
            result = {
                "machine": f"{os.cpu_count()} cores of {_processor()}, Python "
                f"{platform.python_version()}",
                "bundle": Detector.load().bundle_id,
                "seconds": arguments.seconds,
                "n_rounds": len(rounds),
                "systems": {
                    one.name: middle([each[one.name] for each in rounds]) for one in chosen
                },
                "changes_s": taken_s,
            }
            HERE.joinpath("load.md").write_text(page(result), encoding="utf-8")


def make_posts(corpus: Sequence[LabelledPost]) -> list[str]:
    """Make posts of 100 characters, one in twenty bad, the clean ones public where fetched."""
    draw = random.Random(SEED)
    public = sorted((ROOT / "data" / "public").glob("*.jsonl"))
    others = read_corpus(public) if public else corpus
    bad = [post.text for post in corpus if post.labels and post.split == "test"]
    clean = [post.text for post in others if not post.labels and post.split == "test"]

    def cut(pool: Sequence[str]) -> str:
        text = draw.choice(pool)
        while len(text) < N_CHARS:
            text += "\n" + draw.choice(pool)
        return text[:N_CHARS]

    made = [cut(bad if number < BAD_SHARE * N_POSTS else clean) for number in range(N_POSTS)]
    draw.shuffle(made)
    return made


def trained(corpus: Sequence[LabelledPost]) -> Any:
    learned = [post for post in corpus if post.split == "train"]
    random.Random(SEED).shuffle(learned)
    pipeline = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), LogisticRegression(max_iter=300)
    )
    some = learned[:N_LEARNED]
    return pipeline.fit([post.text for post in some], [bool(post.labels) for post in some])


@contextmanager
def serving(system: System, **settings: str) -> Iterator[tuple[int, psutil.Process, str]]:
    """Run a system; gives its port, its process and a key, which is empty without one."""
    with TemporaryDirectory(prefix="fanzha-load-") as folder:
        environment = {**_own_environment(), **settings}
        key = ""
        if system.keeps:
            environment["FANZHA_DATA"] = folder
            added = subprocess.run(
                [sys.executable, "-m", "fanzha_api.serve", "keys", "add", "load", "--scope",
                 "moderate", "--scope", "admin", "--scope", "review"],
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if added.returncode:
                raise SystemExit(f"no key could be made: {added.stderr.strip()[-500:]}")
            key = added.stdout.strip()
        port = _free_port()
        if system.command[0] == "serve":
            words = ["-m", "fanzha_api.serve", "--port", str(port), "--workers", str(WORKERS)]
        else:
            words = [str(HERE / system.command[0]), system.command[1], str(port), str(WORKERS)]
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *words], env=environment, stdout=log, stderr=log
            )
            try:
                _wait_until_ready(port)
                yield port, psutil.Process(process.pid), key
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(30)


def measure(system: System, posts: Path, seconds: float) -> dict[str, Any]:
    with serving(system) as (port, process, key):

        def load(connections: int, rate: float | None, seconds: float = seconds) -> dict[str, Any]:
            return under_load(
                process, port=port, posts=posts, key=key, seconds=seconds,
                connections=connections, rate_per_s=rate,
            )  # fmt: skip

        load(CONNECTIONS["most"], None, 1.0)
        most = load(CONNECTIONS["most"], None)
        steady = load(CONNECTIONS["steady"], STEADY_PER_S)
        offered = OVERLOAD * most["statuses"]["200"]["n"] / most["seconds"]
        overload = load(CONNECTIONS["overload"], offered) | {"offered_per_s": offered}
    return {"most": most, "steady": steady, "overload": overload}


def under_load(
    process: psutil.Process,
    *,
    port: int,
    posts: Path,
    key: str,
    seconds: float,
    connections: int,
    rate_per_s: float | None,
) -> dict[str, Any]:
    """Run the client once, and add how much of the machine others used meanwhile."""
    command = [
        sys.executable, str(HERE / "load_client.py"), "--port", str(port), "--posts", str(posts),
        "--seconds", str(seconds), "--connections", str(connections), "--key", key,
    ]  # fmt: skip
    if rate_per_s is not None:
        command += ["--rate", str(rate_per_s)]
    before, all_before = _cpu_s(process), psutil.cpu_times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the client failed: {done.stderr.strip()[-500:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    all_after = psutil.cpu_times()
    ours = _cpu_s(process) - before + told["client_s"]
    used = sum(all_after) - sum(all_before) - (all_after.idle - all_before.idle)
    told["others"] = max(0.0, used - ours) / (sum(all_after) - sum(all_before))
    return told


def _cpu_s(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def changes() -> list[float]:
    """Change a policy again and again; give the seconds until both workers obeyed each."""
    taken: list[float] = []
    with serving(SYSTEMS[-1]) as (port, _, key):
        # Enough connections that both workers have taken some.
        asking = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(24)]
        for number in range(N_CHANGES):
            policy = {"labels": {"cash_out": {"review": 0.2 + number / 100}}}
            began = time.perf_counter()
            answer = _ask(asking[0], "PUT", "/v1/policies/cars", {"policy": policy}, key)
            expected = f"cars@{answer['version']}"
            for one in asking:
                while _judged_by(one, key) != expected:
                    continue
            taken.append(time.perf_counter() - began)
    return taken


def _judged_by(connection: http.client.HTTPConnection, key: str) -> str:
    post = {"text": "好", "board": "cars"}
    return str(_ask(connection, "POST", "/v1/moderations", post, key)["model"]["policy"])


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any, key: str
) -> Any:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    connection.request(method, path, json.dumps(body), headers)
    return json.loads(connection.getresponse().read())


def middle(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the median of each figure over the rounds."""
    found: dict[str, Any] = {}
    for step in rounds[0]:
        ones = [each[step] for each in rounds]
        accepted = [one["statuses"].get("200", {}) for one in ones]
        refused = [one["statuses"].get("503", {}) for one in ones]
        rates = [a.get("n", 0) / o["seconds"] for a, o in zip(accepted, ones, strict=True)]
        found[step] = {
            "range": [min(rates), max(rates)],
            "offered_per_s": median(one.get("offered_per_s", 0.0) for one in ones),
            "accepted_per_s": median(rates),
            "refused_share": median(
                r.get("n", 0) / max(1, o["sent"] + o["unsent"])
                for r, o in zip(refused, ones, strict=True)
            ),
            "unsent_share": median(o["unsent"] / max(1, o["sent"] + o["unsent"]) for o in ones),
            "others": median(one["others"] for one in ones),
            "other_statuses": sorted({s for o in ones for s in o["statuses"]} - {"200", "503"}),
            "lost": sum(one["lost"] for one in ones),
        }
        for name, group in (("accepted", accepted), ("refused", refused)):
            for share in ("p50", "p99"):
                known = [one[share] for one in group if one]
                found[step][f"{name}_{share}"] = median(known) if known else None
    return found


def _own_environment() -> dict[str, str]:
    """Give the environment without settings of the service: what is measured is its defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait_until_ready(port: int) -> None:
    """Wait until twenty new connections in a row found a worker that is ready."""
    began, in_a_row = time.monotonic(), 0
    while in_a_row < 20:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            in_a_row = in_a_row + 1 if connection.getresponse().status == 200 else 0
        except OSError:
            in_a_row = 0
        finally:
            connection.close()
        if in_a_row == 0:
            if time.monotonic() - began > 120:
                raise SystemExit("the service does not become ready")
            time.sleep(0.2)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
