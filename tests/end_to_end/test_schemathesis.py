"""No request that the OpenAPI document allows, or forbids, brings the service down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import fanzha_data
from end_to_end.test_service import serving

pytestmark = pytest.mark.skipif(
    not (fanzha_data.path("bundle") / "manifest.json").is_file(),
    reason="no bundle in data/fanzha_data/bundle; make one with `make train`",
)


def test_every_answer_is_as_documented_and_none_is_a_failure(tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    checks = (
        "not_a_server_error", "response_schema_conformance", "content_type_conformance",
        "status_code_conformance",
    )  # fmt: skip
    with serving(FANZHA_DATA=str(tmp_path)) as running:
        # Not the keys: the first one that it made would shut it out of all else.
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "run", f"{running.url}/openapi.json",
                "--max-examples", "4", "--phases", "examples,fuzzing", "--seed", "1",
                "--exclude-path-regex", "keys$", "--checks", ",".join(checks),
            ],
            capture_output=True, text=True, encoding="utf-8", timeout=300, check=False,
            cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
