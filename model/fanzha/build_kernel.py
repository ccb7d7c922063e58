"""Compile the kernel beside its sources: `python -m fanzha.build_kernel`.

The build of a wheel or an editable install does so too, by `hatch_build.py`; so this module needs
nothing but Python.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

__all__ = ["LIBRARY", "build", "digest", "open_library"]

_SOURCES: Final = Path(__file__).parent / "_kernel"
LIBRARY: Final = _SOURCES / "kernel.so"

# Not -march=native: a wheel runs on other machines too. No contraction: x * y + z rounds twice on
# every machine, as Python does.
_FLAGS: Final = ("-std=c11", "-O3", "-ffp-contract=off", "-shared", "-fPIC")


def digest() -> str:
    """Name the sources: a library that was made from others is not used."""
    files = sorted([*_SOURCES.glob("*.c"), *_SOURCES.glob("*.h")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def build() -> str:
    """Compile the library in two seconds; gives what went wrong, empty if nothing did."""
    compiler = shlex.split(os.environ.get("CC") or str(sysconfig.get_config_var("CC") or "cc"))
    made = LIBRARY.with_name(f"{os.getpid()}.{LIBRARY.name}")
    sources = [str(path) for path in sorted(_SOURCES.glob("*.c"))]
    stamp = f'-DFANZHA_SOURCES="{digest()}"'
    command = [*compiler, *_FLAGS, stamp, "-o", str(made), *sources, "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr.strip() or f"{compiler[0]} ended with {done.returncode}"
        # Another process may have the old one open.
        made.replace(LIBRARY)
    except OSError as error:
        return f"{error.filename or compiler[0]}: {error.strerror}"
    finally:
        made.unlink(missing_ok=True)
    return ""


def open_library() -> ctypes.CDLL:
    """Open the compiled library.

    Raises
    ------
    OSError
        There is no library at `LIBRARY`, it is none, or it was made from other sources, whose
        functions and structures may be others.
    """
    library = ctypes.CDLL(str(LIBRARY))
    library.fanzha_sources.restype = ctypes.c_char_p
    if bytes(library.fanzha_sources()).decode() != digest():
        raise OSError(f"{LIBRARY.name} was made from other sources")
    return library


if __name__ == "__main__":
    sys.exit(build() or None)
