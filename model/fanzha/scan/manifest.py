"""What a scan's finished parts were made from: they may go on only with the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from fanzha import __version__
from fanzha.errors import InputError
from fanzha.scan.plan import Plan
from fanzha.scan.shard import Checker, DetectorLoader

__all__ = ["changed", "manifest_of", "read_manifest", "write_manifest"]

_ENDS_BYTES: Final = 1 << 20
_IRRELEVANT: Final = frozenset({"inputs", "output", "workers", "resume", "output_format"})
_WORDS: Final = {"size": "size", "head": "beginning", "tail": "end", "time": "time of change"}
_OPTION_NAMES: Final = {"only_flagged": "--only", "tables": "--table"}


def manifest_of(plan: Plan, load: Callable[[], Checker], checker: Checker) -> dict[str, Any]:
    """Give what decides a scan's output, as JSON values.

    Inputs are told by path, size, time of change and a hash of their first and last mebibyte; a
    detector by its bundle, its policy, its screen and the tables over its registry.
    """
    policy: Any = getattr(checker, "policy", None)
    overlays = load.overlays if isinstance(load, DetectorLoader) else ()
    options = {name: value for name, value in asdict(plan).items() if name not in _IRRELEVANT}
    made = {
        "fanzha": __version__,
        "inputs": [_input(path) for path in plan.inputs],
        "options": options,
        "bundle": getattr(checker, "bundle_id", type(checker).__name__),
        "policy": policy and [policy.name, dict(policy.review), dict(policy.block)],
        "screen": load.screen if isinstance(load, DetectorLoader) else None,
        "registry": [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in overlays],
    }
    # As it reads back: tuples become lists.
    read_back: dict[str, Any] = json.loads(json.dumps(made))
    return read_back


def _input(path: str) -> dict[str, str | int]:
    try:
        with Path(path).open("rb") as file:
            status = Path(path).stat()
            head = file.read(_ENDS_BYTES)
            file.seek(max(0, status.st_size - _ENDS_BYTES))
            tail = file.read(_ENDS_BYTES)
    except OSError as error:
        raise InputError(f"cannot open {path}: {error.strerror}; check it") from error
    return {
        "path": path,
        "size": status.st_size,
        "time": status.st_mtime_ns,
        "head": hashlib.sha256(head).hexdigest(),
        "tail": hashlib.sha256(tail).hexdigest(),
    }


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name what differs between two manifests, for a reader."""
    found: list[str] = []
    paths = [one["path"] for one in before["inputs"]], [one["path"] for one in now["inputs"]]
    if paths[0] != paths[1]:
        found.append("the list of inputs")
    else:
        for old, new in zip(before["inputs"], now["inputs"], strict=True):
            if old != new:
                what = next(name for name in _WORDS if old[name] != new[name])
                found.append(f"the input {old['path']} (its {_WORDS[what]})")
    for name in sorted({*before["options"], *now["options"]}):
        if before["options"].get(name) != now["options"].get(name):
            found.append(f"the option {_OPTION_NAMES.get(name, '--' + name.replace('_', '-'))}")
    named = {
        "bundle": "the bundle",
        "policy": "the policy",
        "registry": "the registry's tables",
        "screen": "the option --no-screen",
    }
    found += [words for name, words in named.items() if before.get(name) != now.get(name)]
    if before["fanzha"] != now["fanzha"]:
        found.append("the version of fanzha")
    return found


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Read a manifest; None where there is none, or only the beginning of one."""
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest so that it is there whole or not at all."""
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    beside.replace(path)
