from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from fanzha import Detector
from fanzha.cli import main
from fanzha.labels import LABELS
from fanzha.organisations import ALIAS_KINDS
from fanzha.registry_lint import PROBLEM_CODES, lint
from fanzha.registry_table import CATEGORIES, COLUMNS, CONFIDENCES, ROLES
from fanzha.rules import RuleSet
from fanzha_api.app import create_app
from fanzha_api.settings import Settings
from readme import READMES, ROOT, with_figures, with_real_output

REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_readmes_examples_print_what_stands_under_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert with_real_output(text) == text, "run `make readme`"


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_readmes_figures_are_those_of_the_committed_benchmark(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert with_figures(text) == text, "run `make readme`"


def test_the_committed_benchmark_measured_the_shipped_bundle() -> None:
    page = (ROOT / "benchmarks" / "accuracy.md").read_text(encoding="utf-8")
    assert f"`{Detector.load().bundle_id}`" in page, "run `make bench-accuracy`"


def test_every_rule_is_documented() -> None:
    page = (REFERENCE / "rules.md").read_text(encoding="utf-8")
    rows = {(rule.name, rule.label, rule.description) for rule in RuleSet.load().rules}
    found = re.findall(r"^\| `([A-Z_]+)` \| `?([a-z_]*)`? \| (.+?) \|$", page, re.MULTILINE)
    assert set(found) == rows


def test_every_label_is_defined() -> None:
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    assert all(f"| `{label}` |" in page for label in LABELS)


def test_every_code_and_column_of_the_registry_is_documented() -> None:
    page = (ROOT / "docs" / "guides" / "registry.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", page, re.MULTILINE)).items() >= (
        PROBLEM_CODES.items()
    )
    assert all(f"\n| `{column}` |" in page for column in COLUMNS)
    assert all(f"`{word}`" in page for word in (*CATEGORIES, *ROLES, *CONFIDENCES, *ALIAS_KINDS))


def test_the_guides_overlay_is_one_that_lint_has_nothing_against(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "guides" / "registry.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    table = tmp_path / "own.csv"
    table.write_text(example, encoding="utf-8")
    assert lint(table, today=date(2026, 12, 1)).problems == ()


def test_every_setting_is_documented() -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    assert all(f"FANZHA_{name.upper()}" in page for name in Settings.model_fields)


def test_every_route_is_documented() -> None:
    page = (REFERENCE / "http.md").read_text(encoding="utf-8")
    paths = create_app(Settings()).openapi()["paths"]
    assert paths
    assert all(path in page for path in paths)


def test_every_command_and_option_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)
    assert commands
    for command in commands:
        assert f"## `fanzha {command}" in page
        with pytest.raises(SystemExit):
            main([command, "--help"])
        options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
        assert options
        assert [option for option in sorted(options) if option not in page] == []


def test_no_document_points_at_a_file_that_is_absent() -> None:
    missing = []
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                missing.append((path.name, target))
    assert missing == []
