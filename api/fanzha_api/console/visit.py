"""Who visits the console: signed in by a key, or anybody where none is needed."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from fanzha_api.console.phrases import Phrases, choose_language
from fanzha_api.door import Caller
from fanzha_api.problems import Problem
from fanzha_api.service import keeping_of, service_of
from fanzha_api.store.sessions import SESSION_H, find_session

__all__ = [
    "COOKIE",
    "LANGUAGE_COOKIE",
    "ROOT",
    "SignIn",
    "Visit",
    "destination",
    "drop_cookie",
    "greet",
    "here",
    "keep_cookie",
    "keep_language",
    "new_token",
    "refuse_forged",
    "visiting",
]  # fmt: skip

ROOT: Final = "/console"
COOKIE: Final = "fanzha_console"
LANGUAGE_COOKIE: Final = "fanzha_console_language"

_TOKEN: Final = re.compile("[A-Za-z0-9_-]{43}")
_PLACE: Final = re.compile(
    r"/console(?:/[A-Za-z0-9\u4e00-\u9fff_-][A-Za-z0-9\u4e00-\u9fff._:-]*)*"
    r"(?:\?[A-Za-z0-9=&%._:+-]*)?"
)
_YEAR_S: Final = 365 * 24 * 3600


class SignIn(Exception):  # noqa: N818 - an answer, not a failure
    """The page needs somebody who is signed in."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to the console.

    `cookie` is the browser's, or a new one where `fresh`; `token` has to come back with every
    form. `locked` tells whether a key is needed, `keeps` whether there is a database.
    """

    caller: Caller
    cookie: str
    fresh: bool
    locked: bool
    keeps: bool
    phrases: Phrases
    path: str
    csrf: str

    def may(self, *scopes: str) -> bool:
        """Tell whether the visitor has one of the scopes."""
        return self.caller.may(*scopes)


def new_token() -> str:
    """Give a cookie that nobody can guess."""
    return secrets.token_urlsafe(32)


def greet(request: Request, caller: Caller) -> Visit:
    """Make the visit of a request, as yet by nobody in particular."""
    service = service_of(request)
    held = request.cookies.get(COOKIE, "")
    fresh = _TOKEN.fullmatch(held) is None
    cookie = new_token() if fresh else held
    language = choose_language(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        offered=request.headers.get("accept-language"),
    )
    # Told from the cookie, which another site can neither read nor send along.
    csrf = hmac.new(cookie.encode(), b"fanzha console form", hashlib.sha256).hexdigest()
    return Visit(
        caller=caller,
        cookie=cookie,
        fresh=fresh,
        locked=service.door.locked,
        keeps=service.keeping is not None,
        phrases=Phrases(language),
        path=request.url.path,
        csrf=csrf,
    )


def visiting(*scopes: str, keeps: bool = True) -> Callable[[Request], Awaitable[Visit]]:
    """Make the check of a page's visitors: signed in, by a key that has one of the scopes.

    Parameters
    ----------
    keeps
        Whether the page needs a database.
    """

    async def admit(request: Request) -> Visit:
        service = service_of(request)
        visit = greet(request, Caller())
        request.state.visit = visit
        request.state.caller = visit.caller
        if service.door.asks():
            key_id = None
            if not visit.fresh:
                read = partial(find_session, token=visit.cookie)
                key_id = await keeping_of(request).storage.read(read)
            key = None if key_id is None else service.door.find(key_id)
            if key is None:
                raise SignIn
            visit = greet(request, Caller(key))
            request.state.visit = visit
            request.state.caller = visit.caller
            request.state.facts["key"] = visit.caller.owner
            service.door.require(visit.caller, scopes)
        if keeps:
            keeping_of(request)
        return visit

    return admit


def destination(wanted: str) -> str:
    """Give a page of the console to go on to; anything else leads to the first page.

    Examples
    --------
    >>> destination("/console/review?board=cars"), destination("//evil.example/console")
    ('/console/review?board=cars', '/console')
    """
    return wanted if len(wanted) <= 300 and _PLACE.fullmatch(wanted) else ROOT


def here(request: Request) -> str:
    """Give the page that was asked for, to come back to."""
    query = f"?{request.url.query}" if request.url.query else ""
    return destination(request.url.path + query)


def keep_cookie(request: Request, response: Response, token: str, *, session: bool) -> None:
    """Give the browser its cookie; one that is no session goes with the browser's window."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_H * 3600 if session else None,
        path=ROOT,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def keep_language(request: Request, response: Response, language: str) -> None:
    """Let the browser remember the language."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=_YEAR_S,
        path=ROOT,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, path=ROOT)


def refuse_forged(request: Request, visit: Visit, token: str | None) -> None:
    """Make sure that a form was filled in on the console's own page.

    Raises
    ------
    Problem
        403: its token is missing or wrong, or the browser says that another site sent it.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    if (
        visit.fresh
        or site not in {"same-origin", "none"}
        or token is None
        or not hmac.compare_digest(token.encode(), visit.csrf.encode())
    ):
        raise Problem(
            403,
            "forged-form",
            "the form did not come from a page of this console, or the page is from before the "
            "sign-in; open the page again and repeat",
        )
