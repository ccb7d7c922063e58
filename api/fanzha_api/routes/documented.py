"""How a route's requests and problems stand in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from fanzha_api.problems import MEDIA_TYPE

__all__ = ["body", "problems"]

_TEXT: Final = {
    400: "The body is not JSON, not UTF-8 or ended early.",
    401: "A key is needed, and the request has none that holds.",
    403: "The key lacks the scope that the route needs.",
    404: "There is no such thing; `detail` says more.",
    408: "The body came too slowly.",
    409: "It does not go with what is there; `detail` says why.",
    412: "Somebody else changed it first; read it again.",
    413: "The body is larger than the limit.",
    415: "The body is not declared as the route needs it.",
    422: "A field is missing, unknown or wrong; `errors` points at it.",
    429: "The key's rate is used up; see Retry-After.",
    507: "There is no room for the file.",
    503: "Not loaded yet, busy, or the database is away; see Retry-After.",
}
_KEYS: Final = (401, 403, 429)


def problems(*statuses: int, keys: bool = True) -> dict[int | str, dict[str, Any]]:
    """Describe the problems with which a route answers; `keys`: also those of API keys."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _TEXT[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted({*statuses, *(_KEYS if keys else ())})
    }


def body(name: str) -> dict[str, Any]:
    """Describe a JSON body, which is read within our own limits and not by FastAPI."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
