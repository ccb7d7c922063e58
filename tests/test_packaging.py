from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import fanzha

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_wheel_installs_the_three_packages_and_nothing_else(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "fanzha",
        "fanzha_api",
        "fanzha_data",
    }


@pytest.mark.parametrize(
    "name",
    [
        "fanzha/py.typed",
        "fanzha_api/py.typed",
        "fanzha_data/py.typed",
        "fanzha_data/bundle/manifest.json",
        "fanzha_data/bundle/arrays.npz",
        "fanzha_data/jieba.npz",
        "fanzha_data/prepared.bin",
        "fanzha/_kernel/kernel.so",
        "fanzha_data/hotlines.csv",
        "fanzha_data/lexicon.csv",
        "fanzha_data/rules.toml",
        "fanzha_api/console/phrases.toml",
        "fanzha_api/console/static/console.css",
        "fanzha_api/console/templates/base.html.j2",
    ],
)
def test_the_wheel_carries_what_is_needed_at_run_time(wheel: list[str], name: str) -> None:
    assert name in wheel


def test_no_post_of_the_corpus_is_in_the_wheel(wheel: list[str]) -> None:
    assert [name for name in wheel if "corpus/" in name or name.endswith(".jsonl")] == []


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert fanzha.__version__ == project["version"] == version("fanzha")


def test_the_root_folders_are_no_packages() -> None:
    assert [
        name for name in ("model", "api", "data") if (ROOT / name / "__init__.py").exists()
    ] == []


@pytest.mark.parametrize("name", ["build.txt", "run.txt", "dev.txt"])
def test_the_locks_pin_by_hash_and_name_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert "://" not in text
    pinned = re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==", text, re.MULTILINE | re.IGNORECASE)
    assert len(pinned) == len(re.findall(r"^[a-z]", text, re.MULTILINE | re.IGNORECASE))
    assert text.count("--hash=sha256:") >= len(pinned)


def test_importing_the_library_loads_nothing_heavy() -> None:
    code = (
        "import sys, fanzha; print(sorted({'numpy', 'scipy', 'sklearn', 'jieba'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
