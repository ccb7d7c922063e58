"""The moderators' console at `/console`: pages made here, usable without scripts."""

from __future__ import annotations

from fastapi import FastAPI

__all__ = ["add_console"]


def add_console(app: FastAPI) -> None:
    """Give an application the console; where its packages are missing, a page that says so."""
    try:
        import jinja2  # noqa: F401
        import python_multipart  # noqa: F401
    except ImportError:
        from fanzha_api.console.absent import router
    else:
        from fanzha_api.console.pages import router
    app.include_router(router, include_in_schema=False)
