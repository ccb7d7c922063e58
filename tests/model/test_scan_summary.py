from __future__ import annotations

from fake_detector import FakeDetector
from fanzha.post import Post
from fanzha.scan import Plan, Summary
from fanzha.scan.read import Record, Reject


def summary_of(*texts: str, first_line: int = 1) -> Summary:
    summary = Summary()
    for line, text in enumerate(texts, first_line):
        post = Post(text, f"p{line}")
        summary.add(Record("posts.jsonl", line, post), FakeDetector().check(post))
    summary.written = len(texts)
    return summary


PLAN = Plan(("-",), "out/x.jsonl")


def test_the_summary_tells_counts_numbers_worst_posts_rejects_and_where_the_rest_is() -> None:
    summary = summary_of("今天很热", "抖音月付套现，打4000000000")
    summary.add_reject(Reject("posts.jsonl", 3, "the field 'text' is missing"))
    summary.seconds = 0.5
    assert list(summary.lines(PLAN, colour=False)) == [
        "2 posts in 0.5 s (4 posts/s), 1 flagged, 1 rejected",
        "  block 1   review 0   pass 1",
        "",
        "labels",
        "        1  cash_out 套现取现",
        "",
        "numbers given as a service line",
        "        1  4000000000  抖音  unlisted: 抖音 does not publish it",
        "",
        "worst posts",
        "  block  0.990  cash_out 套现取现  (p2  posts.jsonl:2)",
        "    抖音月付【套现】，打【4000000000】",
        "    - CASH_OUT_OFFER  套现: offers cash",
        "",
        "rejected records: 1, all in out/x.rejects.jsonl",
        "  posts.jsonl:3: the field 'text' is missing",
        "",
        "the full result: out/x.jsonl (2 lines)",
    ]


def test_a_summary_of_nothing_says_so() -> None:
    lines = list(Summary().lines(PLAN, colour=False))
    assert lines[0] == "0 posts, 0 flagged, 0 rejected"


def test_shards_merge_into_the_summary_of_the_whole() -> None:
    texts = [f"{'套现' if n % 3 else ''}第{n}贴" for n in range(20)]
    whole = summary_of(*texts)
    merged = summary_of(*texts[:7])
    merged.merge(summary_of(*texts[7:], first_line=8))
    assert merged == whole


def test_of_worst_posts_that_say_the_same_one_is_shown() -> None:
    [findings] = summary_of("套现", "套现", "来套现").worst.values()
    assert [finding.where.split()[0] for finding in findings] == ["p1", "p3"]


def test_a_post_cannot_steer_the_terminal_through_the_summary() -> None:
    lines = "\n".join(summary_of("套现\x1b[2J\u202e改").lines(PLAN, colour=False))
    assert "\x1b" not in lines
    assert "\u202e" not in lines
