"""Verdict lines as a scan writes them, made by hand for what reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fanzha.scan.scanned import Scanned

Line = dict[str, Any]


def line(
    name: str,
    text: str,
    *contacts: str,
    score: float = 0.9,
    flagged: bool = True,
    label: str = "cash_out",
    brand: str | None = None,
    status: str = "unknown_brand",
    **more: Any,
) -> Line:
    """Give the verdict line on a post whose contacts stand in its text; digits are numbers."""
    numbers = [one for one in contacts if one.isdecimal()]
    chats = [one for one in contacts if not one.isdecimal()]
    evidence = [
        {
            "label": label, "kind": "term", "rule": "CASH_OUT_OFFER", "text": "套现",
            "normalized": "套现", "start": text.find("套现"), "end": text.find("套现") + 2,
            "weight": 2.0, "why": "offers cash",
        }
    ] if flagged and "套现" in text else []  # fmt: skip
    return {
        "id": name,
        "suggestion": "block" if flagged else "pass",
        "labels": [{"label": label, "score": score, "threshold": 0.5}] if flagged else [],
        "scores": {label: score},
        "evidence": evidence,
        "hotlines": [
            {
                "start": text.find(one), "end": text.find(one) + len(one), "text": one,
                "number": one, "kind": "400", "brand": brand, "claimed": brand is not None,
                "status": status, "official_numbers": ["95188"] if brand else [],
                "source": "the company's page" if brand else None,
            }
            for one in numbers
        ],
        "contacts": [
            {
                "kind": one.split(":")[0], "start": text.find(one.split(":", 1)[1]),
                "end": text.find(one.split(":", 1)[1]) + len(one.split(":", 1)[1]),
                "text": one.split(":", 1)[1], "value": one.split(":", 1)[1],
            }
            for one in chats
        ],
        "normalizations": [],
        "model": {"bundle": "b1", "policy": "default"},
        "text": text,
        **more,
    }  # fmt: skip


def scanned(lines: Iterable[Line]) -> list[Scanned]:
    """Give the lines as they are read."""
    return [Scanned(one, f"v.jsonl:{number}", number) for number, one in enumerate(lines, 1)]
