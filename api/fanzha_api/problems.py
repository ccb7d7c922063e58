"""Errors as RFC 9457 problem documents, the only form in which the service answers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from fanzha.errors import InputError

__all__ = ["MEDIA_TYPE", "Problem", "add_handlers", "explain", "problem_of", "respond"]

MEDIA_TYPE: Final = "application/problem+json"

_MOST_ERRORS: Final = 20
_WRITTEN: Final = {"json": "JSON", "utf8": "UTF-8"}

# What each kind of validation error says; texts of other libraries are never passed on.
_SAYS: Final[dict[str, str]] = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not a known field; remove it or correct its name",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be a JSON array",
    "too_long": "has more elements than are allowed; send them in several requests",
    "too_short": "has no elements; send at least one",
    "text_type": "must be a string",
    "string_type": "must be a string",
    "id_type": "must be a string or an integer",
    "id_range": "must be an integer of at most 64 bits; send a longer one as a string",
    "id_length": "is too long for an id; use at most 256 characters",
    "text_and_fields": "stands beside title, body, author_name or signature; send one or the other",
    "ids_or_digest": "needs either request_ids or digest, and not both",
    "string_pattern_mismatch": "has signs that are not allowed or is too long; correct it",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "greater_than": "is too small; give one above {gt}",
    "greater_than_equal": "is too small; give {ge} or more",
    "less_than_equal": "is too large; give {le} or less",
    "less_than": "is too large; give one below {lt}",
    "float_type": "must be a number",
    "literal_error": "is none of {expected}",
    "timezone_aware": "needs its time zone; write it like 2027-01-31T00:00:00Z",
    "datetime_from_date_parsing": "must be a time; write it like 2027-01-31T00:00:00Z",
    "datetime_parsing": "must be a time; write it like 2027-01-31T00:00:00Z",
    "post_length": "is too long; cut the post or split it",
    "string_too_long": "is too long; shorten it",
    "string_too_short": "is empty; give it a value or leave it out",
}


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """An answer that is not the one asked for.

    Parameters
    ----------
    status
        HTTP status, 400 to 599.
    kind
        Last part of the problem's type `urn:fanzha:problem:<kind>`; stable, for programs.
    detail
        What was wrong, the value (shortened), what to do; for people. Never the post's text.
    errors
        One entry per wrong field: `detail` with `pointer` (a JSON pointer into the body) or
        `parameter` (of path or query).
    headers
        Headers that the status calls for, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def to_json(self, request_id: str) -> dict[str, Any]:
        """Give the problem document as JSON values."""
        out: dict[str, Any] = {
            "type": f"urn:fanzha:problem:{self.kind}",
            "title": _title(self.kind),
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            out["errors"] = [dict(error) for error in self.errors]
        return out


def respond(problem: Problem, request_id: str) -> Response:
    """Give the HTTP response for a problem."""
    return Response(
        orjson.dumps(problem.to_json(request_id)),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def problem_of(error: Problem | InputError) -> Problem:
    """Give the problem with which an error is answered."""
    return error if isinstance(error, Problem) else Problem(422, "invalid-input", str(error))


def _title(kind: str) -> str:
    words = (_WRITTEN.get(word, word) for word in kind.split("-"))
    title = " ".join(words)
    return title[:1].upper() + title[1:]


def explain(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Turn pydantic's errors into one 422 problem with a pointer to each wrong field.

    Parameters
    ----------
    errors
        `ValidationError.errors()`; a `loc` that begins with `path` or `query` names a parameter,
        any other lies in the body.
    """
    entries: list[dict[str, str]] = []
    for error in errors:
        says = _SAYS.get(error["type"], "is not valid; see the documentation of this field")
        if "{" in says:
            # The limits and the values that the schema names; never the value that came.
            says = says.format_map(error["ctx"])
        where, *rest = error["loc"] or ("",)
        if where in {"path", "query"}:
            entries.append({"detail": says, "parameter": _shown(rest[-1] if rest else where)})
        else:
            entries.append({"detail": says, "pointer": _pointer(error["loc"])})
    shown = entries[:_MOST_ERRORS]
    place = shown[0].get("pointer") or shown[0].get("parameter", "")
    detail = f"{'the body' if place == '#' else place} {shown[0]['detail']}"
    if len(entries) > 1:
        detail += f" ({len(entries)} errors in all, the first {len(shown)} are listed)"
    return Problem(422, "invalid-field", detail, errors=shown)


def add_handlers(app: FastAPI) -> None:
    """Make `app` answer every error that it foresees as a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(InputError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem | InputError)
    return respond(problem_of(error), request.state.request_id)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    kind = HTTPStatus(error.status_code).name.lower().replace("_", "-")
    detail = {
        404: "there is no such route; the routes are listed at /docs",
        405: f"this route does not take {request.method[:16]}; use {headers.get('Allow', 'GET')}",
    }.get(error.status_code, HTTPStatus(error.status_code).description)
    return respond(
        Problem(error.status_code, kind, detail, headers=headers), request.state.request_id
    )


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return respond(explain(error.errors()), request.state.request_id)


def _pointer(loc: Iterable[object]) -> str:
    """Give a JSON pointer as a URI fragment (RFC 6901, section 6)."""
    # pydantic points at a wrong name of a field with a part of its own.
    named = [part for part in loc if part != "[key]"]
    parts = [_shown(part).replace("~", "~0").replace("/", "~1") for part in named]
    return "#" + "".join("/" + quote(part, safe="~!$&'()*+,;=:@") for part in parts)


def _shown(part: object) -> str:
    """Shorten a name that the caller chose and make it fit for UTF-8."""
    return str(part)[:64].encode("utf-8", "replace").decode("utf-8")
