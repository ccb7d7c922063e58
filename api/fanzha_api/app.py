"""The ASGI application: `uvicorn --factory fanzha_api.app:create_app`."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.metadata import version
from typing import Final

import anyio
from anyio import to_thread
from fastapi import FastAPI

from fanzha_api.console import router as console
from fanzha_api.direct import Direct
from fanzha_api.exchange import Exchange
from fanzha_api.logs import json_logging
from fanzha_api.openapi import describe
from fanzha_api.overlay import Overlay
from fanzha_api.problems import add_handlers
from fanzha_api.readiness import Detecting, Readiness, load_detector
from fanzha_api.refusal import STATE, Refusal
from fanzha_api.routes import ENDPOINTS, router
from fanzha_api.service import Service
from fanzha_api.settings import Settings, read_settings
from fanzha_api.telemetry import telemetry_of

__all__ = ["create_app"]

_TURN_S: Final = 0.0005


def create_app(
    settings: Settings | None = None,
    *,
    load: Callable[[Settings], Detecting] = load_detector,
    on_failure: Callable[[], None] | None = None,
) -> FastAPI:
    """Build the application; the detector is loaded when it starts, not here.

    Parameters
    ----------
    settings
        The settings; None reads them from the environment.
    load
        Loads the detector; run once per start, in a thread.
    on_failure
        Called when the detector cannot be had. Without it the application stays up, and
        `/readyz` says no.

    Raises
    ------
    InputError
        The environment holds a setting that does not fit, or the database cannot be opened.
    """
    settings = read_settings() if settings is None else settings
    overlay = None if settings.registry is None else Overlay(settings.registry)
    readiness = Readiness(partial(load, settings), on_failure, overlay)
    service = Service.build(settings, readiness, load)
    app = FastAPI(
        title="fanzha 反诈",
        version=version("fanzha"),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=telemetry_of(settings),
    )
    app.state.service = service
    app.include_router(router)
    app.include_router(console, include_in_schema=False)
    app.add_middleware(Direct, endpoints=ENDPOINTS)
    app.add_middleware(Exchange, metrics=service.metrics)
    add_handlers(app)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    service: Service = app.state.service
    with json_logging(service.settings.log_level), _quick_turns(), _settled_memory():
        # In the background, so that /healthz and /readyz can answer meanwhile.
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_load, service)
            tasks.start_soon(service.observe)
            if service.keeping is not None:
                tasks.start_soon(service.keeping.follower.follow)
                tasks.start_soon(service.keeping.work)
            refusal = Refusal(service.gate, service.singles, service.metrics)
            yield {STATE: refusal}
            refusal.tell()
            tasks.cancel_scope.cancel()
        # The last records are written here, so it may take seconds.
        await to_thread.run_sync(service.close)


async def _load(service: Service) -> None:
    await service.readiness.load()
    if service.readiness.failure is None:
        # The tables live as long as the process: a collection that looks at all of them would
        # hold every request up for a tenth of a second.
        gc.collect()
        gc.freeze()
        service.metrics.show_bundle(service.readiness.detector.bundle_id, service.readiness.policy)
        await service.readiness.follow()


@contextmanager
def _quick_turns() -> Iterator[None]:
    # The event loop asks for the interpreter whenever something comes; by default it would wait
    # five milliseconds each time while a thread judges, longer than the judging takes.
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def _settled_memory() -> Iterator[None]:
    try:
        yield
    finally:
        gc.unfreeze()
