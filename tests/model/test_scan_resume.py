from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from fake_detector import FakeDetector, FakeLoader
from fanzha.errors import InputError, ScanError
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.scan import Plan, scan
from fanzha.scan.part_folder import opened_parts
from fanzha.scan.shard import Part
from fanzha.verdict import Verdict

LINES = [
    json.dumps({"id": n, "text": ("套现" if n % 3 else "你好") + f"{n}"}, ensure_ascii=False)
    if n % 50
    else "broken"
    for n in range(400)
]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    posts = tmp_path / "posts.jsonl"
    posts.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return Plan((str(posts),), str(tmp_path / "x.jsonl"), workers=1, shard_posts=40)


class StoppedError(BaseException):
    """Stands for whatever ends a process between two parts."""


def stop_after(n_parts: int) -> Callable[[Part], None]:
    seen: list[Part] = []

    def stop(part: Part) -> None:
        seen.append(part)
        if len(seen) == n_parts:
            raise StoppedError

    return stop


def cut_off(plan: Plan, n_parts: int = 4) -> None:
    with pytest.raises(StoppedError):
        scan(plan, FakeLoader(), stop_after(n_parts))


def result(plan: Plan) -> bytes:
    assert plan.rejects is not None
    return Path(plan.output).read_bytes() + plan.rejects.read_bytes()


@dataclass(frozen=True)
class Counting:
    """Counts the posts that are checked."""

    texts: list[str]
    bundle_id: ClassVar[str] = "fake"
    policy: ClassVar[Policy] = FakeDetector.policy

    def __call__(self) -> Counting:
        return self

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        for post in posts:
            self.texts.append(Post.of(post).text)
            yield FakeDetector().check(post)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("n_parts", [1, 4, 10])
def test_a_resumed_scan_ends_as_an_undisturbed_one(plan: Plan, n_parts: int, workers: int) -> None:
    whole = scan(replace(plan, output=f"{plan.output}.whole.jsonl"), FakeLoader())
    undisturbed = result(replace(plan, output=f"{plan.output}.whole.jsonl"))
    cut_off(plan, n_parts)
    assert not Path(plan.output).exists()
    summary = scan(replace(plan, resume=True, workers=workers), FakeLoader())
    assert result(plan) == undisturbed
    summary.seconds = whole.seconds
    rejects = [replace(one, file="") for one in summary.rejects]
    assert rejects == [replace(one, file="") for one in whole.rejects]
    assert summary == whole
    assert not plan.parts.exists()


def test_what_is_finished_is_not_checked_again(plan: Plan) -> None:
    cut_off(plan, 4)
    counting = Counting([])
    scan(replace(plan, resume=True), counting)
    n_posts = sum(line != "broken" for line in LINES)
    assert len(counting.texts) == n_posts - sum(line != "broken" for line in LINES[:160])


def test_resuming_without_a_scan_before_is_a_scan(plan: Plan) -> None:
    summary = scan(replace(plan, resume=True), FakeLoader())
    assert summary.posts + summary.rejected == len(LINES)


def test_finished_parts_are_never_thrown_away_unasked(plan: Plan) -> None:
    cut_off(plan)
    with pytest.raises(InputError, match=r"go on with\s+--resume, or remove that folder"):
        scan(plan, FakeLoader())
    assert scan(replace(plan, resume=True), FakeLoader()).posts > 0


