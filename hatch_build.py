"""Make what is not in the repository: the compiled kernel, jieba's dictionary, prepared tables.

Runs when a wheel is built and when the project is installed for editing.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PACKAGES: Final = ("model", "data")
_KERNEL: Final = "model/fanzha/_kernel/kernel.so"
_DICTIONARY: Final = "data/fanzha_data/jieba.npz"
_PREPARED: Final = "data/fanzha_data/prepared.bin"


class MadeFiles(BuildHookInterface[Any]):
    """Puts them into the wheel; without a C compiler it goes without the kernel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make all, and say for which platform the wheel then is."""
        if wrong := self._run("fanzha.build_dictionary"):
            self.app.abort(f"jieba's dictionary could not be read: {wrong}")
        build_data["artifacts"].append(_DICTIONARY)
        if wrong := self._run("fanzha.build_kernel"):
            self.app.display_warning(
                f"fanzha's kernel is not compiled: {wrong}\nVerdicts are the same without it and "
                "many times slower. Install a C compiler, then install fanzha again."
            )
        else:
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["artifacts"].append(_KERNEL)
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform}"
        if wrong := self._run("fanzha.build_prepared"):
            self.app.abort(f"the shipped tables cannot be prepared: {wrong}")
        build_data["artifacts"].append(_PREPARED)

    def _run(self, module: str) -> str:
        """Run a module of the project that is being built; gives what went wrong."""
        paths = [str(Path(self.root) / name) for name in _PACKAGES]
        code = (
            f"import runpy, sys; sys.path[:0] = {paths!r}; "
            f"runpy.run_module({module!r}, run_name='__main__')"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr.strip() if done.returncode else ""
