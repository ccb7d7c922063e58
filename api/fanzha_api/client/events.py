"""Whether an event that came to a webhook is the service's own."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Final

from fanzha.errors import InputError

__all__ = ["verify_event"]

_OLDEST_S: Final = 300


def verify_event(body: bytes, signature: str, secret: str, *, now: float | None = None) -> None:
    """Check that a webhook's request is the service's own and not an old one sent again.

    Parameters
    ----------
    body, signature
        The request's body as it came, and its header `Fanzha-Signature`.
    secret
        As the answer gave it when the webhook was added.
    now
        Seconds since 1970; by default the clock's.

    Raises
    ------
    InputError
        The signature is wrong, or its time is not within five minutes of now.
    """
    parts: dict[str, str] = {}
    for part in signature.split(","):
        name, _, value = part.partition("=")
        parts[name] = value
    at, mac = parts.get("t", ""), parts.get("v1", "")
    right = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), mac.encode("utf-8", "replace")):
        raise InputError(
            f"the signature {signature[:20]!r} is not that of the body; refuse the request and "
            "check the secret"
        )
    if abs((time.time() if now is None else now) - int(at)) > _OLDEST_S:
        raise InputError(
            f"the event was signed at {at[:20]}, more than five minutes from now; refuse it, or "
            "set the clock"
        )
