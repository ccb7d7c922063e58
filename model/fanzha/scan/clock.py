"""When a post was posted: the times that dumps write, as the hour on a clock in China."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

__all__ = ["read_time"]

_CHINA: Final = timezone(timedelta(hours=8))  # no summer time since 1991: IANA tz, Asia/Shanghai
_EPOCH: Final = re.compile("[0-9]{9,10}(?:[0-9]{3})?(?:\\.[0-9]+)?")
_WRITTEN: Final = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[T ]+([0-9]{1,2})[:时点]([0-9]{1,2})(?:[:分]([0-9]{1,2}))?)?"
)
_EARLIEST, _LATEST = datetime(1990, 1, 1), datetime(2100, 1, 1)


def read_time(written: str) -> datetime | None:
    """Read a time; None where it is none or not from 1990 to 2099.

    Parameters
    ----------
    written
        ISO 8601, `2026-10-12 08:27`, `2026/10/12 8:27:05`, `2026年10月12日`, or seconds or
        milliseconds since 1970.

    Returns
    -------
    Without a zone. Seconds since 1970 and times with a zone are told as in China (UTC+8), others
    stay as they are written.

    Examples
    --------
    >>> read_time("1791764820"), read_time("2026年10月12日")
    (datetime.datetime(2026, 10, 12, 8, 27), datetime.datetime(2026, 10, 12, 0, 0))
    """
    written = written.strip()
    try:
        if _EPOCH.fullmatch(written):
            seconds = float(written)
            # The ten-digit seconds end in the year 2286, before which milliseconds have 12 digits.
            seconds = seconds / 1000 if seconds >= 1e11 else seconds
            read = datetime.fromtimestamp(seconds, UTC)
        else:
            read = _from_text(written)
    except (ValueError, OverflowError, OSError):
        return None
    if read.tzinfo is not None:
        read = read.astimezone(_CHINA).replace(tzinfo=None)
    return read if _EARLIEST <= read < _LATEST else None


def _from_text(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        found = _WRITTEN.match(written)
        if found is None:
            raise
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second)
