from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanzha.cli import main

POSTS = (
    ("a1", "花呗白条套现，当天到账，十年老店诚信第一，加薇：tx_88881", "甲", "2026-10-12 08:00"),
    ("a2", "食堂阿姨今天手没抖，一勺红烧肉有七块", "老王", "2026-10-12 09:00"),
    ("a3", "花呗白条陶现，当天到账!十年老店，诚信第一❤️ 加薇：tx_88882", "乙", "2026-10-13 08:00"),
    ("a4", "分付额度秒回，扣八个点，支持外地，加薇：tx_88882", "丙", "2026-10-14 08:00"),
    ("a5", "代开发票，税点低，先验后付，电话 13800009999", "丁", "2026-10-14 09:00"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("forum")
    dump, verdicts = folder / "dump.jsonl", folder / "verdicts.jsonl"
    rows = [
        {"id": name, "text": text, "author": author, "time": time, "board": "闲聊"}
        for name, text, author, time in POSTS
    ]
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["scan", str(dump), "--output", str(verdicts), "--workers", "1"]) == 0
    return str(verdicts), str(dump)


def test_a_disguised_copy_and_a_post_with_its_contact_are_one_campaign(
    scanned: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts, dump = scanned
    output = tmp_path / "campaigns.jsonl"
    assert main(["campaigns", verdicts, "--posts", dump, "--output", str(output)]) == 0
    (campaign,) = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    assert campaign["post_ids"] == ["a1", "a3", "a4"]
    assert campaign["accounts"][0] == {"account": "甲", "posts": 1}
    assert (campaign["first"], campaign["last"]) == ("2026-10-12T08:00:00", "2026-10-14T08:00:00")
    out = capsys.readouterr().out
    assert "1 campaign with 3 of 4 flagged posts" in out
    assert str(output) in out


def test_on_standard_output_there_are_only_the_lines(
    scanned: tuple[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["campaigns", scanned[0], "--output", "-"]) == 0
    (line,) = capfdbinary.readouterr().out.splitlines()
    assert json.loads(line)["post_ids"] == ["a3", "a4"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["-", "--posts", "-", "--output", "x"], "(-) is both", id="stdin twice"),
        pytest.param(["none.jsonl", "--output", "x"], "there is no file none", id="no file"),
        pytest.param(["DUMP", "--output", "-"], "is no verdict", id="a dump"),
        pytest.param(["VERDICTS", "--output", "VERDICTS"], "is also an input", id="overwriting"),
        pytest.param(["VERDICTS", "--output", "no/x"], "its folder is absent", id="no folder"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    scanned: tuple[str, str],
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = dict(zip(("VERDICTS", "DUMP"), scanned, strict=True))
    assert main(["campaigns", *(named.get(one, one) for one in arguments)]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
