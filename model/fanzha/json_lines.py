"""JSON objects as lines, in which form every command writes them."""

from __future__ import annotations

import json
import sys
from typing import Any

import orjson

__all__ = ["json_line", "print_json"]


def json_line(value: dict[str, Any]) -> bytes:
    """Give a JSON object as one line of UTF-8, Han characters as they are."""
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # orjson writes no integer beyond 64 bits, and an id may be one.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def print_json(value: dict[str, Any]) -> None:
    """Write a JSON object to standard output as one line."""
    sys.stdout.buffer.write(json_line(value))
