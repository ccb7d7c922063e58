"""A detector's bundle, policy and tables as bytes, to be carried to other machines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import fanzha_data
from fanzha.errors import BundleError, DataError
from fanzha.policy import Policy
from fanzha.scan.shard import Checker, DetectorLoader

__all__ = ["CarriedDetector"]

_BUNDLE, _OVERLAYS = "bundle", "overlays"
_LOADED: Final[dict[str, Checker]] = {}
"""The detectors of this process by what they were loaded from; an executor has one."""


@dataclass(frozen=True, slots=True)
class CarriedDetector:
    """The files of a detector; a process that gets them loads them once.

    The code itself and the shipped tables are not carried: fanzha of the same version must be
    installed where the detector is loaded.
    """

    bundle: Mapping[str, bytes]
    overlays: tuple[bytes, ...] = ()
    policy: Policy | None = None

    @classmethod
    def read(
        cls,
        bundle: str | None = None,
        policy: Policy | None = None,
        overlays: tuple[str, ...] = (),
    ) -> CarriedDetector:
        """Read the files that a `DetectorLoader` of the same arguments would load, and check them.

        Raises
        ------
        BundleError, DataError
            As `Detector.load`.
        """
        DetectorLoader(bundle, policy, overlays)()
        folder = Path(bundle) if bundle is not None else fanzha_data.path(_BUNDLE)
        try:
            files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        except OSError as error:
            raise BundleError(
                f"cannot read the bundle at {folder}: {error.strerror}; check its permissions"
            ) from error
        try:
            tables = tuple(Path(path).read_bytes() for path in overlays)
        except OSError as error:
            raise DataError(f"cannot read a registry table: {error}; check the path") from error
        return cls(files, tables, policy)

    @property
    def key(self) -> str:
        """What tells it from other detectors, as a digest of all of it."""
        digest = hashlib.blake2b(repr(self.policy).encode(), digest_size=16)
        for name, content in (*sorted(self.bundle.items()), *(("", one) for one in self.overlays)):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def load(self) -> Checker:
        """Load the detector, or give that of an earlier call in this process.

        Raises
        ------
        BundleError, DataError
            What was carried is damaged, or this fanzha is of another version.
        """
        key = self.key
        if key not in _LOADED:
            with TemporaryDirectory(prefix="fanzha-") as folder:
                _LOADED[key] = self._loaded(Path(folder))
        return _LOADED[key]

    def _loaded(self, folder: Path) -> Checker:
        bundle = folder / _BUNDLE
        bundle.mkdir()
        for name, content in self.bundle.items():
            (bundle / name).write_bytes(content)
        tables = []
        for number, content in enumerate(self.overlays):
            tables.append(folder / f"{_OVERLAYS}-{number}.csv")
            tables[-1].write_bytes(content)
        return DetectorLoader(str(bundle), self.policy, tuple(map(str, tables)))()
