"""The receiver of `examples/halo` approves what passes, and believes nobody unsigned."""

from __future__ import annotations

import http.client
import importlib.util
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from api import conftest
from api.conftest import Running
from api.test_client import Bridge
from fanzha_api.client import Client
from fanzha_api.sender import SIGNATURE_HEADER, sign

SOURCE = Path(__file__).parents[2] / "examples" / "halo" / "receiver.py"
SCAM = "花呗套现秒到"
HONEST = "桂花开了，很香"


@pytest.fixture(scope="module")
def halo_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("halo_receiver", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class FakeHalo(httpx.BaseTransport):
    """Keeps comments as Halo's extension API does: by version, in pages."""

    def __init__(self, **comments: str) -> None:
        self.comments = {
            name: {
                "metadata": {"name": name, "version": 0},
                "spec": {
                    "raw": raw, "approved": False, "creationTime": "2026-11-01T00:00:00Z",
                    "owner": {"displayName": "韩梅梅"},
                },
            }
            for name, raw in comments.items()
        }  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        kind, _, name = request.url.path.removeprefix("/apis/content.halo.run/v1alpha1/").partition(
            "/"
        )
        if kind == "replies":
            return httpx.Response(200, json={"items": [], "hasNext": False})
        if not name:
            return self._page(parse_qs(request.url.query.decode()))
        if request.method == "PUT":
            comment = json.loads(request.read())
            if comment["metadata"]["version"] != self.comments[name]["metadata"]["version"]:
                return httpx.Response(409)
            comment["metadata"]["version"] += 1
            self.comments[name] = comment
        return httpx.Response(200, json=self.comments[name])

    def _page(self, query: dict[str, list[str]]) -> httpx.Response:
        assert query["fieldSelector"] == ["spec.approved=false"]
        page, size = int(query["page"][0]), int(query["size"][0])
        waiting = [one for one in self.comments.values() if not one["spec"]["approved"]]
        items = waiting[(page - 1) * size : page * size]
        return httpx.Response(200, json={"items": items, "hasNext": len(waiting) > page * size})

    def approved(self) -> set[str]:
        return {name for name, one in self.comments.items() if one["spec"]["approved"]}


class Remembering(Bridge):
    """Keeps what the service answered."""

    def __init__(self, client: conftest.Client) -> None:
        super().__init__(client)
        self.answers: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.answers.append(answer.json())
        return answer


def receiver_of(
    example: ModuleType, halo: FakeHalo, transport: httpx.BaseTransport, **more: Any
) -> Any:
    return example.Receiver(
        halo=httpx.Client(base_url="http://halo", transport=halo),
        fanzha=Client("http://fanzha", transport=transport),
        records=httpx.Client(base_url="http://fanzha", transport=transport),
        **more,
    )


@pytest.fixture
def kept(start: Running, tmp_path: Path) -> conftest.Client:
    return start(data=tmp_path / "data")


def test_what_passes_appears_and_the_rest_waits_for_people(
    halo_example: ModuleType, kept: conftest.Client
) -> None:
    halo = FakeHalo(a=HONEST, b="<p>花呗<b>套现</b>秒到</p>", c=HONEST)
    receiver = receiver_of(halo_example, halo, Bridge(kept))
    assert receiver.sweep() == 2
    assert halo.approved() == {"a", "c"}
    assert halo.comments["b"]["metadata"]["annotations"] == {"fanzha/suggestion": "block"}
    assert receiver.sweep() == 0


def test_every_page_of_a_long_queue_is_judged(
    halo_example: ModuleType, kept: conftest.Client
) -> None:
    posts = {f"n{number}": SCAM if number % 10 else HONEST for number in range(130)}
    halo = FakeHalo(**posts)
    receiver = receiver_of(halo_example, halo, Bridge(kept))
    receiver.sweep()
    assert len(halo.approved()) == 13
    assert all("annotations" in one["metadata"] for one in halo.comments.values())


@pytest.mark.parametrize(("fail_open", "approved"), [(True, {"a"}), (False, set())])
@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectTimeout("slow"),
        httpx.Response(503, text="busy"),
        httpx.Response(200, text="{}"),
    ],
    ids=["timeout", "busy", "nonsense"],
)
def test_without_a_verdict_a_comment_appears_if_so_wanted_and_stays_out_of_the_log(
    halo_example: ModuleType,
    caplog: pytest.LogCaptureFixture,
    answer: Any,
    fail_open: bool,
    approved: set[str],
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    halo = FakeHalo(a=SCAM)
    receiver = receiver_of(halo_example, halo, httpx.MockTransport(respond), fail_open=fail_open)
    with caplog.at_level(logging.DEBUG, logger="fanzha.halo"):
        receiver.sweep()
    assert halo.approved() == approved
    assert "no verdict" in caplog.text
    assert "套现" not in caplog.text


def test_a_comment_changed_meanwhile_is_left_for_the_next_sweep(
    halo_example: ModuleType, kept: conftest.Client
) -> None:
    halo = FakeHalo(a=HONEST)
    receiver = receiver_of(halo_example, halo, Bridge(kept))
    stale = json.loads(json.dumps(halo.comments["a"]))
    halo.comments["a"]["metadata"]["version"] = 5
    assert receiver._settle("comments", stale) is False
    assert halo.approved() == set()
    assert receiver.sweep() == 1


@contextmanager
def served(example: ModuleType, receiver: Any) -> Iterator[http.client.HTTPConnection]:
    handler = example.make_handler(receiver, token="knock", secret="s")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    try:
        yield connection
    finally:
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def send(connection: http.client.HTTPConnection, path: str, body: bytes, **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_only_who_knows_the_token_wakes_and_only_signed_events_are_taken(
    halo_example: ModuleType, kept: conftest.Client
) -> None:
    halo = FakeHalo(b=SCAM)
    bridge = Remembering(kept)
    receiver = receiver_of(halo_example, halo, bridge)
    receiver.sweep()
    request_ids = [bridge.answers[0]["request_id"]]
    decided = {
        "delivery": "d", "event": "review.decided", "at": "2026-11-01T00:00:00+00:00",
        "data": {"request_ids": request_ids, "decision": "pass"},
    }  # fmt: skip
    body = json.dumps(decided).encode()
    now = int(time.time())
    with served(halo_example, receiver) as connection:
        assert send(connection, "/halo/wrong", b"{}") == 404
        assert not receiver.wake.is_set()
        assert send(connection, "/halo/knock", b"{}") == 202
        assert receiver.wake.is_set()
        for bad in ("", "t=1,v1=0", sign("other", body, now), sign("s", body, now - 400)):
            assert send(connection, "/events", body, **{SIGNATURE_HEADER: bad}) == 401
        assert halo.approved() == set()
        assert send(connection, "/events", body, **{SIGNATURE_HEADER: sign("s", body, now)}) == 204
        assert halo.approved() == {"b"}
        assert send(connection, "/events", b"", Content_Length="9999999") == 413
