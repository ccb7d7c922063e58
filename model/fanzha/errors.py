"""The error tree: every error that fanzha raises on purpose is a `FanzhaError`."""

from __future__ import annotations

from typing import Any

__all__ = ["BundleError", "DataError", "FanzhaError", "InputError", "ScanError", "reason_of"]


class FanzhaError(Exception):
    """Base of all errors that fanzha raises on purpose."""


class InputError(FanzhaError, ValueError):
    """The caller's post, file or argument cannot be used (HTTP 422, exit code 2)."""


class BundleError(FanzhaError):
    """The trained bundle is absent, damaged or of another format (HTTP 503, exit code 3)."""


class DataError(FanzhaError):
    """A shipped or user-given table is malformed; the message gives file:line:column (exit 3)."""


class ScanError(FanzhaError):
    """A shard of a scan failed (exit code 4).

    Parameters
    ----------
    message
        What was wrong, where, and how to go on.
    shard
        Number of the failed shard, from 0.
    line
        First input line of that shard, from 1.
    """

    def __init__(self, message: str, *, shard: int = 0, line: int = 0) -> None:
        super().__init__(message)
        self.shard = shard
        self.line = line

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword arguments are lost by the default protocol, and errors travel between workers.
        return (_scan_error, (str(self), self.shard, self.line))


def _scan_error(message: str, shard: int, line: int) -> ScanError:
    return ScanError(message, shard=shard, line=line)


def reason_of(error: Exception) -> str:
    """Say in words why something could not be read, without a word of Python's.

    Examples
    --------
    >>> reason_of(KeyError("labels"))
    "the field 'labels' is missing"
    """
    if isinstance(error, OSError):
        return (error.strerror or "it is damaged").lower()
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at byte {error.start + 1}"
    if isinstance(error, KeyError):
        return f"the field {error.args[0]!r} is missing"
    if isinstance(error, TypeError | AttributeError):
        return "a field is of another kind"
    if isinstance(error, EOFError):
        return "it ends early"
    return str(error)
