"""What the routes work with; one per application."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import anyio
from fastapi import Request
from fastapi.responses import Response

from fanzha.errors import InputError
from fanzha_api.boards import Boards
from fanzha_api.door import Caller, Door
from fanzha_api.drift import Drift
from fanzha_api.follower import LOOK_S, Follower
from fanzha_api.gate import Gate
from fanzha_api.jobs import JobFolder, JobRunner
from fanzha_api.judging import Asked, Judged, judge_together
from fanzha_api.metrics import MULTIPROCESS_DIR, Metrics
from fanzha_api.problems import Problem
from fanzha_api.rates import Rates
from fanzha_api.readiness import Detecting, Readiness
from fanzha_api.recorder import Recorder
from fanzha_api.sender import Sender
from fanzha_api.settings import Settings
from fanzha_api.shadow import Shadow
from fanzha_api.store import Storage, open_storage
from fanzha_api.store.audit import Actor
from fanzha_api.store.work import count_work
from fanzha_api.together import Together

__all__ = ["Keeping", "Service", "actor_of", "json_response", "keeping_of", "needs", "service_of"]

_RATES: Final = "rates.bin"
_SIGN_INS: Final = "sign-ins.bin"
_SIGN_IN_BURST: Final = 10.0
_OBSERVE_S: Final = 1.0
_WORK_TURNS: Final = 15


@dataclass(frozen=True, slots=True)
class Keeping:
    """What only a service with a database has."""

    storage: Storage
    recorder: Recorder
    drift: Drift
    shadow: Shadow | None
    follower: Follower
    sender: Sender
    runner: JobRunner | None
    files: JobFolder | None

    @classmethod
    def open(
        cls,
        settings: Settings,
        boards: Boards,
        door: Door,
        readiness: Readiness,
        *,
        gate: Gate,
        metrics: Metrics,
        load: Callable[[Settings], Detecting],
    ) -> Keeping | None:
        """Open the database that the settings name; None where they name none.

        Raises
        ------
        InputError
            The address cannot be used, or its driver is not installed.
        """
        storage = open_storage(settings)
        if storage is None:
            return None
        files = runner = None
        if settings.data is not None:
            files = JobFolder(settings.data, settings.job_max_bytes)
            runner = JobRunner(storage, files, boards, settings)
        shadow = None
        if settings.shadow_bundle is not None:
            shadow = Shadow(
                storage,
                boards,
                partial(load, settings.model_copy(update={"bundle": settings.shadow_bundle})),
                share=settings.shadow_share,
                idle=lambda: gate.inside == 0,
                registry=lambda: readiness.detector.registry,
                overlay=settings.registry,
            )
        return cls(
            storage,
            Recorder(storage, settings.record_queue),
            Drift(storage, readiness, metrics, settings.drift_alarm),
            shadow,
            Follower(storage, boards, door, readiness),
            Sender(storage),
            runner,
            files,
        )

    async def work(self) -> None:
        """Send events and run jobs until cancelled, from when the database is known."""
        while not self.follower.known:
            await anyio.sleep(LOOK_S)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.sender.run)
            tasks.start_soon(self.drift.run)
            if self.runner is not None:
                tasks.start_soon(self.runner.run)

    def close(self) -> None:
        """Write what waits, and end."""
        if self.shadow is not None:
            self.shadow.close()
        self.recorder.close()
        self.storage.close()


@dataclass(frozen=True, slots=True)
class Service:
    """What the routes work with, at `app.state.service`."""

    settings: Settings
    readiness: Readiness
    gate: Gate
    singles: Together[Asked, Judged]
    metrics: Metrics
    boards: Boards
    door: Door
    sign_ins: Rates
    keeping: Keeping | None

    @classmethod
    def build(
        cls, settings: Settings, readiness: Readiness, load: Callable[[Settings], Detecting]
    ) -> Service:
        """Put a service together by its settings.

        Raises
        ------
        InputError
            Two settings do not go together, or the database cannot be opened.
        """
        keeps = settings.data is not None or settings.database_url is not None
        if settings.require_key and not keeps:
            raise InputError(
                "FANZHA_REQUIRE_KEY is set, but there is nowhere to keep keys; name a folder "
                "with FANZHA_DATA, or a database with FANZHA_DATABASE_URL"
            )
        if settings.shadow_bundle is not None and not keeps:
            raise InputError(
                "FANZHA_SHADOW_BUNDLE is set, but there is nowhere to keep what it says; name a "
                "folder with FANZHA_DATA, or a database with FANZHA_DATABASE_URL"
            )
        shared = os.environ.get(MULTIPROCESS_DIR)
        rates = Rates(None if shared is None else Path(shared) / _RATES)
        sign_ins = Rates(None if shared is None else Path(shared) / _SIGN_INS, burst=_SIGN_IN_BURST)
        door = Door(required=settings.require_key, known=not keeps, rates=rates)
        boards = Boards(settings.registry)
        metrics = Metrics()
        gate = Gate(threads=settings.threads, waiting=settings.waiting, wait_s=settings.wait_s)
        return cls(
            settings=settings,
            readiness=readiness,
            gate=gate,
            singles=Together(gate, judge_together),
            metrics=metrics,
            boards=boards,
            door=door,
            sign_ins=sign_ins,
            keeping=Keeping.open(
                settings, boards, door, readiness, gate=gate, metrics=metrics, load=load
            ),
        )

    async def observe(self) -> None:
        """Show in the metrics what waits, again and again until cancelled."""
        for turn in count():
            await self.show_state(work=turn % _WORK_TURNS == 0)
            await anyio.sleep(_OBSERVE_S)

    async def show_state(self, *, work: bool) -> None:
        """Show in the metrics what waits now, and with `work` also what lies in the database."""
        waiting = {"requests": self.gate.inside}
        if self.keeping is not None:
            waiting["records"] = self.keeping.recorder.queued
            if self.keeping.shadow is not None:
                waiting["shadow"] = self.keeping.shadow.waiting
            self.metrics.show_storage(
                available=self.keeping.storage.state.available,
                dropped=self.keeping.recorder.dropped,
            )
            if work and self.keeping.follower.known:
                # While the database is away the figures stay as they were.
                with suppress(Problem):
                    self.metrics.show_work(await self.keeping.storage.read(count_work))
        self.metrics.show_waiting(waiting)

    def close(self) -> None:
        """End the threads, once no request is under way."""
        self.gate.close()
        if self.keeping is not None:
            self.keeping.close()
        self.door.close()
        self.sign_ins.close()


def service_of(request: Request) -> Service:
    """Give the service of the application that the request came to."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


def keeping_of(request: Request) -> Keeping:
    """Give the database of the service.

    Raises
    ------
    Problem
        404: the service keeps nothing.
    """
    keeping = service_of(request).keeping
    if keeping is None:
        raise Problem(
            404,
            "no-storage",
            "this service keeps nothing; its operator can name a folder with FANZHA_DATA",
        )
    return keeping


def needs(scope: str | None) -> Callable[[Request], Awaitable[None]]:
    """Make the check of a route's callers; `scope` None: any key will do."""

    async def admit(request: Request) -> None:
        service = service_of(request)
        caller = service.door.admit(request.headers.get("authorization"), scope)
        request.state.caller = caller
        if caller.key is not None:
            request.state.facts["key"] = caller.owner

    return admit


def actor_of(request: Request) -> Actor:
    """Give who asks, for the audit log."""
    caller: Caller = request.state.caller
    return Actor(caller.name, caller.owner, request.state.request_id)


def json_response(answer: bytes, status: int = 200) -> Response:
    """Give an answer of JSON bytes."""
    return Response(answer, status_code=status, media_type="application/json")
