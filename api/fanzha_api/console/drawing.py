"""Pages as HTML: drawn from templates in which every value is escaped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from fanzha.render import visible
from fanzha_api.console.phrases import LANGUAGES
from fanzha_api.console.visit import ROOT, Visit, keep_cookie, keep_language

__all__ = ["HEADERS", "STATIC", "draw", "go_to", "shown", "stamp", "static"]

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Without a referrer browsers would send forms as from nowhere.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""What every page of the console bears besides the headers of all answers."""

STATIC: Final = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The console's files, with their types."""

_PAGES: Final = (
    ("", "overview", ("review", "admin")),
    ("/try", "try", ("moderate", "review", "admin")),
    ("/review", "review", ("review",)),
    ("/appeals", "appeals", ("review",)),
    ("/campaigns", "campaigns", ("review",)),
    ("/policies", "policies", ("review", "admin")),
    ("/jobs", "jobs", ("review", "admin")),
    ("/keys", "keys", ("admin",)),
    ("/audit", "audit", ("admin",)),
    # Last, so that the pages before it keep their places on the keyboard.
    ("/webhooks", "webhooks", ("admin",)),
)


def draw(
    request: Request, visit: Visit, template: str, status: int = 200, **values: Any
) -> Response:
    """Give a page; names of files and post texts among the values are escaped."""
    say = visit.phrases
    at = visit.path.removeprefix(ROOT).rstrip("/")
    pages = [
        {
            "href": ROOT + path,
            "name": say(f"nav_{name}"),
            "here": at == path or (path != "" and at.startswith(f"{path}/")),
        }
        for path, name, scopes in _PAGES
        if visit.may(*scopes) and (visit.keeps or name == "try")
    ]
    other = next(language for language in LANGUAGES if language != say.language)
    page = _environment().get_template(template)
    html = page.render(say=say, visit=visit, pages=pages, root=ROOT, other=other, **values)
    response = HTMLResponse(html, status, headers=dict(HEADERS))
    return _remember(request, visit, response)


def go_to(request: Request, visit: Visit, place: str) -> Response:
    """Lead on to another page, after a form."""
    response = RedirectResponse(place, 303, headers=dict(HEADERS))
    return _remember(request, visit, response)


def _remember(request: Request, visit: Visit, response: Response) -> Response:
    if visit.fresh:
        keep_cookie(request, response, visit.cookie, session=False)
    if request.query_params.get("lang") in LANGUAGES:
        keep_language(request, response, visit.phrases.language)
    return response


def shown(text: str) -> str:
    """Give a text without characters that steer how it is shown, its lines kept."""
    return "\n".join(visible(line) for line in text.replace("\r\n", "\n").split("\n"))


@lru_cache(8)
def static(name: str) -> bytes:
    """Give one of the console's files."""
    return files("fanzha_api.console").joinpath("static", name).read_bytes()


@lru_cache(8)
def stamp(name: str) -> str:
    """Give some signs that change with a file, for its address."""
    return hashlib.sha256(static(name)).hexdigest()[:12]


@lru_cache(1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("fanzha_api.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.globals["stamp"] = stamp
    return environment
