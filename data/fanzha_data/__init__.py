"""Shipped tables and the trained bundle; read them with `fanzha_data.path`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["path"]


def path(name: str) -> Path:
    """Give the path of a shipped table or folder, e.g. `path("lexicon.csv")`.

    The package is always installed as plain files, so that arrays can be mapped from them.
    """
    return Path(str(files(__name__))) / name
