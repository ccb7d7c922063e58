"""Write a file so that a reader sees all of it or nothing."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fanzha.errors import InputError

__all__ = ["check_writable", "write_whole"]


def check_writable(path: Path) -> None:
    """Refuse a file that `write_whole` could not write, before work is spent on it.

    Raises
    ------
    InputError
        Its folder is absent or may not be written, or it is read-only or no file.
    """
    target = path.resolve()
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise InputError(f"cannot write {path}: it is read-only or no file; give another name")
    if not (target.parent.is_dir() and os.access(target.parent, os.W_OK)):
        raise InputError(
            f"cannot write {path}: its folder is absent or may not be written; make it or give "
            "another name"
        )


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a hidden name and then give it its own.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    check_writable(path)
    target = path.resolve()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; give a file in a folder that exists, may be "
            "written and has room"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
