"""Records as the pages show them: with the evidence in their texts and what was said."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Connection

from fanzha_api.console.again import judge_again
from fanzha_api.console.phrases import Phrases
from fanzha_api.console.visit import Visit
from fanzha_api.service import Service, keeping_of, service_of
from fanzha_api.store.feedback import list_said
from fanzha_api.store.reviews import count_wordings

__all__ = ["PAGE", "show_items"]

PAGE: Final = 20
"""So many stand on a page."""


async def show_items(
    request: Request, visit: Visit, records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Give records with the evidence in their texts, their wordings and what was said."""
    service = service_of(request)
    if not records:
        return []

    def read(connection: Connection) -> tuple[dict[str, int], dict[str, list[dict[str, Any]]]]:
        return (
            count_wordings(connection, [one["digest"] for one in records]),
            list_said(connection, [one["request_id"] for one in records]),
        )

    wordings, said = await keeping_of(request).storage.read(read)
    shown = await service.gate.run(partial(_show, service, records, visit.phrases))
    return [
        {
            **record,
            "again": again,
            "changed": again is not None and again["suggestion"] != record["suggestion"],
            "same": wordings.get(record["digest"], 1),
            "said": said.get(record["request_id"], []),
            "top": sorted(
                (one for one in record["scores"].items() if one[1] >= 0.05),
                key=lambda one: -one[1],
            )[:3],
        }
        for record, again in zip(records, shown, strict=True)
    ]


def _show(
    service: Service, records: list[dict[str, Any]], say: Phrases
) -> list[dict[str, Any] | None]:
    registry = service.readiness.detector.registry
    return [
        None if again is None else again.show(registry, say)
        for again in judge_again(service, records)
    ]
