"""Who may come in: API keys, their scopes, and how much each may ask."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fanzha_api.problems import Problem
from fanzha_api.rates import Rates
from fanzha_api.store.keys import ApiKey, digest_of, split_key

__all__ = ["Caller", "Door"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the holder of a key, or anybody where none is needed."""

    key: ApiKey | None = None

    @property
    def name(self) -> str:
        """The key's name, `local` without one."""
        return "local" if self.key is None else self.key.name

    @property
    def owner(self) -> str:
        """The key's id, `-` without one."""
        return "-" if self.key is None else self.key.id

    def may(self, *scopes: str) -> bool:
        """Tell whether he has one of the scopes; where no key is needed he has them all."""
        return self.key is None or any(scope in self.key.scopes for scope in scopes)


class Door:
    """Lets callers in by the keys that it was last given.

    A key is needed where `required` says so, and wherever there has ever been one: revoking the
    last key shuts the door and does not open it.

    Parameters
    ----------
    required
        Whether a key is needed in any case.
    known
        False where keys are kept but have not been read yet; nobody comes in before they are.
    """

    def __init__(
        self,
        *,
        required: bool,
        known: bool,
        rates: Rates,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._required = required
        self._keys: dict[str, ApiKey] | None = {} if known else None
        self._rates = rates
        self._clock = clock

    @property
    def locked(self) -> bool:
        """Tell whether callers need a key."""
        return self._required or bool(self._keys)

    def use(self, keys: Iterable[ApiKey]) -> None:
        """Let in by these keys from now on."""
        self._keys = {key.id: key for key in keys}

    def admit(self, authorization: str | None, scope: str | None) -> Caller:
        """Let a caller in, and take one post from what his key may send.

        Parameters
        ----------
        authorization
            The request's header, `Bearer <key>`.
        scope
            What the route needs; None: any key will do.

        Raises
        ------
        Problem
            401 without a key that holds, 403 without the scope, 429 beyond the rate, 503 while
            the keys are not known yet.
        """
        if not self.asks():
            return Caller()
        caller = Caller(self._known(authorization))
        if scope is not None:
            self.require(caller, (scope,))
        self.pay(caller)
        return caller

    def asks(self) -> bool:
        """Tell whether callers need a key, once that is known.

        Raises
        ------
        Problem
            503: the keys are not known yet.
        """
        if self._keys is None:
            raise Problem(
                503,
                "loading",
                "the keys are being loaded; try again after Retry-After",
                headers={"Retry-After": "1"},
            )
        return self.locked

    def require(self, caller: Caller, scopes: Sequence[str]) -> None:
        """Make sure that a caller's key has one of the scopes.

        Raises
        ------
        Problem
            403: it has none of them.
        """
        if not caller.may(*scopes):
            raise Problem(
                403,
                "forbidden",
                f"the key lacks the scope {' or '.join(scopes)}; use one that has it, see "
                "fanzha-serve keys",
            )

    def pay(self, caller: Caller) -> None:
        """Take one post from what a caller's key may send.

        Raises
        ------
        Problem
            429: its rate is used up.
        """
        key = caller.key
        if key is None or key.rate_per_s is None:
            return
        wait_s = self._rates.take(key.number, key.rate_per_s)
        if wait_s > 0:
            raise Problem(
                429,
                "too-many-requests",
                f"the key may send {key.rate_per_s:g} posts a second; try again after Retry-After",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )

    def find(self, key_id: str) -> ApiKey | None:
        """Give the key with an id if it still holds."""
        key = (self._keys or {}).get(key_id)
        return key if key is not None and key.active(self._clock()) else None

    def recognise(self, written: str) -> ApiKey | None:
        """Give the key that is written so if it holds, in a time that does not tell its id."""
        found = split_key(written.strip())
        key = (self._keys or {}).get(found[0]) if found else None
        # Compared also where there is no such key, so that ids cannot be told by the time.
        expected = key.digest if key else digest_of("")
        right = hmac.compare_digest(expected, digest_of(found[1] if found else "-"))
        return key if key is not None and right and key.active(self._clock()) else None

    def charge(self, caller: Caller, posts: int) -> None:
        """Count the further posts of a batch against the caller's rate."""
        if caller.key is not None and caller.key.rate_per_s is not None and posts > 0:
            self._rates.charge(caller.key.number, caller.key.rate_per_s, posts)

    def close(self) -> None:
        """Let go of what is shared with other workers."""
        self._rates.close()

    def _known(self, authorization: str | None) -> ApiKey:
        scheme, _, written = (authorization or "").partition(" ")
        key = self.recognise(written if scheme.lower() == "bearer" else "")
        if key is None:
            raise Problem(
                401,
                "unauthorized",
                "the request has no key that holds; send Authorization: Bearer with one",
                headers={"WWW-Authenticate": 'Bearer realm="fanzha"'},
            )
        return key
