from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.errors import InputError
from fanzha.scan.read import Reject
from fanzha.scan.report import Counts, Report, Run, gather
from fanzha.scan.reporting import read_rejects
from fanzha.scan.timeline import columns
from scan_lines import Line, line, scanned

AD = "花呗套现当天到账，十年老店诚信第一，外地也可以做，要的联系"


def report(*lines: Line, rejects: tuple[Reject, ...] = (), run: Run | None = None) -> Report:
    return gather(scanned(lines), rejects, run)


def test_posts_are_counted_by_suggestion_label_day_and_board() -> None:
    found = report(
        line("a", AD, board="闲聊", posted_at="2026-10-12 08:00"),
        line("b", "甲", board="闲聊", posted_at="2026-10-12 23:59", label="gambling"),
        line("c", "乙", board="闲聊", flagged=False, posted_at="2026-10-13"),
        line("d", "丙", board="交易", flagged=False),
    )
    assert (found.posts, found.flagged, found.complete) == (4, 2, True)
    assert found.labels == {"cash_out": 1, "gambling": 1}
    assert found.days == {
        date(2026, 10, 12): Counts(2, 2, found.labels),
        date(2026, 10, 13): Counts(1, 0),
    }
    assert found.boards["闲聊"] == Counts(3, 2, found.labels)
    assert found.boards["交易"] == Counts(1, 0)
    assert found.models == {("b1", "default"): 4}
    assert found.texts_known


def test_a_run_tells_of_posts_that_pass_and_were_left_out() -> None:
    found = report(line("a", AD), run=Run(1000, 2.0, ("dump.jsonl",)))
    assert (found.posts, found.flagged, found.complete) == (1000, 1, True)
    assert not report(line("a", AD)).complete


def test_a_number_is_told_as_what_it_is_at_its_worst() -> None:
    fake = {"brand": "支付宝", "status": "unlisted"}
    found = report(
        line("a", "客服 4000000001", "4000000001", **fake),
        line("b", "客服 4000000001", "4000000001", brand="京东", status="unlisted"),
        line("c", "客服 4000000001", "4000000001", brand="支付宝", status="unknown_brand"),
        line("d", "客服 4000000002", "4000000002", **fake),
        line("e", "客服 95188", "95188", brand="支付宝", status="official", flagged=False),
        line("f", "电话 13800000001", "13800000001"),
    )
    told = [(one.number.number, one.brands, one.n_posts, one.number.fake) for one in found.claims]
    assert told == [
        ("4000000001", ("支付宝", "京东"), 2, True),
        ("4000000002", ("支付宝",), 1, True),
        ("95188", ("支付宝",), 1, False),
    ]
    assert found.fakes == found.claims[:2]
    assert found.fake_posts == 3


def test_a_number_of_nobody_known_is_fake_beside_a_pretext() -> None:
    one = line("a", "客服 4000000001 套现", "4000000001", brand="某某", status="unknown_brand")
    assert not report(one).fakes
    one["evidence"].append(
        {**one["evidence"][0], "rule": "HOTLINE_WITH_PRETEXT", "start": 3, "end": 13}
    )
    assert [claim.number.number for claim in report(one).fakes] == ["4000000001"]


def test_the_worst_posts_are_the_highest_of_each_label_without_copies() -> None:
    found = report(
        *(line(f"a{n}", f"{AD}第{n}次", score=n / 10) for n in range(10)),
        line("copy", f"{AD}第9次", score=0.95),
        line("b", "丙", label="gambling", score=0.2),
        line("c", "丁", flagged=False),
    )
    assert [one.post for one in found.worst] == ["a9", "a8", "a7", "a6", "b"]
    assert found.worst[0].reasons == (("套现", "CASH_OUT_OFFER", "offers cash"),)


def test_rejects_are_counted_and_the_first_kept() -> None:
    rejects = tuple(Reject("x", n, "broken") for n in range(50))
    found = report(rejects=rejects)
    assert found.n_rejects == 50
    assert found.rejects == rejects[:20]


def test_what_is_no_verdict_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match=r"v\.jsonl:1 is no verdict.*is missing"):
        report({"suggestion": "block", "evidence": [], "hotlines": []})


def test_rejects_are_read_from_beside_the_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "v.rejects.jsonl"
    path.write_text('{"file": "d.jsonl", "line": 3, "reason": "broken"}\n', encoding="utf-8")
    verdicts = str(tmp_path / "v.jsonl")
    assert list(read_rejects(verdicts)) == [Reject("d.jsonl", 3, "broken")]
    assert list(read_rejects(str(tmp_path / "w.jsonl"))) == []
    assert list(read_rejects("-")) == []
    path.write_text("[]\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"v\.rejects\.jsonl:1 is no reject"):
        list(read_rejects(verdicts))


@pytest.mark.parametrize(
    ("first", "last", "unit", "n_columns"),
    [
        pytest.param("2026-01-01", "2026-01-01", "day", 1, id="one day"),
        pytest.param("2026-01-01", "2026-02-14", "day", 45, id="45 days"),
        pytest.param("2026-01-01", "2026-02-15", "week", 7, id="46 days"),
        pytest.param("2024-01-31", "2026-02-28", "month", 26, id="two years"),
        pytest.param("1990-06-01", "2026-01-01", "year", 37, id="decades"),
    ],
)
def test_columns_are_as_many_as_can_be_read(
    first: str, last: str, unit: str, n_columns: int
) -> None:
    days = {date.fromisoformat(one): Counts(2, 1) for one in (first, last)}
    found, told = columns(days)
    assert (found, len(told)) == (unit, n_columns)
    assert told[0].begin <= date.fromisoformat(first)
    assert sum(column.posts for column in told) == 2 * len(days)


def test_no_times_give_no_columns() -> None:
    assert columns({}) == ("day", ())


@given(st.dictionaries(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.integers(1, 9)))
def test_no_day_is_lost_in_the_columns(days: dict[date, int]) -> None:
    _, told = columns({day: Counts(n, n) for day, n in days.items()})
    assert sum(column.flagged for column in told) == sum(days.values())
    assert len(told) <= 110
    assert list(told) == sorted(told, key=lambda column: column.begin)


def test_a_worst_post_tells_when_and_where() -> None:
    (one,) = report(line("a", AD, board="闲聊", account="甲", posted_at="2026-10-12 08:00")).worst
    assert (one.board, one.account, one.posted_at) == ("闲聊", "甲", datetime(2026, 10, 12, 8))
