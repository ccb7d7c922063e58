"""What stands at `/console` where its packages are not installed."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

__all__ = ["router"]

router = APIRouter()


@router.get("/console")
@router.get("/console/{rest:path}")
async def say_so() -> Response:
    """Name the packages that are wanting."""
    return PlainTextResponse(
        "the console needs packages that are not installed; run pip install 'fanzha[console]'\n",
        status_code=404,
    )
