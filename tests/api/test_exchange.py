"""Every request has an id, safe headers and one log line without its post."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from api.conftest import Client, Running
from fanzha_api.logs import JsonLines, json_logging

SCAM = "花呗套现秒到 13800138000"


def lines_of(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


@pytest.mark.parametrize("request_id", ["a", "req-1.2:3_4", "x" * 128])
def test_a_well_formed_request_id_is_echoed(client: Client, request_id: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": request_id})
    assert answer.headers["x-request-id"] == request_id


@pytest.mark.parametrize(
    "request_id",
    ["", "x" * 129, "two words", 'quote"', "套现".encode(), b"a\x00b"],
    ids=["empty", "long", "space", "quote", "han", "nul"],
)
def test_another_request_id_is_replaced(client: Client, request_id: str | bytes) -> None:
    answer = client.get("/healthz", headers=[(b"X-Request-ID", request_id)])
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/metrics", "/nothing", "/openapi.json"])
def test_every_answer_has_the_safe_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_a_request_is_one_log_line_without_the_post(
    start: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    client = start()
    lines_of(capfd)
    client.post("/v1/moderations", json={"id": "p1", "text": SCAM}, headers={"X-Request-ID": "r-1"})
    client.get("/v1/hotlines/4006455566?brand=抖音")
    first, second = lines_of(capfd)
    assert first["event"] == "request"
    assert first["request_id"] == "r-1"
    assert first["route"] == "/v1/moderations"
    assert first["status"] == 200
    assert (first["posts"], first["chars"]) == (1, len(SCAM))
    assert first["suggestions"] == {"block": 1}
    assert first["rules"] == ["CASH_OUT_TERM"]
    assert first["duration_ms"] > 0
    assert second["route"] == "/v1/hotlines/{number}"
    logged = json.dumps([first, second], ensure_ascii=False)
    assert not re.search("花呗|套现|13800138000|4006455566|抖音|p1", logged)


def test_the_log_level_is_a_setting(start: Running, capfd: pytest.CaptureFixture[str]) -> None:
    client = start(log_level="ERROR")
    client.get("/healthz")
    assert lines_of(capfd) == []


def test_logging_is_left_as_it_was_when_the_service_ends() -> None:
    access = logging.getLogger("uvicorn.access")
    loggers = [logging.getLogger(name) for name in ("fanzha", "fanzha_api")]

    def state() -> list[object]:
        return [access.disabled, *((list(one.handlers), one.level) for one in loggers)]

    before = state()
    with json_logging("DEBUG"):
        assert access.disabled
        assert [one.level for one in loggers] == [logging.DEBUG, logging.DEBUG]
    assert state() == before


def test_a_log_line_tells_of_an_error_only_where_it_was_raised() -> None:
    try:
        int("secret")
    except ValueError as error:
        record = logging.LogRecord(
            "uvicorn.error", logging.ERROR, __file__, 1, "failed", None, (ValueError, error, None)
        )
    line = json.loads(JsonLines().format(record))
    assert line["error"] == "ValueError"
    assert line["frames"][-1].startswith("test_exchange.py:")
    assert "secret" not in json.dumps(line)