def test_a_scan_without_a_finished_part_leaves_no_folder(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text('{"text": "炸"}\n', encoding="utf-8")
    with pytest.raises(ScanError):
        scan(plan, FakeLoader())
    assert not plan.parts.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"text_field": "body"}, "the option --text-field", id="field"),
        pytest.param({"only_flagged": True}, "the option --only", id="only"),
        pytest.param({"encoding": "gbk"}, "the option --encoding", id="encoding"),
        pytest.param({"shard_posts": 41}, "the option --shard-posts", id="shards"),
    ],
)
def test_another_option_is_refused_by_name(
    plan: Plan, change: dict[str, object], said: str
) -> None:
    cut_off(plan)
    with pytest.raises(InputError, match=said):
        scan(replace(plan, resume=True, **change), FakeLoader())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(lambda raw: raw + b"{}\n", "its size", id="longer"),
        pytest.param(lambda raw: raw.replace(b'"id": 1,', b'"id": 9,'), "its beginning", id="head"),
    ],
)
def test_another_input_is_refused_and_told_what_changed(
    plan: Plan, edit: Callable[[bytes], bytes], said: str
) -> None:
    cut_off(plan)
    path = Path(plan.inputs[0])
    path.write_bytes(edit(path.read_bytes()))
    with pytest.raises(InputError, match=rf"the input .*posts\.jsonl \({said}\)"):
        scan(replace(plan, resume=True), FakeLoader())


def test_a_touched_input_and_another_input_are_refused(plan: Plan, tmp_path: Path) -> None:
    cut_off(plan)
    os.utime(plan.inputs[0], ns=(1, 1))
    with pytest.raises(InputError, match="its time of change"):
        scan(replace(plan, resume=True), FakeLoader())
    other = tmp_path / "other.jsonl"
    other.write_text('{"text": "x"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="the list of inputs"):
        scan(replace(plan, resume=True, inputs=(str(other),)), FakeLoader())


@dataclass(frozen=True)
class Other(Counting):
    """A detector with another bundle and policy."""

    bundle_id: ClassVar[str] = "other"
    policy: ClassVar[Policy] = Policy("strict", {"cash_out": 0.1}, {})


def test_another_bundle_and_policy_are_refused_by_name(plan: Plan) -> None:
    cut_off(plan)
    with pytest.raises(InputError, match="changed since it began: the bundle, the policy;"):
        scan(replace(plan, resume=True), Other([]))


def test_a_damaged_part_is_made_again(plan: Plan) -> None:
    scan(replace(plan, output=f"{plan.output}.whole.jsonl"), FakeLoader())
    cut_off(plan, 6)
    parts = sorted(plan.parts.glob("*.part"))
    parts[0].write_bytes(parts[0].read_bytes()[:-5])
    parts[1].write_bytes(b"")
    raw = parts[2].read_bytes()
    parts[2].write_bytes(raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:])
    parts[3].write_bytes(parts[4].read_bytes())
    (plan.parts / "00000009.123.tmp").write_bytes(b"half")
    scan(replace(plan, resume=True), FakeLoader())
    assert result(plan) == result(replace(plan, output=f"{plan.output}.whole.jsonl"))


def test_a_folder_without_a_manifest_is_begun_anew(plan: Plan) -> None:
    cut_off(plan)
    (plan.parts / "manifest.json").write_text('{"half', encoding="utf-8")
    assert scan(plan, FakeLoader()).posts > 300


def test_two_scans_do_not_write_the_same_output(plan: Plan) -> None:
    with (
        opened_parts(plan, {}),
        pytest.raises(InputError, match=r"another scan is writing to .*x\.jsonl\.parts"),
    ):
        scan(plan, FakeLoader())


def test_surrogates_in_evidence_survive_a_part(plan: Plan) -> None:
    Path(plan.inputs[0]).write_text('{"text": "\\ud800套现"}\n{"text": "x"}\n', encoding="utf-8")
    small = replace(plan, shard_posts=1)
    whole = scan(replace(small, output=f"{plan.output}.whole.jsonl"), FakeLoader())
    cut_off(small, 1)
    resumed = scan(replace(small, resume=True), FakeLoader())
    assert resumed.worst == whole.worst


def test_a_full_disk_is_told_with_the_way_to_go_on(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr("fanzha.scan.part_folder.write_manifest", lambda *_: None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(InputError, match=r"make room, and go on with .* --resume"):
            scan(plan, FakeLoader())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
