from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_detector import FakeDetector, FakeLoader
from fanzha.errors import BundleError, InputError, ScanError
from fanzha.post import Post
from fanzha.scan import DetectorLoader, Plan, scan
from fanzha.scan.shard import Part
from fanzha.verdict import Verdict
from fanzha.verdicts import Verdicts


def dump(path: Path, records: Iterable[object]) -> str:
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def verdicts(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_record_gets_one_line_in_order_with_its_id(tmp_path: Path) -> None:
    posts = dump(
        tmp_path / "posts.jsonl",
        [{"id": "甲", "text": "花呗套现"}, {"id": 7, "text": ""}, {"text": "你好"}],
    )
    summary = scan(Plan((posts,), str(tmp_path / "x.jsonl"), workers=1), FakeLoader())
    first, second, third = verdicts(tmp_path / "x.jsonl")
    assert (first["id"], first["suggestion"]) == ("甲", "block")
    assert (second["id"], second["suggestion"]) == (7, "pass")
    assert "id" not in third
    assert third["line"] == 3
    assert (summary.posts, summary.flagged, summary.rejected, summary.written) == (3, 1, 0, 3)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["posts.jsonl", "x.jsonl"]


def test_a_verdict_is_written_as_the_library_gives_it(tmp_path: Path) -> None:
    post = Post("花呗套现，打4000000000", "p1")
    posts = dump(tmp_path / "posts.jsonl", [{"id": post.id, "text": post.text}])
    scan(Plan((posts,), str(tmp_path / "x.jsonl"), workers=1), FakeLoader())
    assert verdicts(tmp_path / "x.jsonl") == [FakeDetector().check(post).to_json()]


def test_posts_without_id_name_their_file_when_there_are_several_inputs(tmp_path: Path) -> None:
    one = dump(tmp_path / "one.jsonl", [{"text": "x"}])
    two = tmp_path / "two.txt.gz"
    two.write_bytes(gzip.compress("一\n二\n".encode()))
    scan(Plan((one, str(two)), str(tmp_path / "x.jsonl"), workers=1), FakeLoader())
    places = [(line["file"], line["line"]) for line in verdicts(tmp_path / "x.jsonl")]
    assert places == [(one, 1), (str(two), 1), (str(two), 2)]


def test_an_id_beyond_64_bits_is_echoed_whole(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text(f'{{"id": {2**70}, "text": "\\ud800"}}\n', encoding="utf-8")
    scan(Plan((str(posts),), str(tmp_path / "x.jsonl"), workers=1), FakeLoader())
    assert verdicts(tmp_path / "x.jsonl")[0]["id"] == 2**70


def test_rejects_are_listed_with_file_line_and_reason_and_counted(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_bytes(b'{"text": "a"}\n{"text": \xff}\n{"text": 3}\n{"text": "b"}\n')
    summary = scan(Plan((str(posts),), str(tmp_path / "x.jsonl"), workers=1), FakeLoader())
    assert (summary.posts, summary.rejected) == (2, 2)
    rejects = verdicts(tmp_path / "x.rejects.jsonl")
    assert [(reject["file"], reject["line"]) for reject in rejects] == [
        (str(posts), 2),
        (str(posts), 3),
    ]
    assert all(reject["reason"] for reject in rejects)


def test_a_scan_without_rejects_removes_the_rejects_of_an_earlier_one(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "a"}])
    stale = tmp_path / "x.rejects.jsonl"
    stale.write_text("{}\n", encoding="utf-8")
    scan(Plan((posts,), str(tmp_path / "x.jsonl"), workers=1), FakeLoader())
    assert not stale.exists()


def test_only_flagged_leaves_out_what_passes_but_counts_it(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "你好"}, {"text": "套现"}])
    plan = Plan((posts,), str(tmp_path / "x.jsonl"), workers=1, only_flagged=True)
    summary = scan(plan, FakeLoader())
    assert [line["line"] for line in verdicts(tmp_path / "x.jsonl")] == [2]
    assert (summary.posts, summary.written) == (2, 1)


