"""A small detector, and a client that talks to the application without a network."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

import postgres
from fanzha.contacts import Contact
from fanzha.errors import InputError
from fanzha.hotlines import Hotline
from fanzha.labels import LABELS
from fanzha.normalize import Change
from fanzha.policy import Policy
from fanzha.post import Post, Span
from fanzha.registry import Entry, Registry
from fanzha.verdict import Evidence, GivenLabel, Verdict
from fanzha_api.app import create_app
from fanzha_api.settings import Settings
from fanzha_api.store import Storage
from fanzha_api.store.engine import address_of, open_engine

TERM = "套现"


class FakeDetector:
    """Blocks each post that says 套现, with every part of a verdict filled in."""

    bundle_id = "fake-1"

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.registry = Registry.load()
        self.policy = Policy("default", dict.fromkeys(LABELS, 0.6), dict.fromkeys(LABELS, 0.9))

    def check(self, post: str | Post) -> Verdict:
        self.threads.add(threading.get_ident())
        post = Post.of(post)
        start = post.text.find(TERM)
        present = start >= 0
        span = Span(start, start + len(TERM))
        scores = dict.fromkeys(LABELS, 0.01) | ({"cash_out": 0.97} if present else {})
        found = "cash_out" in self.policy.given(scores)
        return Verdict(
            id=post.id,
            suggestion=self.policy.suggestion(scores),
            labels=(GivenLabel("cash_out", 0.97, self.policy.review["cash_out"]),) if found else (),
            scores=scores,
            evidence=(
                Evidence("cash_out", "term", "CASH_OUT_TERM", span, TERM, TERM, 2.5, "an offer"),
            )
            if found
            else (),
            hotlines=(_hotline(span),) if present else (),
            contacts=(Contact("wechat", span, span, TERM, "tx_888"),) if present else (),
            normalizations=(Change("width", span, TERM, TERM),) if present else (),
            bundle=self.bundle_id,
            policy=self.policy.name,
        )

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        return map(self.check, posts)

    def look_up(self, number: str, brand: str | None) -> Hotline:
        digits = "".join(sign for sign in number if sign in "0123456789")
        if not digits:
            raise InputError(f"{number!r} has no digits; write it like 95188")
        return _hotline(Span(0, len(number)), digits, brand)

    def owners(self, number: str) -> tuple[Entry, ...]:
        return self.registry.entries(number)

    def with_registry(self, registry: Registry) -> FakeDetector:
        other = copy.copy(self)
        other.registry = registry
        return other

    def with_policy(self, policy: Policy) -> FakeDetector:
        other = copy.copy(self)
        other.policy = policy
        return other


def _hotline(span: Span, number: str = "4006455566", brand: str | None = "抖音") -> Hotline:
    return Hotline(
        span, span, "套现", number, "400", brand, True, "unlisted", ("95152",), "public", "why"
    )


class Client:
    """A synchronous client of an application whose lifespan is running."""

    def __init__(self, portal: BlockingPortal, app: FastAPI) -> None:
        self.portal = portal
        self.app = app

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.portal.call(partial(self._send, method, path, options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def send_raw(
        self, body: bytes, path: str = "/v1/moderations", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return self.post(
            path, content=body, headers={"Content-Type": "application/json", **(headers or {})}
        )

    def settle(self) -> None:
        """Wait until the detector is loaded or has failed, and what is kept has been read."""
        service = self.app.state.service
        self.portal.call(service.readiness.settled)
        if service.keeping is not None and service.readiness.failure is None:
            self.portal.call(service.keeping.follower.look)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    async def _send(self, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **options)


class Running(Protocol):
    """Starts an application and gives its client."""

    def __call__(
        self,
        *,
        load: Callable[[Settings], Any] = ...,
        on_failure: Callable[[], None] | None = ...,
        wait: bool = ...,
        **settings: Any,
    ) -> Client: ...


@contextmanager
def running(
    load: Callable[[Settings], Any],
    on_failure: Callable[[], None] | None,
    wait: bool,
    settings: Settings,
) -> Iterator[Client]:
    app = create_app(settings, load=load, on_failure=on_failure)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        client = Client(portal, app)
        if wait:
            client.settle()
        yield client


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL's initdb is not installed (apt install postgresql)")
    with postgres.serving() as running_server:
        yield running_server


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fanzha.db'}"
    found: postgres.Server = request.getfixturevalue("server")
    return found.database()


@pytest.fixture
def storage(address: str) -> Iterator[Storage]:
    """An open storage with its tables."""
    url = address_of(None, address)
    assert url is not None
    storage = Storage(open_engine(url))
    storage.prepare()
    yield storage
    storage.close()


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"FANZHA_{field.upper()}", raising=False)


@pytest.fixture
def detector() -> FakeDetector:
    return FakeDetector()


@pytest.fixture
def start(detector: FakeDetector) -> Iterator[Running]:
    """Start applications; all end with the test."""
    with ExitStack() as stack:

        def run(
            *,
            load: Callable[[Settings], Any] = lambda settings: detector,
            on_failure: Callable[[], None] | None = None,
            wait: bool = True,
            **settings: Any,
        ) -> Client:
            context: AbstractContextManager[Client] = running(
                load, on_failure, wait, Settings(**settings)
            )
            return stack.enter_context(context)

        yield run


@pytest.fixture
def client(start: Running) -> Client:
    return start()


@pytest.fixture
def lite(start: Running, tmp_path: Path) -> Client:
    """On SQLite alone, for what never reaches the database."""
    return start(data=tmp_path)


@pytest.fixture
def kept(start: Running, address: str) -> Client:
    """On each kind of database in turn."""
    return start(database_url=address)
