"""The moderators' console at `/console`: pages made here, usable without scripts."""

from fanzha_api.console.pages import router

__all__ = ["router"]
