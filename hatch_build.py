"""Compile the kernel when a wheel is built or the project installed for editing."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILD_KERNEL = Path(__file__).parent / "model" / "fanzha" / "build_kernel.py"


class KernelHook(BuildHookInterface[Any]):
    """Puts the compiled kernel into the wheel; without a C compiler the wheel goes without."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say for which platform the wheel then is."""
        # By its path: the package itself needs what is not installed yet.
        spec = importlib.util.spec_from_file_location("build_kernel", _BUILD_KERNEL)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if wrong := module.build():
            self.app.display_warning(
                f"fanzha's kernel is not compiled: {wrong}\nVerdicts are the same without it and "
                "many times slower. Install a C compiler, then install fanzha again."
            )
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(str(module.LIBRARY.relative_to(self.root)))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
