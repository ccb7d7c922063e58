"""The page at /docs: the OpenAPI document as plain HTML, without scripts or outside files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

__all__ = ["render_page"]

_STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.55 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
 overflow-wrap:anywhere}
h2{margin-top:2.5rem;border-bottom:1px solid #8886;padding-bottom:.3rem}
h2 code,td code,pre{font-family:ui-monospace,monospace}
pre{background:#8882;padding:.8rem;overflow-x:auto;border-radius:4px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8884}
"""


def render_page(document: Mapping[str, Any]) -> str:
    """Give the HTML page for an OpenAPI document of this service."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{escape(info['title'])} {escape(info['version'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
        f"<p>{_prose(info['description'])}</p>",
        "<p>For programs: <a href='openapi.json'>openapi.json</a> (OpenAPI 3.1).</p>",
    ]
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts += _operation(method.upper(), path, operation, schemas)
    parts.append("<h1 id=objects>Objects</h1>")
    for name, schema in schemas.items():
        parts.append(f"<h2 id='{escape(name)}'><code>{escape(name)}</code></h2>")
        parts.append(f"<p>{_prose(schema.get('description', ''))}</p>")
        parts += _fields(schema)
    parts.append("</html>")
    return "\n".join(parts)


def _operation(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    yield f"<h2><code>{method} {escape(path)}</code> {escape(operation['summary'])}</h2>"
    yield f"<p>{_prose(operation.get('description', ''))}</p>"
    rows = [
        (
            f"<code>{escape(parameter['name'])}</code> ({escape(parameter['in'])})",
            _prose(parameter.get("description", "")),
        )
        for parameter in operation.get("parameters", [])
    ]
    if rows:
        yield _table("parameter", "meaning", rows)
    body = operation.get("requestBody")
    if body and "application/json" not in body["content"]:
        media = " · ".join(f"<code>{escape(name)}</code>" for name in body["content"])
        yield f"<p>Body: {media}</p>"
    elif body:
        schema = body["content"]["application/json"]["schema"]
        yield f"<p>Body: {_kind(schema)}</p>"
        yield f"<pre>{escape(_curl(method, path, _example(schema, schemas)))}</pre>"
    answers = []
    for status, answer in operation["responses"].items():
        kinds = " ".join(
            f"{_kind(content['schema'])} <small>{escape(media)}</small>"
            for media, content in answer.get("content", {}).items()
            if "schema" in content
        )
        answers.append((escape(status), f"{_prose(answer.get('description', ''))} {kinds}"))
    yield _table("status", "answer", answers)


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", [])
    rows = [
        (
            f"<code>{escape(name)}</code>{'' if name in required else ' (may be absent)'}",
            f"{_kind(field)} {_prose(field.get('description', ''))}",
        )
        for name, field in schema.get("properties", {}).items()
    ]
    if rows:
        yield _table("field", "value", rows)


def _prose(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f"<a href='#{name}'>{name}</a>"
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " · ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"array of {_kind(schema['items'])}"
    return escape(schema.get("type", "any"))


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> object:
    """Give an example of a body: the schema's own, or one built from its fields' examples."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("type") == "array":
        return [_example(schema["items"], schemas)]
    return {name: _example(field, schemas) for name, field in schema["properties"].items()}


def _curl(method: str, path: str, body: object) -> str:
    verb = "" if method == "POST" else f"-X {method} "
    return (
        f"curl {verb}http://127.0.0.1:8000{path} -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(body, ensure_ascii=False)}'"
    )


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td>{first}<td>{second}" for first, second in rows)
    return f"<table><tr><th>{left}<th>{right}{lines}</table>"
