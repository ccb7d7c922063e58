"""Single moderations are refused from their heads while the gate is full, and no others."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from uvicorn.config import Config
from uvicorn.server import ServerState

from api.conftest import FakeDetector
from fanzha_api.app import create_app
from fanzha_api.protocol import Protocol
from fanzha_api.refusal import MOST_IN_LINE
from fanzha_api.service import Service
from fanzha_api.settings import Settings

POST = json.dumps({"text": "你好"}).encode()


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        return

    def resume_reading(self) -> None:
        return


class Caller:
    """One connection to an application."""

    def __init__(self, config: Config, state: dict[str, Any]) -> None:
        self.wire = Wire()
        self.server = ServerState()
        self.protocol = Protocol(config, self.server, state)
        self.protocol.connection_made(self.wire)

    def send(self, data: bytes) -> None:
        self.protocol.data_received(data)

    async def answers(self, count: int) -> list[tuple[int, dict[str, str], bytes]]:
        """Wait for so many answers: status, headers, body."""
        while len(found := list(_read(self.wire.written))) < count:
            await asyncio.sleep(0.001)
        assert len(found) == count
        self.wire.written = b""
        return found

    async def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        self.send(data)
        return (await self.answers(1))[0]


def _read(data: bytes) -> Iterator[tuple[int, dict[str, str], bytes]]:
    while b"\r\n\r\n" in data:
        head, _, rest = data.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers["content-length"])
        if len(rest) < length:
            return
        yield int(status.split()[1]), headers, rest[:length]
        data = rest[length:]


def head(
    path: str = "/v1/moderations", length: int = len(POST), method: str = "POST", **headers: str
) -> bytes:
    given = {"Host": "test", "Content-Type": "application/json", "Content-Length": str(length)}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


Test = Callable[[Callable[[], Caller], Service], Awaitable[None]]


def run(test: Test, *, full: bool = True) -> None:
    """Run a test with a service whose gate is full, or not."""

    async def whole() -> None:
        app = create_app(Settings(), load=lambda settings: FakeDetector())
        service: Service = app.state.service
        async with _running(app) as state:
            config = Config(app, http=Protocol, lifespan="off")
            with filled(service) if full else ExitStack():
                await test(lambda: Caller(config, dict(state)), service)

    asyncio.run(whole())


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    async with app.router.lifespan_context(app) as state:
        await app.state.service.readiness.settled()
        yield dict(state or {})


@contextmanager
def filled(service: Service) -> Iterator[None]:
    with ExitStack() as places:
        while not service.gate.full():
            places.enter_context(service.gate.place())
        yield


def test_a_refusal_is_the_answer_of_the_application_to_the_last_byte() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        quick, usual = call(), call()
        usual.protocol.app_state.clear()
        first = await quick.ask(head(X_Request_ID="post-7") + POST)
        second = await usual.ask(head(X_Request_ID="post-7") + POST)
        assert first == second
        status, headers, body = first
        assert (status, headers["retry-after"]) == (503, "1")
        assert headers["x-request-id"] == json.loads(body)["request_id"] == "post-7"
        assert headers["content-type"] == "application/problem+json"
        assert headers["x-content-type-options"] == "nosniff"

    run(test)


def test_it_comes_before_the_body_and_the_body_is_let_go() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caller = call()
        assert (await caller.ask(head()))[0] == 503
        for byte in POST:
            caller.send(bytes([byte]))
        assert caller.wire.written == b""
        assert (await caller.ask(head("/healthz", 0, "GET")))[0] == 200
        assert caller.server.total_requests == 2
        assert not caller.server.tasks

    run(test)


def test_a_connection_is_used_again_once_there_is_room() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caller = call()
        with filled(service):
            assert (await caller.ask(head() + POST))[0] == 503
            assert (await caller.ask(head() + POST))[0] == 503
        status, _, body = await caller.ask(head() + POST)
        assert (status, json.loads(body)["suggestion"]) == (200, "pass")
        assert not caller.wire.closed

    run(test, full=False)


def test_requests_in_one_packet_are_answered_in_order() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caller = call()
        caller.send(
            head(X_Request_ID="1") + POST
            + head("/healthz", 0, "GET", X_Request_ID="2")
            + head(X_Request_ID="3") + POST
        )  # fmt: skip
        found = await caller.answers(3)
        assert [(one[0], one[1]["x-request-id"]) for one in found] == [
            (503, "1"), (200, "2"), (503, "3"),
        ]  # fmt: skip

    run(test)


def test_those_let_pass_in_one_turn_count_as_if_they_were_inside() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        callers = [call() for _ in range(50)]
        for caller in callers:
            caller.send(head() + POST)
        refused = [caller for caller in callers if caller.wire.written]
        assert len(refused) == 50 - service.settings.waiting - service.settings.threads
        found = [(await caller.answers(1))[0][0] for caller in callers]
        assert sorted(set(found)) == [200, 503]
        assert found.count(503) == len(refused)
        assert (await call().ask(head() + POST))[0] == 200

    run(test, full=False)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (head("/healthz", 0, "GET"), 200),
        (head("/readyz", 0, "GET"), 200),
        (head("/metrics", 0, "GET"), 200),
        (head("/v1/moderations", 0, "GET"), 405),
        (head("/v1/moderations/", len(POST)) + POST, 404),
    ],
    ids=["healthz", "readyz", "metrics", "another method", "another path"],
)
def test_other_requests_are_answered_while_the_gate_is_full(
    request_bytes: bytes, status: int
) -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        assert (await call().ask(request_bytes))[0] == status

    run(test)


@pytest.mark.parametrize(
    "request_bytes",
    [
        head(Expect="100-continue"),
        head(path="/v1/moderations?a=1") + POST,
        head().replace(b"HTTP/1.1", b"HTTP/1.0") + POST,
        head(Connection="Upgrade", Upgrade="h2c"),
    ],
    ids=["expects 100", "query", "HTTP/1.0", "upgrade"],
)
def test_what_is_not_plain_is_refused_the_usual_way(
    request_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Protocol, "_refuse", never)

    async def test(call: Callable[[], Caller], service: Service) -> None:
        assert (await call().ask(request_bytes))[0] == 503

    run(test)


def test_a_connection_that_is_not_kept_is_closed() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caller = call()
        status, headers, _ = await caller.ask(head(Connection="close") + POST)
        assert (status, headers["connection"]) == (503, "close")
        assert caller.wire.closed

    run(test)


def test_an_idle_connection_is_timed_also_after_a_body_in_pieces() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caller = call()
        caller.send(head())
        for piece in (POST[:2], POST[2:]):
            assert caller.protocol.timeout_keep_alive_task is not None
            caller.send(piece)
        assert caller.protocol.timeout_keep_alive_task is not None
        caller.protocol.timeout_keep_alive_handler()
        assert caller.wire.closed
        caller.protocol.connection_lost(None)

    run(test)


def test_refusals_are_counted_and_share_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caplog.set_level(logging.INFO, "fanzha_api")
        asked = 'fanzha_requests_total{method="POST",route="/v1/moderations",status="503"} 2.0'
        for name in ("post-7", "post-8"):
            await call().ask(head(X_Request_ID=name, Authorization="Bearer secret") + POST)
        while asked not in service.metrics.render().decode():
            await asyncio.sleep(0.001)
        assert _lines(caplog) == [
            {
                "method": "POST", "route": "/v1/moderations", "status": 503,
                "count": 2, "request_ids": ["post-7", "post-8"],
            }
        ]  # fmt: skip

    run(test)


def test_a_line_of_the_log_tells_of_so_many_refusals_at_most(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caplog.set_level(logging.INFO, "fanzha_api")
        caller = call()
        for _ in range(MOST_IN_LINE + 1):
            await caller.ask(head() + POST)

    run(test)
    # The last one is told of at the latest when the service ends.
    assert [one["count"] for one in _lines(caplog)] == [MOST_IN_LINE, 1]


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(one)["fields"] for one in caplog.records if one.getMessage() == "refused"]


@pytest.mark.parametrize(
    "given", ["x" * 129, "post 7", 'a"b', "\u00e9"], ids=["long", "space", "quote", "not ASCII"]
)
def test_an_id_that_is_not_well_formed_is_replaced(given: str) -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        _, headers, body = await call().ask(head(X_Request_ID=given) + POST)
        assert headers["x-request-id"] == json.loads(body)["request_id"]
        assert len(headers["x-request-id"]) == 32

    run(test)


def test_an_application_without_a_refusal_is_served_as_ever() -> None:
    async def test(call: Callable[[], Caller], service: Service) -> None:
        caller = call()
        caller.protocol.app_state.clear()
        assert (await caller.ask(head() + POST))[0] == 200

    run(test, full=False)
