"""Sends events to webhooks: signed, with a time, again and again until they are taken."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import logging
import time
import urllib.error
import urllib.request
from functools import partial
from typing import Final

import anyio
import orjson
from anyio import to_thread

from fanzha_api.logs import frames
from fanzha_api.problems import Problem
from fanzha_api.store import Storage
from fanzha_api.store.webhooks import Delivery, any_due, lease_deliveries, settle_delivery

__all__ = ["SIGNATURE_HEADER", "Sender", "sign"]

SIGNATURE_HEADER: Final = "Fanzha-Signature"
"""`t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "t.body" by the webhook's secret>`."""

_LOOK_S: Final = 0.5
_TIMEOUT_S: Final = 10.0

_log = logging.getLogger(__name__)


def sign(secret: str, body: bytes, at: int) -> str:
    """Give the value of the signature header.

    Examples
    --------
    >>> sign("s", b"{}", 1)[:20]
    't=1,v1=b253639bcd705'
    """
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def _opener() -> urllib.request.OpenerDirector:
    """Make what sends: it follows no redirect and no proxy of the environment."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


class Sender:
    """Sends what is due; several workers share the work, and each event is taken by one."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                await self.send_due()
            except Problem:
                pass  # The database is away; its state says so.
            except Exception as error:
                fields = {"error": type(error).__name__, "frames": frames(error)}
                _log.error("events could not be sent", extra={"fields": fields})
            await anyio.sleep(_LOOK_S)

    async def send_due(self) -> int:
        """Send what is due now, and give how many were tried."""
        due = await self._storage.read(any_due)
        if not due:
            return 0
        taken = await self._storage.write(lease_deliveries)
        for delivery in taken:
            status, done = await to_thread.run_sync(_send, delivery)
            await self._storage.write(
                partial(settle_delivery, delivery=delivery, status=status, done=done)
            )
        return len(taken)


def _send(delivery: Delivery) -> tuple[str, bool]:
    body = orjson.dumps(
        {
            "delivery": delivery.id,
            "event": delivery.event,
            "at": delivery.created_at.isoformat(),
            "data": delivery.payload,
        }
    )
    request = urllib.request.Request(
        delivery.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": "fanzha",
            "Fanzha-Event": delivery.event,
            "Fanzha-Delivery": delivery.id,
            SIGNATURE_HEADER: sign(delivery.secret, body, int(time.time())),
        },
    )
    try:
        with _opener().open(request, timeout=_TIMEOUT_S) as answer:
            return str(answer.status), True
    except urllib.error.HTTPError as error:
        with error:
            return str(error.code), False
    except (OSError, http.client.HTTPException, ValueError) as error:
        # URLError hides whether the name, the port or the certificate was wrong.
        cause = getattr(error, "reason", None)
        return type(cause if isinstance(cause, OSError) else error).__name__, False
