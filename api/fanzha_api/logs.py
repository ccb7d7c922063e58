"""JSON-lines logs that never hold a post, a whole number or an exception's text."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final

import orjson

__all__ = ["UVICORN_LOGGING", "JsonLines", "frames", "json_logging"]

UVICORN_LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "fanzha_api.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"uvicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}
"""`logging.config` for uvicorn's own warnings, in the form of all other lines."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, event, and the record's `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line for a record; of an exception only its type and places."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["frames"] = frames(record.exc_info[1])
        return orjson.dumps(line, default=str).decode("utf-8")


def frames(error: BaseException) -> list[str]:
    """Give where an exception was raised, innermost last, without its text.

    The text is left out because it may quote a post.
    """
    return [
        f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]


@contextmanager
def json_logging(level: str) -> Iterator[None]:
    """Write the lines of `fanzha` and `fanzha_api` to stderr while the service runs."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    # uvicorn's access lines would hold the numbers that callers look up.
    access = logging.getLogger("uvicorn.access")
    access_was_off, access.disabled = access.disabled, True
    loggers = [logging.getLogger("fanzha_api"), logging.getLogger("fanzha")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(level)
    try:
        yield
    finally:
        access.disabled = access_was_off
        for logger, before in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(before)
