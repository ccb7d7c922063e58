from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import fanzha_data
from fanzha.arrays import array_sum, write_arrays
from fanzha.bundle import FORMAT_VERSION, Bundle
from fanzha.errors import BundleError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(fanzha_data.path("bundle"), tmp_path / "bundle"))


def edit(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | changes), encoding="utf-8")


def test_a_bundle_saved_again_has_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    Bundle.load(folder).save(tmp_path / "again")
    for name in ("manifest.json", "arrays.npz"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["weights", "intercepts", "slopes", "shifts", "margins"])
def test_an_array_of_another_length_is_refused(folder: Path, name: str) -> None:
    with np.load(folder / "arrays.npz") as archive:
        arrays = {one: archive[one] for one in archive.files}
    arrays[name] = arrays[name][:-1]
    write_arrays(folder / "arrays.npz", arrays)
    edit(folder, arrays={one: array_sum(array) for one, array in arrays.items()})
    with pytest.raises(BundleError, match=f"damaged: {name} of shape"):
        Bundle.load(folder)


def test_the_manifest_says_what_it_was_made_of() -> None:
    manifest = Bundle.load().manifest
    assert {"id", "format", "labels", "policy", "trained_on", "tables", "versions", "accuracy"} <= (
        manifest.keys()
    )


def test_an_absent_bundle_says_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="fanzha train"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize(("version", "advice"), [(1, "update fanzha"), (-1, "train it again")])
def test_another_format_is_refused(folder: Path, version: int, advice: str) -> None:
    edit(folder, format=FORMAT_VERSION + version)
    with pytest.raises(BundleError, match=advice):
        Bundle.load(folder)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_truncated_file_is_refused(folder: Path, share: float) -> None:
    for name in ("arrays.npz", "manifest.json"):
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BundleError, match="is damaged"):
            Bundle.load(folder)
        path.write_bytes(whole)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 0.99])
def test_a_flipped_byte_is_refused(folder: Path, place: float) -> None:
    path = folder / "arrays.npz"
    whole = bytearray(path.read_bytes())
    whole[int(len(whole) * place)] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(BundleError, match="is damaged"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": {}},
        {"policy": {"review": {"cash_out": 7}, "block": {}}},
        {"facts": None},
        {"facts": ["one"]},
        {"arrays": {}},
        {"labels": ["cash_out"]},
    ],
    ids=["no thresholds", "bad threshold", "no facts", "other facts", "no sums", "other labels"],
)
def test_a_manifest_that_does_not_fit_is_refused(folder: Path, changes: dict[str, object]) -> None:
    edit(folder, **changes)
    with pytest.raises(BundleError):
        Bundle.load(folder)


def test_a_pickle_in_the_arrays_is_not_loaded(folder: Path) -> None:
    import numpy as np

    np.savez(folder / "arrays.npz", char_keys=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BundleError, match="is damaged"):
        Bundle.load(folder)


def test_a_bundle_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot write the bundle"):
        Bundle.load().save(tmp_path / "file" / "bundle")
