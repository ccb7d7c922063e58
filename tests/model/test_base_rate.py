from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.base_rate import BASE_RATE, precision_at
from fanzha.intervals import Interval, Share


def test_precision_is_restated_by_bayes_rule() -> None:
    found = precision_at(Share(80, 100), Share(50, 1000), base_rate=0.01)
    assert found.precision == pytest.approx(0.01 * 0.8 / (0.01 * 0.8 + 0.99 * 0.05))
    assert found.interval.low < found.precision < found.interval.high


def test_at_the_corpuss_own_rate_it_is_the_precision_measured() -> None:
    found = precision_at(Share(30, 40), Share(10, 160), base_rate=40 / 200)
    assert found.precision == pytest.approx(30 / 40)


def test_no_false_alarm_is_no_promise_of_none() -> None:
    found = precision_at(Share(9, 10), Share(0, 50))
    assert found.base_rate == BASE_RATE == 0.005
    assert found.precision == 1.0
    assert found.interval.low < 0.05


@pytest.mark.parametrize(
    ("found", "false"),
    [
        pytest.param(Share(0, 0), Share(0, 0), id="no posts"),
        pytest.param(Share(0, 10), Share(0, 10), id="nothing flagged"),
    ],
)
def test_where_nothing_is_flagged_precision_counts_as_0_and_is_unknown(
    found: Share, false: Share
) -> None:
    restated = precision_at(found, false)
    assert (restated.precision, restated.interval) == (0.0, Interval(0.0, 1.0))


@given(st.integers(1, 200), st.integers(1, 200), st.floats(0.001, 0.4))
def test_a_rarer_label_is_never_flagged_more_precisely(
    n_found: int, n_false: int, base_rate: float
) -> None:
    found, false = Share(n_found, 200), Share(n_false, 200)
    often, seldom = (precision_at(found, false, rate) for rate in (base_rate * 2, base_rate))
    assert seldom.precision <= often.precision
    assert seldom.interval.low <= seldom.precision <= seldom.interval.high
