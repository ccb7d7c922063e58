from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.scan.clock import read_time


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("2026-10-12 08:27", datetime(2026, 10, 12, 8, 27), id="minutes"),
        pytest.param("2026-10-12T08:27:05", datetime(2026, 10, 12, 8, 27, 5), id="ISO"),
        pytest.param("2026-10-12T00:27:05Z", datetime(2026, 10, 12, 8, 27, 5), id="in UTC"),
        pytest.param("2026-10-12T08:27:05+08:00", datetime(2026, 10, 12, 8, 27, 5), id="in China"),
        pytest.param("2026/1/2 8:05", datetime(2026, 1, 2, 8, 5), id="slashes"),
        pytest.param("2026年1月2日 8时5分", datetime(2026, 1, 2, 8, 5), id="Chinese"),
        pytest.param("2026.1.2", datetime(2026, 1, 2), id="dots"),
        pytest.param("1791764820", datetime(2026, 10, 12, 8, 27), id="seconds"),
        pytest.param("1791764820000", datetime(2026, 10, 12, 8, 27), id="milliseconds"),
        pytest.param(" 2026-10-12 ", datetime(2026, 10, 12), id="a day between spaces"),
        pytest.param("0", None, id="zero"),
        pytest.param("1970-01-01", None, id="before any forum"),
        pytest.param("9999-12-31", None, id="never"),
        pytest.param("2026-13-45", None, id="no such day"),
        pytest.param("3 小时前", None, id="relative"),
        pytest.param("", None, id="empty"),
        pytest.param("9" * 30, None, id="too long a number"),
    ],
)
def test_a_time_is_read_as_dumps_write_it(written: str, read: datetime | None) -> None:
    assert read_time(written) == read


@given(st.text())
def test_any_text_is_a_time_or_none(written: str) -> None:
    read = read_time(written)
    assert read is None or (read.tzinfo is None and 1990 <= read.year < 2100)
