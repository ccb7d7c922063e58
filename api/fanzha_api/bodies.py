"""Request bodies: read within a limit, decoded strictly, checked against their schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Final, NoReturn, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from fanzha_api import schemas
from fanzha_api.problems import Problem, explain

__all__ = [
    "collect", "decode", "read_batch", "read_body", "read_model", "read_post", "require_length",
]  # fmt: skip

# The rest of a refused body must not be taken for the next request.
_CLOSE: Final = {"Connection": "close"}
_CHUNK_S: Final = 30.0
_WHOLE_S: Final = 120.0


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Read a JSON request's body, refusing it as soon as it grows beyond `max_bytes`.

    Raises
    ------
    Problem
        415 for another content type or a compressed body, 413 for a body that is too large
        (told by its Content-Length or counted as it comes), 400 for one that ends early, 408 for
        one of which nothing comes for half a minute or that is not whole after two.
    """
    _require_json(request)
    return await collect(request, max_bytes)


async def collect(request: Request, max_bytes: int) -> bytes:
    """Read a body of any type, refusing it as soon as it grows beyond `max_bytes`.

    Raises
    ------
    Problem
        413, 400 and 408 as `read_body`.
    """
    declared = request.headers.get("content-length", "")
    # Longer than 18 digits is too large in any case, and int() would refuse 5,000 of them.
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > max_bytes:
        raise _too_large(max_bytes)
    chunks: list[bytes] = []
    size_bytes = 0
    loop = asyncio.get_running_loop()
    latest_s = loop.time() + _WHOLE_S
    try:
        # Not anyio's, nor one for each chunk: that would cost as much as all else here.
        async with asyncio.timeout(_CHUNK_S) as limit:
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise Problem(
                        400,
                        "incomplete-body",
                        "the connection ended before the body; send it again",
                    )
                chunk: bytes = message.get("body", b"")
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise _too_large(max_bytes)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    break
                # Else a byte now and then would hold a connection for ever.
                limit.reschedule(min(loop.time() + _CHUNK_S, latest_s))
    except TimeoutError:
        raise Problem(
            408,
            "slow-body",
            f"nothing of the body came for {_CHUNK_S:g} seconds, or it was not whole after "
            f"{_WHOLE_S:g}; send it again",
            headers=_CLOSE,
        ) from None
    return b"".join(chunks)


def decode(body: bytes) -> object:
    """Decode JSON; lone surrogates written as `\\ud800` are kept, as forum dumps hold them.

    Raises
    ------
    Problem
        400: not UTF-8, not JSON, or nested too deeply.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass  # orjson refuses lone surrogates; the slower reader decides, and says where
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise Problem(
            400,
            "invalid-utf8",
            f"the body is not UTF-8 at byte {error.start}; encode it as UTF-8",
        ) from None
    except json.JSONDecodeError as error:
        raise Problem(
            400,
            "invalid-json",
            f"the body is not JSON at line {error.lineno}, column {error.colno}; correct it",
        ) from None
    except RecursionError:
        raise Problem(
            400, "invalid-json", "the body is nested too deeply; a post is one flat object"
        ) from None
    except ValueError:
        raise Problem(
            400, "invalid-json", "the body has a number that cannot be read; correct it"
        ) from None


Checked = TypeVar("Checked", bound=BaseModel)


def read_model(body: bytes, model: type[Checked]) -> Checked:
    """Decode a body and check it against its schema.

    Raises
    ------
    Problem
        400 as `decode`; 422 with a pointer to each wrong field.
    """
    data = decode(body)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise explain(error.errors(include_url=False, include_input=False)) from None


def read_post(body: bytes, max_chars: int) -> schemas.Post:
    """Decode the body of a single moderation.

    Raises
    ------
    Problem
        400 as `decode`; 422 with a pointer to each wrong field.
    """
    post = read_model(body, schemas.Post)
    require_length([post], max_chars, prefix=())
    return post


def read_batch(body: bytes, max_chars: int) -> list[schemas.Post]:
    """Decode the body of a batch; one wrong post refuses the whole of it.

    Raises
    ------
    Problem
        400 as `decode`; 422 with a pointer to each wrong field.
    """
    batch = read_model(body, schemas.Batch)
    require_length(batch.posts, max_chars, prefix=("posts",))
    return batch.posts


def _require_json(request: Request) -> None:
    kind, *parameters = request.headers.get("content-type", "").lower().split(";")
    charsets = [value.strip().replace('"', "") for value in parameters]
    if kind.strip() != "application/json" or any(
        value.startswith("charset=") and value not in {"charset=utf-8", "charset=utf8"}
        for value in charsets
    ):
        raise Problem(
            415,
            "unsupported-media-type",
            "the body must be JSON in UTF-8; send it with Content-Type: application/json",
            headers={"Accept": "application/json"},
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(
            415,
            "unsupported-media-type",
            "the body is compressed; send it without Content-Encoding",
            headers={"Accept-Encoding": "identity"},
        )


def require_length(posts: Sequence[schemas.Post], max_chars: int, prefix: tuple[str, ...]) -> None:
    """Make sure that no post is longer than the limit.

    Raises
    ------
    Problem
        422 with a pointer to each post that is, below `prefix`.
    """
    errors = [
        {"type": "post_length", "loc": (*prefix, *([index] if prefix else []), *_longest(post))}
        for index, post in enumerate(posts)
        if sum(len(text) for text in _texts(post).values()) > max_chars
    ]
    if errors:
        problem = explain(errors)
        problem.detail += f"; the limit is {max_chars} characters"
        raise problem


def _texts(post: schemas.Post) -> dict[str, str]:
    given = {name: getattr(post, name) for name in (*schemas.FIELDS, "text")}
    return {name: text for name, text in given.items() if text is not None}


def _longest(post: schemas.Post) -> tuple[str]:
    texts = _texts(post)
    return (max(texts, key=lambda name: len(texts[name])),)


def _too_large(max_bytes: int) -> Problem:
    return Problem(
        413,
        "body-too-large",
        f"the body is larger than the limit of {max_bytes} bytes; send fewer posts at once",
        headers=_CLOSE,
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
