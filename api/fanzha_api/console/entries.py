"""Entries of a board's lists and its own numbers, as a form adds them and takes them out."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any, Final

from fastapi import Request

from fanzha_api import deeds, schemas
from fanzha_api.console.forms import Form
from fanzha_api.console.route import checked
from fanzha_api.console.visit import Visit
from fanzha_api.problems import Problem
from fanzha_api.service import actor_of, keeping_of, service_of
from fanzha_api.store.policies import PolicyVersion, read_policy

__all__ = ["end_of_day", "list_entries", "list_hotlines", "put_entry"]

_TRIES: Final = 3
_LISTS: Final = ("allow", "deny", "hotlines")
_BETWEEN_DIGITS: Final = re.compile("[-() ]+")
_CHINA: Final = timezone(timedelta(hours=8))  # no summer time since 1991: IANA tz, Asia/Shanghai


def list_entries(
    document: dict[str, Any], start: int, end: int
) -> tuple[list[dict[str, Any]], int]:
    """Give a part of a policy's entries, each with its id and whether it is over; and how many."""
    now = datetime.now(UTC)
    listed = [
        (side, {"effect": effect, "expires": None, **one}, one)
        for side, effect in (("deny", "block"), ("allow", "ignore"))
        for one in document.get(side, ())
    ]
    entries = [
        {**told, "id": _id(side, one), "over": _is_over(one, now)}
        for side, told, one in listed[start:end]
    ]
    return entries, len(listed)


def list_hotlines(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the numbers that a policy lays over the registry, each with its id."""
    return [
        {"role": "customer_service", **one, "id": _id("hotlines", one)}
        for one in document.get("hotlines", ())
    ]


async def put_entry(request: Request, visit: Visit, board: str, form: Form) -> PolicyVersion:
    """Add what a form describes to a board's lists or numbers, or take out what it names.

    Raises
    ------
    Problem
        422: it cannot be used; 412: others changed the policy each time it was tried.
    """
    keeping = keeping_of(request)
    for _ in range(_TRIES):
        found = await keeping.storage.read(partial(read_policy, board=board))
        document, note = _with_entry({} if found is None else found.document, form, visit)
        change = checked(schemas.PolicyChange, {"policy": document, "note": note})
        version = await deeds.put_policy(
            service_of(request),
            keeping,
            board,
            change,
            actor=actor_of(request),
            based_on=found.version if found else 0,
        )
        if version is not None:
            return version
    raise Problem(
        412,
        "policy-changed",
        "the policy of the board was changed at the same moment; send the entry again",
    )


def _with_entry(document: dict[str, Any], form: Form, visit: Visit) -> tuple[dict[str, Any], str]:
    """Put an entry of the form into a policy's lists, or take one out; and say so in a note."""
    if form.get("remove"):
        after = dict(document)
        for side in _LISTS:
            if side in after:
                after[side] = [one for one in after[side] if _id(side, one) != form.get("remove")]
        return after, form.get("note") or visit.phrases("entry_removed_note")
    if form.get("brand"):
        return _with_hotline(document, form, visit)
    effect = form.get("effect")
    side = "allow" if effect in {"ignore", "pass"} else "deny"
    entry: dict[str, Any] = {
        "kind": form.get("kind"),
        "value": form.get("value"),
        "effect": effect,
        "owner": form.get("owner") or visit.caller.name,
        "reason": form.get("reason"),
    }
    if form.get("expires"):
        entry["expires"] = end_of_day(form.get("expires"))
    model = schemas.AllowEntry if side == "allow" else schemas.DenyEntry
    added = checked(model, entry).model_dump(mode="json", exclude_unset=True)
    rest = [
        one
        for one in document.get(side, ())
        if (one["kind"], one["value"]) != (entry["kind"], entry["value"])
    ]
    note = visit.phrases("entry_added_note", value=entry["value"])
    return {**document, side: [*rest, added]}, note


def _with_hotline(document: dict[str, Any], form: Form, visit: Visit) -> tuple[dict[str, Any], str]:
    """Lay a number of the form over the registry; and say so in a note."""
    written: dict[str, Any] = {
        "brand": form.get("brand"),
        "number": _BETWEEN_DIGITS.sub("", form.get("number")),
        "as_of": datetime.now(_CHINA).date().isoformat(),
        "sources": form.get("sources"),
    }
    if form.get("role") == "removed":
        written["role"] = "removed"
    added = checked(schemas.HotlineRow, written).model_dump(mode="json", exclude_unset=True)
    rest = [
        one
        for one in document.get("hotlines", ())
        if (one["brand"], one["number"]) != (added["brand"], added["number"])
    ]
    note = visit.phrases("hotline_added_note", brand=added["brand"], number=added["number"])
    return {**document, "hotlines": [*rest, added]}, note


def end_of_day(day: str) -> str:
    """Give the end of a day in China; what is no day stays as written."""
    try:
        return (datetime.fromisoformat(day).replace(tzinfo=_CHINA) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _id(side: str, entry: dict[str, Any]) -> str:
    """Name an entry by what it says, since its place changes with every edit."""
    said = json.dumps([side, entry], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_over(entry: dict[str, Any], now: datetime) -> bool:
    expires = entry.get("expires")
    return expires is not None and datetime.fromisoformat(expires) <= now