def test_the_result_is_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    records: list[object] = [
        {"id": n, "text": "套现" * (n % 3) + "话" * (n % 41)} for n in range(1500)
    ]
    records[700] = {"id": 700}
    posts = dump(tmp_path / "posts.jsonl", records)
    results, summaries = [], []
    for workers in (1, 2, 3):
        out = tmp_path / f"x{workers}.jsonl"
        summary = scan(Plan((posts,), str(out), workers=workers, shard_posts=100), FakeLoader())
        summary.seconds = 0.0
        results.append(out.read_bytes() + out.with_suffix(".rejects.jsonl").read_bytes())
        summaries.append(summary)
    assert results[0] == results[1] == results[2]
    assert summaries[0] == summaries[1] == summaries[2]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(['{"text": "套现"}', '{"text": "x"}', "{", '{"id": 1}', ""])),
    st.integers(1, 4),
)
def test_no_record_is_lost_or_doubled_however_shards_fall(lines: list[str], size: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        posts, out = Path(folder) / "posts.jsonl", Path(folder) / "x.jsonl"
        posts.write_text("\n".join(lines), encoding="utf-8")
        plan = Plan((str(posts),), str(out), workers=1, shard_posts=size)
        summary = scan(plan, FakeLoader())
        places = [line["line"] for line in verdicts(out)]
        rejected = out.with_suffix(".rejects.jsonl")
        lost = [line["line"] for line in verdicts(rejected)] if rejected.exists() else []
    assert places == [n for n, line in enumerate(lines, 1) if '"text"' in line]
    assert lost == [n for n, line in enumerate(lines, 1) if line in {"{", '{"id": 1}'}]
    assert (summary.posts, summary.rejected) == (len(places), len(lost))


def test_a_shard_also_ends_at_its_limit_of_characters(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "长" * 60}] * 5)
    parts: list[Part] = []
    plan = Plan((posts,), str(tmp_path / "x.jsonl"), workers=1, shard_bytes=400)
    scan(plan, FakeLoader(), parts.append)
    assert [part.summary.posts for part in parts] == [2, 2, 1]
    assert sum(part.read_bytes for part in parts) == Path(posts).stat().st_size


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_post_fails_the_scan_with_its_shard_and_line_and_leaves_no_output_but_its_parts(
    tmp_path: Path, workers: int
) -> None:
    records = [{"text": "炸" if n == 1234 else "x"} for n in range(3000)]
    posts = dump(tmp_path / "posts.jsonl", records)
    plan = Plan((posts,), str(tmp_path / "x.jsonl"), workers=workers, shard_posts=512)
    with pytest.raises(ScanError, match=r"shard 2 failed .*posts\.jsonl:1235") as caught:
        scan(plan, FakeLoader())
    assert (caught.value.shard, caught.value.line) == (2, 1235)
    assert "炸" not in str(caught.value)
    assert names(tmp_path) == ["posts.jsonl", "x.jsonl.parts"]


def test_a_worker_that_dies_fails_the_scan_and_says_how_to_go_on(tmp_path: Path) -> None:
    posts = dump(
        tmp_path / "posts.jsonl", [{"text": "亡" if n == 900 else "x"} for n in range(2000)]
    )
    plan = Plan((posts,), str(tmp_path / "x.jsonl"), workers=2, shard_posts=512)
    with pytest.raises(ScanError, match="fewer --workers"):
        scan(plan, FakeLoader())
    assert "x.jsonl" not in names(tmp_path)


@pytest.mark.parametrize("written", [1, 2, 3, 5])
def test_a_scan_that_is_given_up_between_two_parts_stops_its_workers_without_a_word(
    tmp_path: Path, written: int
) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "x"}] * 300)
    plan = Plan((posts,), str(tmp_path / "x.jsonl"), workers=2, shard_posts=10)
    parts: list[Part] = []

    def give_up(part: Part) -> None:
        parts.append(part)
        if len(parts) == written:
            raise BrokenPipeError

    # A thread that dies is an error here too: see filterwarnings.
    with pytest.raises(BrokenPipeError):
        scan(plan, FakeLoader(), give_up)
    assert names(tmp_path) == ["posts.jsonl", "x.jsonl.parts"]


def test_an_earlier_output_stays_whole_when_a_scan_fails(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "炸"}])
    out = tmp_path / "x.jsonl"
    out.write_text("before", encoding="utf-8")
    with pytest.raises(ScanError):
        scan(Plan((posts,), str(out), workers=1), FakeLoader())
    assert out.read_text(encoding="utf-8") == "before"


@dataclass(frozen=True)
class Counting:
    """Notes how far the detector is ahead of what was written."""

    taken: list[str]

    def __call__(self) -> Counting:
        return self

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        for post in posts:
            self.taken.append(Post.of(post).text)
            yield FakeDetector().check(post)


def test_a_wrong_later_input_is_told_before_any_post_is_checked(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "x"}])
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id,body\n", encoding="utf-8")
    counting = Counting([])
    with pytest.raises(InputError, match="no column 'text'"):
        scan(Plan((posts, str(wrong)), str(tmp_path / "x.jsonl"), workers=1), counting)
    assert counting.taken == []


