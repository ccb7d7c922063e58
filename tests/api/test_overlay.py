"""The operator's own table is in use as soon as it changes, and never half of it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from api.conftest import Client, Running
from fanzha.errors import DataError
from fanzha_api import schemas
from fanzha_api.overlay import LOOK_S, Overlay

HEADER = "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note"
GOOD = "我家商行,bank,家行,4001234567,400,high,customer_service,,2026-11,our own,"
OTHER = GOOD.replace("4001234567", "4001234568")
BAD = GOOD.replace("4001234567", "955889777")


def write(path: Path, *lines: str, at: int = 0) -> Path:
    """Write a table as if long ago: what is young is read again, whatever its time."""
    new = path.with_suffix(".new")
    new.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    os.utime(new, (1_000_000 + at, 1_000_000 + at))
    return new.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "own.csv", GOOD)


def refresh(client: Client) -> dict[str, Any]:
    client.portal.call(client.app.state.service.readiness.refresh)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    state: dict[str, Any] = schemas.Ready.model_validate_json(answer.content).model_dump()
    return dict(state["registry"])


def numbers(client: Client, brand: str = "家行") -> list[str]:
    answer = client.get("/v1/hotlines", params={"brand": brand})
    return [entry["number"] for entry in answer.json().get("entries", ())]


def test_a_table_is_given_once_for_each_content(path: Path) -> None:
    overlay = Overlay(path)
    first = overlay.look()
    assert first is not None
    assert first.official_numbers("家行") == ("4001234567",)
    assert overlay.look() is None
    write(path, GOOD, at=1)
    assert overlay.look() is None
    write(path, OTHER, at=2)
    second = overlay.look()
    assert second is not None
    assert second.official_numbers("家行") == ("4001234568",)


def test_a_change_within_the_same_tick_of_the_clock_is_noticed(path: Path) -> None:
    overlay = Overlay(path)
    path.touch()
    assert overlay.look() is not None
    stamp = path.stat().st_mtime_ns
    path.write_text(path.read_text("utf-8").replace("4001234567", "4001234568"), "utf-8")
    os.utime(path, ns=(stamp, stamp))
    assert overlay.look() is not None


def test_a_file_that_a_link_comes_to_point_at_is_noticed(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    overlay = Overlay(link)
    assert overlay.look() is not None
    other = write(tmp_path / "other.csv", OTHER)
    (tmp_path / "new").symlink_to(other)
    (tmp_path / "new").replace(link)
    assert overlay.look() is not None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param([BAD], r"own\.csv:2:4: .*\(number, malformed_number\)", id="number"),
        pytest.param([GOOD, BAD, "x"], r"own\.csv:4:2: .*\(fields and 1 more\)", id="two"),
        pytest.param([GOOD, GOOD], r"own\.csv:3:4: .*\(number, duplicate\)", id="twice"),
    ],
)
def test_a_refusal_gives_places_and_kinds_but_no_number(
    path: Path, lines: list[str], said: str
) -> None:
    write(path, *lines)
    overlay = Overlay(path)
    with pytest.raises(DataError, match="own") as caught:
        overlay.look()
    assert not re.search("[0-9]{5}", str(caught.value))
    assert "fanzha lint own.csv" in str(caught.value)
    assert overlay.look() is None


def test_a_table_that_is_taken_away_is_told_once_and_found_again(path: Path) -> None:
    overlay = Overlay(path)
    assert overlay.look() is not None
    path.unlink()
    with pytest.raises(DataError, match=r"own\.csv cannot be read"):
        overlay.look()
    assert overlay.look() is None
    write(path, GOOD, at=3)
    assert overlay.look() is not None


def test_the_service_uses_a_changed_table_without_a_restart(start: Running, path: Path) -> None:
    client = start(registry=path)
    assert numbers(client) == ["4001234567"]
    before = refresh(client)
    assert before == {
        "overlay": "own.csv", "digest": before["digest"], "status": "current", "problem": None,
    }  # fmt: skip
    write(path, OTHER, at=1)
    after = refresh(client)
    assert after["digest"] != before["digest"]
    assert numbers(client) == ["4001234568"]


def test_a_malformed_table_keeps_the_last_good_one_and_is_told(
    start: Running, path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    client = start(registry=path)
    before = refresh(client)
    write(path, BAD, at=1)
    stale = refresh(client)
    assert (stale["status"], stale["digest"]) == ("stale", before["digest"])
    assert stale["problem"].startswith("own.csv:2:4: ")
    assert refresh(client) == stale
    assert numbers(client) == ["4001234567"]
    write(path, OTHER, at=2)
    assert refresh(client)["status"] == "current"
    assert numbers(client) == ["4001234568"]
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    told = [line for line in lines if line["event"].startswith("registry overlay")]
    assert [line["event"] for line in told] == ["registry overlay refused", "registry overlay laid"]
    assert told[0]["why"] == stale["problem"]
    assert told[0]["level"] == "ERROR"
    assert all(line["file"] == str(path) for line in told)
    assert not re.search("955889777|40012345", json.dumps(lines))


def test_a_table_put_back_as_it_was_is_current_again(start: Running, path: Path) -> None:
    client = start(registry=path)
    before = refresh(client)
    path.unlink()
    assert refresh(client)["status"] == "stale"
    assert numbers(client) == ["4001234567"]
    write(path, GOOD, at=1)
    assert refresh(client) == before


def test_a_table_that_is_malformed_at_the_start_leaves_the_service_not_ready(
    start: Running, path: Path
) -> None:
    write(path, BAD)
    client = start(registry=path)
    assert client.get("/readyz").status_code == 503
    failure = client.app.state.service.readiness.failure
    assert failure.startswith("own.csv:2:4: ")
    assert "955889777" not in failure


def test_a_service_without_an_overlay_says_nothing_of_one(client: Client) -> None:
    client.portal.call(client.app.state.service.readiness.refresh)
    client.portal.call(client.app.state.service.readiness.follow)
    assert "registry" not in client.get("/readyz").json()


def test_the_file_is_looked_at_several_times_a_second() -> None:
    assert LOOK_S <= 0.3
