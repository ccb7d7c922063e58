"""The pace of cases decides where they are done; one pause does not."""

from __future__ import annotations

import pytest

from fanzha_api.pace import MOST_QUICK_S, Pace


def test_nothing_is_quick_before_enough_is_known() -> None:
    pace = Pace()
    assert pace.case_s == 0
    for _ in range(31):
        pace.learn(1, 0.0001)
        assert not pace.quick
    pace.learn(1, 0.0001)
    assert pace.quick


@pytest.mark.parametrize("cases", [1, 8, 64], ids=["singly", "eight", "sixty-four"])
def test_the_pace_is_that_of_one_case_however_many_are_done_together(cases: int) -> None:
    pace = Pace()
    for _ in range(100):
        pace.learn(cases, cases * 0.002)
    assert pace.case_s == pytest.approx(0.002)
    assert pace.quick


def test_slow_cases_are_not_quick_and_become_so_when_they_are() -> None:
    pace = Pace()
    pace.learn(100, 100 * MOST_QUICK_S * 2)
    assert not pace.quick
    pace.learn(500, 500 * MOST_QUICK_S / 10)
    assert pace.quick


def test_one_pause_does_not_make_quick_cases_slow_but_many_slow_ones_do() -> None:
    pace = Pace()
    pace.learn(200, 200 * 0.0003)
    pace.learn(1, 100.0)
    pace.learn(8, 8 * 0.0003)
    assert pace.quick
    for _ in range(40):
        pace.learn(1, 0.01)
    assert not pace.quick
