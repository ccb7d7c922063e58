from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_prints_what_it_found(example: Path) -> None:
    limit_s = 120
    if example.stem.startswith("spark"):
        limit_s = 400  # starting Java on a busy machine takes a minute
        pytest.importorskip("pyspark", reason="pyspark is not installed")
        if shutil.which("java") is None:
            pytest.skip("there is no Java on this machine")
    done = subprocess.run(
        [sys.executable, str(example)],
        capture_output=True,
        timeout=limit_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "cash_out" in done.stdout.decode()
