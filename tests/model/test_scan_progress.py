from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from fake_detector import FakeLoader
from fanzha.scan import Plan, scan
from fanzha.scan.progress import shown_progress


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def plan_over(folder: Path) -> Plan:
    (folder / "posts.txt").write_text("x\n" * 5, encoding="utf-8")
    return Plan((str(folder / "posts.txt"),), str(folder / "x.jsonl"), workers=1, shard_posts=2)


def test_a_terminal_shows_the_posts_done_and_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    plan = plan_over(tmp_path)
    with shown_progress(plan) as progress:
        scan(plan, FakeLoader(), progress)
    assert "scanning" in terminal.getvalue()
    assert "5 posts" in terminal.getvalue()
    assert "posts/s" in terminal.getvalue()
    assert "left" in terminal.getvalue()


def test_nothing_is_shown_where_standard_error_is_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shown_progress(plan_over(tmp_path)) as progress:
        assert progress is None
    assert capsys.readouterr().err == ""