def test_inputs_are_read_no_further_ahead_than_a_few_shards(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": str(n)} for n in range(100)])
    counting = Counting([])
    seen: list[int] = []
    plan = Plan((posts,), str(tmp_path / "x.jsonl"), workers=1, shard_posts=10)
    scan(plan, counting, lambda _: seen.append(len(counting.taken)))
    assert seen == list(range(10, 110, 10))


def test_an_absent_bundle_is_told_before_the_output_is_touched(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "x"}])
    with pytest.raises(BundleError, match="no bundle"):
        scan(Plan((posts,), str(tmp_path / "x.jsonl")), DetectorLoader(str(tmp_path / "absent")))
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(lambda folder: folder / "absent" / "x.jsonl", id="no folder"),
        pytest.param(lambda folder: folder / "file" / "x.jsonl", id="folder is a file"),
    ],
)
def test_an_output_that_cannot_be_written_is_an_error_that_names_it(
    tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    posts = dump(tmp_path / "posts.jsonl", [{"text": "x"}])
    with pytest.raises(InputError, match=r"cannot write .*x\.jsonl"):
        scan(Plan((posts,), str(place(tmp_path)), workers=1), FakeLoader())


def test_a_full_device_is_an_error_that_names_it(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    posts = dump(tmp_path / "posts.jsonl", [{"text": "x"}] * 600)
    with pytest.raises(InputError, match="cannot write /dev/full: No space left"):
        scan(Plan((posts,), "/dev/full", workers=1), FakeLoader())


@dataclass(frozen=True)
class Screening:
    """Lets posts pass without a model, one by one."""

    bundle_id = "fake"
    policy = FakeDetector.policy

    def __call__(self) -> Screening:
        return self

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        for post in posts:
            found = FakeDetector().check(post)
            yield replace(found, screened=not found.flagged)


@dataclass(frozen=True)
class Wholesale(Screening):
    """The same, all together."""

    def check_all(self, texts: Sequence[str], ids: Sequence[str | int | None]) -> Verdicts:
        return Verdicts.of(texts, ids, self.check_many(map(Post, texts, ids)))


@pytest.mark.parametrize("only_flagged", [False, True])
def test_a_detector_that_takes_posts_by_the_shard_gives_the_same_bytes_and_summary(
    tmp_path: Path, *, only_flagged: bool
) -> None:
    texts = ["你好", "套现", "打4000000000", "[b]套[/b]现", "[i]x[/i]", ""]
    records: list[object] = [{"id": n, "text": texts[n % 6]} for n in range(60)]
    records += [{"text": "你好"}, {"text": "套现"}, {"id": "甲", "text": "x"}, {"id": 2**70}]
    records += [{"id": 2**70, "text": "x"}, {"title": "题", "text": "x"}]
    one, two = dump(tmp_path / "1.jsonl", records), dump(tmp_path / "2.jsonl", records)
    found = []
    for checker in (Screening(), Wholesale()):
        out = tmp_path / "x.jsonl"
        plan = Plan((one, two), str(out), workers=1, only_flagged=only_flagged, shard_posts=13)
        summary = scan(plan, checker)
        summary.seconds = 0.0
        found.append((out.read_bytes(), out.with_suffix(".rejects.jsonl").read_bytes(), summary))
    assert found[0] == found[1]
    assert found[0][2].suggestions["block"] == 42


def test_a_detector_that_fails_on_a_shard_is_asked_one_by_one_to_tell_the_post(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "炸" if n == 7 else "x"} for n in range(9)])
    with pytest.raises(ScanError, match=r"shard 0 failed .*posts\.jsonl:8"):
        scan(Plan((posts,), str(tmp_path / "x.jsonl"), workers=1), Wholesale())
    assert "one by one" in caplog.text
    assert "炸" not in caplog.text


def test_small_inputs_are_cut_into_enough_shards_for_every_process(tmp_path: Path) -> None:
    posts = dump(tmp_path / "posts.jsonl", [{"text": "长" * 90}] * 4000)
    parts: list[Part] = []
    scan(Plan((posts,), str(tmp_path / "x.jsonl"), workers=1), FakeLoader(), parts.append)
    assert len(parts) == -(-Path(posts).stat().st_size // (1 << 16))


@pytest.mark.parametrize(("n_posts", "workers"), [(30, 3), (200, 8)])
def test_there_are_no_more_workers_than_shards_nor_than_four_a_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_posts: int, workers: int
) -> None:
    class Asked(Exception):  # noqa: N818
        pass

    def executor(**options: Any) -> None:
        raise Asked(options["max_workers"])

    monkeypatch.setattr("joblib.externals.loky.ProcessPoolExecutor", executor)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"text": "x"}\n' * n_posts, encoding="utf-8")
    plan = Plan((str(posts),), str(tmp_path / "x.jsonl"), workers=1000, shard_posts=10)
    with pytest.raises(Asked, match=f"^{workers}$"):
        scan(plan, FakeLoader())


def test_a_last_line_without_an_end_is_no_shard_of_its_own(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"text": "x"}\n' * 9 + '{"text": "y"}', encoding="utf-8")
    parts: list[Part] = []
    plan = Plan((str(posts),), str(tmp_path / "x.jsonl"), workers=1)
    assert scan(plan, FakeLoader(), parts.append).posts == 10
    assert len(parts) == 1
