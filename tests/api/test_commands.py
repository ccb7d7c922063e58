"""The commands of `fanzha-serve` make, list and revoke keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.conftest import FakeDetector, Running
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api import serve
from fanzha_api.commands import known_keys
from fanzha_api.settings import Settings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FANZHA_DATA", str(tmp_path))
    return tmp_path


def test_a_key_is_made_listed_and_revoked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = ["keys", "add", "forum", "--scope", "moderate", "--rate", "50", "--expires"]
    assert serve.main([*made, "2100-01-01"]) == 0
    written, told = capsys.readouterr()
    assert written.startswith("fz_")
    (key,) = known_keys(Settings(data=data))
    assert written.strip().split("_")[1] == key.id
    line = f"{key.id}  holds  moderate  50 posts/s, until 2100-01-01 00:00 UTC  forum"
    assert told == f"fanzha-serve: {line}; it is shown this once\n"
    assert serve.main(["keys", "list"]) == 0
    assert capsys.readouterr().out == line + "\n"
    assert serve.main(["keys", "revoke", key.id]) == 0
    assert serve.main(["keys", "revoke", key.id]) == 2
    assert "keys list" in capsys.readouterr().err
    assert known_keys(Settings(data=data))[0].revoked_at is not None


def test_without_a_database_there_is_nothing_to_work_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert serve.main(["keys", "list"]) == 2
    assert "FANZHA_DATA" in capsys.readouterr().err


def test_a_database_that_cannot_be_read_ends_with_code_3(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "fanzha.db").write_bytes(b"no database" * 100)
    assert serve.main(["migrate"]) == 3
    assert "SQLITE_NOTADB" in capsys.readouterr().err
    assert serve.main(["--host", "0.0.0.0"]) == 3


@pytest.mark.parametrize(
    "words",
    [["keys"], ["keys", "add", "x"], ["keys", "add", "x", "--scope", "root"],
     ["keys", "add", "x", "--scope", "admin", "--expires", "soon"]],
    ids=["no deed", "no scope", "unknown scope", "no time"],
)  # fmt: skip
def test_a_wrong_command_ends_with_code_2(data: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        serve.main(words)
    assert ended.value.code == 2


def test_a_key_that_has_already_ended_is_not_made(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["keys", "add", "x", "--scope", "admin", "--expires", "2020-01-01"]
    assert serve.main(made) == 2
    assert "ended 2020-01-01 00:00 UTC lets nobody in" in capsys.readouterr().err
    assert known_keys(Settings(data=data)) == []


def test_a_rate_that_makes_no_sense_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main(["keys", "add", "x", "--scope", "admin", "--rate", "0"]) == 2
    assert "rate" in capsys.readouterr().err


def test_an_address_beyond_this_machine_needs_a_key_that_holds(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FANZHA_REQUIRE_KEY", "")
    assert serve.main(["--host", "192.0.2.7"]) == 2
    assert "no API key" in capsys.readouterr().err
    assert serve.main(["keys", "add", "forum", "--scope", "moderate"]) == 0
    # With a key it is only that this machine has no such address.
    assert serve.main(["--host", "192.0.2.7"]) == 2
    assert "cannot listen" in capsys.readouterr().err


POSTS = {"p1": "花呗套现秒到", "p2": "今天下雨"}


def test_kept_posts_are_exported_and_judged_by_another_bundle(
    start: Running, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start(data=data)
    policy = {"record": "all", "keep_texts": True}
    assert client.put("/v1/policies/cars", json={"policy": policy}).status_code == 200
    for name, text in POSTS.items():
        post = {"id": name, "text": text, "board": "cars"}
        headers = {"Idempotency-Key": name, "X-Request-ID": name}
        client.post("/v1/moderations", json=post, headers=headers)
    client.post("/v1/moderations", json={"id": "p3", "text": "花呗套现"})  # Kept without its text.
    client.post("/v1/feedback", json={"request_id": "p1", "outcome": "wrong", "labels": []})
    capsys.readouterr()

    assert serve.main(["export", "records", "--since", "30d"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["id"], row["text"], row["suggestion"]) for row in rows] == [
        ("p2", POSTS["p2"], "pass"), ("p1", POSTS["p1"], "block"),
    ]  # fmt: skip
    assert [row["settled"] for row in rows] == [None, []]

    class Mild(FakeDetector):
        bundle_id = "mild"

        def check(self, post: str | Post) -> Verdict:
            return super().check(Post.of(post).text.replace("套现", ""))

    loaded: list[Path | None] = []

    def load(settings: Settings) -> Mild:
        loaded.append(settings.bundle)
        return Mild()

    monkeypatch.setattr("fanzha_api.commands.load_detector", load)
    assert serve.main(["backtest", "--bundle", "new", "--since", "1d", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert loaded == [Path("new")]
    assert (found["bundle"], found["posts"], found["settled"]) == ("mild", 2, 1)
    assert found["suggestions"] == {"block>pass": 1, "pass>pass": 1}
    assert serve.main(["backtest", "--bundle", "new", "--board", "others"]) == 0
    assert "No post is kept" in capsys.readouterr().out


def test_a_bundle_that_cannot_be_used_ends_a_backtest_with_code_3(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main(["backtest", "--bundle", str(data / "nowhere")]) == 3
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["export", "records"], ["backtest", "--bundle", "x"]])
def test_a_stretch_of_time_that_is_none_is_refused(data: Path, command: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        serve.main([*command, "--since", "soon"])
    assert ended.value.code == 2
