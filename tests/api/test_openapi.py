"""The committed OpenAPI document, the reference and the page say what the routes are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from api.conftest import Client
from fanzha.labels import LABELS
from fanzha_api import schemas
from fanzha_api.app import create_app
from fanzha_api.bodies import read_batch, read_post
from fanzha_api.openapi import document_text
from fanzha_api.page import render_page
from fanzha_api.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = create_app(Settings()).openapi()
REFERENCE = ROOT / "docs" / "reference" / "http.md"
OPERATIONS = [
    (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
]


def test_the_committed_document_is_the_applications() -> None:
    committed = (ROOT / "openapi.json").read_text("utf-8")
    assert committed == document_text(create_app(Settings())), (
        "run `python -m fanzha_api.openapi > openapi.json`"
    )


def test_the_document_is_served(client: Client) -> None:
    assert client.get("/openapi.json").json() == DOCUMENT


def test_every_reference_in_the_document_leads_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    names = set(re.findall('"#/components/schemas/([A-Za-z]+)"', text))
    assert names == set(re.findall('"#/[^"]*/([A-Za-z]+)"', text))
    assert names | {"Post"} == set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route_is_in_the_reference_and_on_the_page(method: str, path: str) -> None:
    assert f"## `{method} {path}`" in REFERENCE.read_text("utf-8")
    assert f"<code>{method} {path}</code>" in render_page(DOCUMENT)


def test_every_kind_of_problem_is_in_the_reference() -> None:
    sources = (ROOT / "api" / "fanzha_api").rglob("*.py")
    code = "\n".join(source.read_text("utf-8") for source in sources)
    kinds = set(re.findall(r'Problem\(\s*[0-9]{3},\s*"([a-z0-9-]+)"', code))
    assert {"busy", "loading", "internal", "invalid-json"} <= kinds
    reference = REFERENCE.read_text("utf-8")
    missing = {kind for kind in kinds if f"| `{kind}` |" not in reference}
    assert not missing


def test_the_labels_of_the_document_are_the_policys() -> None:
    assert get_args(schemas.Label) == LABELS
    assert tuple(schemas.Scores.model_fields) == LABELS


def test_the_examples_of_the_document_are_accepted() -> None:
    example = DOCUMENT["components"]["schemas"]["Post"]["examples"][0]
    assert read_post(json.dumps(example).encode(), 1000).id == "p1"
    assert len(read_batch(json.dumps({"posts": [example]}).encode(), 1000)) == 1


def test_the_page_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search("<script|src=|https?://(?!127[.]0[.]0[.]1)", page.text)
    assert "花呗套.現秒到" in page.text
