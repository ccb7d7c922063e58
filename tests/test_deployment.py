"""What the deployment files name is there, and they do not drift from what they deploy."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from fanzha_api.settings import Settings

ROOT = Path(__file__).parents[1]
SETTINGS = {f"FANZHA_{name.upper()}" for name in Settings.model_fields}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z][a-z0-9-]*)==([^ ;\\]+)", read(name), re.MULTILINE))


@pytest.mark.parametrize(
    "name", ["Dockerfile", "compose.yaml", "deploy/fanzha.service", "docs/guides/deployment.md"]
)
def test_every_setting_that_is_named_is_one(name: str) -> None:
    # The entry point unfolds files into settings; it is no setting itself.
    assert set(re.findall(r"FANZHA_[A-Z_]+", read(name))) <= SETTINGS


def test_what_the_image_copies_is_there_and_is_let_through() -> None:
    lines = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", read("Dockerfile"), re.MULTILINE)
    sources = [source for line in lines for source in line.split()]
    allowed = re.findall(r"^!(.+)$", read(".dockerignore"), re.MULTILINE)
    assert len(sources) == 12
    for source in sources:
        assert (ROOT / source).exists()
        assert any(source.rstrip("/") == entry.rstrip("/") for entry in allowed), source


def test_the_drivers_lock_holds_the_versions_that_are_tested() -> None:
    tested = locked("requirements/dev.txt")
    assert {"psycopg", "psycopg-binary"} <= locked("requirements/postgres.txt").keys()
    assert locked("requirements/postgres.txt").items() <= tested.items()
    common = locked("requirements/run.txt").keys() & locked("requirements/postgres.txt").keys()
    assert all(locked("requirements/run.txt")[name] == tested[name] for name in common)


def test_the_image_bears_the_projects_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"ARG VERSION={version}\n" in read("Dockerfile")
    assert f"image: fanzha:{version}\n" in read("compose.yaml")


def test_no_secret_lies_in_the_deployment_files() -> None:
    secret = re.compile(r"fz_[0-9a-f]{6}|(?i:password)[ \t]*[=:][ \t]*[A-Za-z0-9]{4}")
    files = [ROOT / "Dockerfile", ROOT / "compose.yaml", *(ROOT / "deploy").glob("*.*")]
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not secret.search(text), path
    assert read("deploy/secrets/.gitignore").splitlines()[0] == "*"


def test_the_entry_point_reads_secrets_from_files(tmp_path: Path) -> None:
    stand_in = tmp_path / "fanzha-serve"
    stand_in.write_text('#!/bin/sh\necho "$FANZHA_DATABASE_URL|$PGPASSWORD|$*"\n')
    stand_in.chmod(0o755)
    (tmp_path / "url").write_text("postgresql://fanzha@db/fanzha\n")
    (tmp_path / "word").write_text("a b$c'\n")
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "deploy" / "entrypoint.sh"), "keys", "list"],
        env={
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "DATABASE_URL_FILE": str(tmp_path / "url"),
            "PGPASSWORD_FILE": str(tmp_path / "word"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "postgresql://fanzha@db/fanzha|a b$c'|keys list\n"


def test_a_secret_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "deploy" / "entrypoint.sh")],
        env={"PATH": os.environ["PATH"], "PGPASSWORD_FILE": str(tmp_path / "absent")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "absent" in done.stderr
