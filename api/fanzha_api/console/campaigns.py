"""Campaigns among the recorded posts: what shares a wording, a contact or a number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from fanzha.registry import Registry
from fanzha_api.console.again import Again, judge_again
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.entries import put_entry
from fanzha_api.console.forms import Form, read_form
from fanzha_api.console.phrases import Phrases
from fanzha_api.console.policies import board_of
from fanzha_api.console.route import ConsoleRoute
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.service import Service, keeping_of, service_of
from fanzha_api.store.statistics import Wording, flagged_records, known_boards, list_wordings

if TYPE_CHECKING:
    from fanzha.scan.campaign import Campaign

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Reviewing = Annotated[Visit, Depends(visiting("review"))]

_MOST_POSTS: Final = 1000
_SHOWN: Final = 30
_SHOWN_EACH: Final = 8
_MOST_DECIDED: Final = 500


@dataclass(frozen=True, slots=True)
class _Found:
    """A campaign with the records of its posts."""

    campaign: Campaign
    records: list[dict[str, Any]]
    stands: Again


@router.get(f"{ROOT}/campaigns")
async def show_campaigns(
    request: Request,
    visit: Reviewing,
    days: Annotated[int, Query(ge=1, le=90)] = 30,
    done: Annotated[int, Query(ge=-1, le=100_000)] = -1,
    listed: Annotated[int, Query(ge=0, le=1)] = 0,
) -> Response:
    """Show the campaigns of the last days, the largest first."""
    service = service_of(request)

    def read(
        connection: Connection,
    ) -> tuple[list[dict[str, Any]], list[Wording], list[str]]:
        return (
            flagged_records(connection, days, _MOST_POSTS),
            list_wordings(connection, days, _SHOWN),
            known_boards(connection),
        )

    records, wordings, boards = await keeping_of(request).storage.read(read)
    # Not by the gate: it may take a second, and posts must not wait for it.
    found = await to_thread.run_sync(partial(_find, service, records))
    registry = service.readiness.detector.registry
    return draw(
        request,
        visit,
        "campaigns.html.j2",
        days=days,
        n_posts=len(records),
        full=len(records) == _MOST_POSTS,
        campaigns=[_shown(one, registry, visit.phrases) for one in found[:_SHOWN]],
        n_campaigns=len(found),
        wordings=wordings,
        boards=boards or ["default"],
        done=done,
        listed=listed,
        may_list=visit.may("admin"),
    )


@router.post(f"{ROOT}/campaigns")
async def deny(request: Request, visit: Annotated[Visit, Depends(visiting("admin"))]) -> Response:
    """Put a campaign's contact on a board's list."""
    form = await read_form(request, visit)
    kind, value = entry_of(form.get("contact"))
    entry = Form(
        {
            "kind": [kind],
            "value": [value],
            "effect": ["block"],
            "reason": [form.get("reason") or visit.phrases("campaign_reason")],
        }
    )
    await put_entry(request, visit, board_of(form.get("board")), entry)
    return go_to(request, visit, f"{ROOT}/campaigns?listed=1")


def entry_of(contact: str) -> tuple[str, str]:
    """Give the kind and value by which a list names a campaign's contact.

    Examples
    --------
    >>> entry_of("wechat:tx_888"), entry_of("4006455566"), entry_of("link:a.example.com/x")
    (('contact', 'tx_888'), ('number', '4006455566'), ('domain', 'a.example.com'))
    """
    kind, joint, value = contact.partition(":")
    if not joint:
        return "number", contact
    if kind == "link":
        return "domain", value.partition("://")[2].partition("/")[0] or value.partition("/")[0]
    return "contact", value


def _find(service: Service, records: list[dict[str, Any]]) -> list[_Found]:
    """Join the posts into campaigns; blocks."""
    from fanzha.scan.campaigns import Campaigns
    from fanzha.scan.scanned import Scanned

    collected = Campaigns()
    judged: dict[str, tuple[dict[str, Any], Again]] = {}
    for place, (record, again) in enumerate(
        zip(records, judge_again(service, records), strict=True)
    ):
        if again is None:
            continue
        name = str(place)
        judged[name] = record, again
        # As it was recorded: a later policy must not take a post out of its campaign.
        verdict = {
            **again.verdict.to_json(),
            "id": name,
            "suggestion": record["suggestion"] if record["decision"] != "pass" else "pass",
            "labels": [
                {"label": label, "score": record["scores"][label]} for label in record["labels"]
            ],
            "text": again.post.post.text,
            "board": record["board"],
            "account": record["author_id"],
            "posted_at": record["at"],
        }
        collected.add(Scanned(verdict, "the records", place))
    found, _ = collected.find()
    return [
        _Found(
            one,
            [judged[name][0] for name in one.posts],
            judged[one.representative.post][1],
        )
        for one in found
    ]


def _shown(found: _Found, registry: Registry, say: Phrases) -> dict[str, Any]:
    one = found.campaign
    stands = found.stands.show(registry, say)
    waiting = [record["request_id"] for record in found.records if record["state"] == "open"]
    return {
        "id": one.id,
        "n": one.n_posts,
        "kinds": say.labels([label for label, _ in one.labels.most_common(3)]),
        "wordings": one.n_wordings,
        "first": min(record["at"] for record in found.records),
        "last": max(record["at"] for record in found.records),
        "boards": one.boards.most_common(_SHOWN_EACH),
        "accounts": one.accounts.most_common(_SHOWN_EACH),
        "n_accounts": len(one.accounts),
        "contacts": [_contact(key, n, say) for key, n in one.contacts.most_common(_SHOWN_EACH)],
        "fields": stands["fields"],
        "hotlines": stands["hotlines"],
        "waiting": list(dict.fromkeys(waiting))[:_MOST_DECIDED],
        "given": sorted({label for record in found.records for label in record["labels"]}),
    }


def _contact(key: str, n: int, say: Phrases) -> dict[str, Any]:
    kind, joint, value = key.partition(":")
    if not joint:
        kind, value = "number", key
    return {"key": key, "kind": say(f"contact_{kind}"), "value": value, "n": n}
