"""End a worker whose parent is gone."""

from __future__ import annotations

import os
import threading
import time
from typing import Final

__all__ = ["end_with"]

_EVERY_SECONDS: Final = 1.0
_ENDED_WITH_PARENT: Final = 1


def end_with(parent: int) -> None:
    """End this process within a second or two of its parent `parent`, however that ends.

    A parent that is killed cannot tell its workers, who would wait for its next task for good.
    """
    # Not PR_SET_PDEATHSIG: it also fires when only the parent's thread that began us ends.
    if os.name == "posix":
        watch = threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True)
        watch.start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY_SECONDS)
    # Nobody is left to hear of an end in order, and parts are written whole or not at all.
    os._exit(_ENDED_WITH_PARENT)
