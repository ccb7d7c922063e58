"""Arrays on disk: the same bytes for the same arrays, and nothing that is unpickled."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["array_sum", "read_arrays", "write_arrays"]


def array_sum(array: NDArray[Any]) -> str:
    """Give the SHA-256 of an array's bytes, in hexadecimal."""
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return hashlib.sha256(flat.data).hexdigest()


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays into one archive that `numpy.load` reads; the same arrays give the same bytes.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    # Not numpy.savez: it stamps the members with the time, and bundles are compared by byte.
    # Not compressed: unpacking took longer than all else of loading one, and wheels are packed.
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)


def read_arrays(
    path: Path, kinds: Mapping[str, tuple[str, int]], sums: Mapping[str, str]
) -> dict[str, NDArray[Any]]:
    """Read the arrays of `kinds` (name, and its dtype and number of axes) from an archive.

    Raises
    ------
    ValueError
        The archive is absent or damaged, or an array is not of its kind or not of its sum; the
        message says which, in words for the end of a sentence.
    """
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            for name in kinds:
                arrays[name] = archive[name]
    except FileNotFoundError as error:
        raise ValueError(f"{path.name} is absent") from error
    except (
        OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError,
        zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        # All that zipfile and numpy raise for flipped or missing bytes.
        raise ValueError(f"{path.name} cannot be read") from error
    for name, (dtype, ndim) in kinds.items():
        array = arrays[name]
        if array.dtype != dtype or array.ndim != ndim:
            raise ValueError(f"{name} is not an array of {dtype}")
        if sums.get(name) != array_sum(array):
            raise ValueError(f"{name} is not what the manifest says")
    return arrays
