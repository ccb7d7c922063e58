"""A verdict as the pages show it: evidence marked and numbered, scores, whose a number is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.registry import Registry
from fanzha_api.console.marks import Mark, Stretch, cut
from fanzha_api.console.phrases import Phrases

__all__ = ["show_evidence", "show_hotlines", "show_verdict"]

_MOST_OWNERS: Final = 4
_MOST_OFFICIAL: Final = 6
_MOST_SOURCES_CHARS: Final = 240
_WHOLE: Final = "text"
_QUIET_STEPS: Final = frozenset({"width", "case"})


def show_verdict(
    verdict: Mapping[str, Any],
    fields: Mapping[str, str],
    policy: Policy,
    registry: Registry,
    say: Phrases,
) -> dict[str, Any]:
    """Give what a page says of a verdict.

    Parameters
    ----------
    verdict
        As the service answers it, with spans per field.
    fields
        The post's texts by field; `text` where it came as one.
    policy
        The thresholds by which it was judged.
    """
    return {
        "suggestion": verdict["suggestion"],
        "labels": [_given(one, say) for one in verdict["labels"]],
        "scores": list(_scores(verdict, policy, say)),
        "hotlines": show_hotlines(verdict["hotlines"], registry, say),
        "contacts": [
            {"kind": say(f"contact_{one['kind']}"), "text": one["text"], "value": one["value"]}
            for one in verdict["contacts"]
        ],
        "normalizations": list(_changes(verdict["normalizations"], say)),
        "lists": [
            {**one, "tone": one["effect"], "name": say(f"effect_{one['effect']}")}
            for one in verdict.get("lists", ())
        ],
        "explanation": _explanation(verdict.get("explanation"), say),
        "model": verdict["model"],
        **show_evidence(verdict, fields, say),
    }


def show_evidence(
    verdict: Mapping[str, Any], fields: Mapping[str, str], say: Phrases
) -> dict[str, Any]:
    """Give the fields with everything marked in place, and the numbered list of the evidence."""
    ordered = sorted(
        verdict["evidence"], key=lambda one: (one["kind"] == "model", -one["weight"], one["start"])
    )
    marks: dict[str, list[Mark]] = {name: [] for name in fields}
    evidence = []
    for number, one in enumerate(ordered, start=1):
        kind = "model" if one["kind"] == "model" else "rule"
        _place(marks, one, kind, number)
        evidence.append(
            {
                "number": number,
                "label": say.label(one["label"]),
                "rule": one["rule"],
                "weight": f"{one['weight']:+.2f}",
                "why": _why(one, verdict["hotlines"], say),
                "text": one["text"],
                "kind": kind,
            }
        )
    for name, kind in (("hotlines", "number"), ("contacts", "contact"), ("lists", "list")):
        for one in verdict.get(name, ()):
            _place(marks, one, kind, 0)
    pieces: dict[str, list[Stretch]] = {
        name: cut(text, marks[name]) for name, text in fields.items()
    }
    return {
        "evidence": evidence,
        "fields": [
            {"name": say(f"field_{name}"), "plain": name == _WHOLE, "pieces": pieces[name]}
            for name in fields
            if fields[name]
        ],
    }


def show_hotlines(
    hotlines: Sequence[Mapping[str, Any]], registry: Registry, say: Phrases
) -> list[dict[str, Any]]:
    """Give the numbers of a verdict with whose they are and what the company publishes."""
    return [_hotline(one, registry, say) for one in hotlines]


def _place(marks: dict[str, list[Mark]], one: Mapping[str, Any], kind: str, number: int) -> None:
    places = [one, *one.get("continues", ())]
    for at, place in enumerate(places):
        name = place.get("field", _WHOLE)
        if name in marks:
            mark = Mark(place["start"], place["end"], kind, number if at == 0 else 0)
            marks[name].append(mark)


def _why(one: Mapping[str, Any], hotlines: Sequence[Mapping[str, Any]], say: Phrases) -> str:
    if one["kind"] == "hotline" and say.language != "en":
        for hotline in hotlines:
            beside = (
                hotline.get("field") == one.get("field")
                and hotline["start"] < one["end"]
                and one["start"] < hotline["end"]
            )
            if beside and hotline["status"] != "unknown_brand":
                return _says(hotline, say)
    return say.why(one["rule"], one["why"])


def _says(hotline: Mapping[str, Any], say: Phrases) -> str:
    brand = hotline["brand"]
    if brand is None:
        return say(f"status_{hotline['status']}")
    joint = "、" if say.language == "zh" else ", "
    official = joint.join(hotline["official_numbers"][:_MOST_OFFICIAL])
    name = f"says_{hotline['status']}" + ("" if official else "_none")
    return (
        say(name, brand=brand, official=official)
        if say.has(name)
        else say(f"status_{hotline['status']}")
    )


def _given(one: Mapping[str, Any], say: Phrases) -> dict[str, str]:
    return {"name": say.label(one["label"]), "score": f"{one['score']:.3f}"}


def _scores(verdict: Mapping[str, Any], policy: Policy, say: Phrases) -> Iterator[dict[str, Any]]:
    given = {one["label"] for one in verdict["labels"]}
    scores = verdict["scores"]
    for label in sorted(LABELS, key=lambda label: (label not in given, -scores[label])):
        review, block = policy.review.get(label), policy.block.get(label)
        tone = "none"
        if label in given:
            tone = "block" if block is not None and scores[label] >= block else "review"
        yield {
            "name": say.label(label),
            "score": scores[label],
            "shown": f"{scores[label]:.3f}",
            "review": review,
            "block": block,
            "tone": tone,
            "off": review is None,
        }


def _hotline(one: Mapping[str, Any], registry: Registry, say: Phrases) -> dict[str, Any]:
    brand = registry.brand(one["brand"]) if one["brand"] else None
    false = one["claimed"] and one["status"] in {"other_brand", "unlisted", "malformed"}
    tone = "bad" if false else "good" if one["status"] == "official" else "none"
    source = one["source"] or ""
    if len(source) > _MOST_SOURCES_CHARS:
        source = source[:_MOST_SOURCES_CHARS] + "…"
    return {
        "text": one["text"],
        "number": one["number"],
        "status": say(f"status_{one['status']}"),
        "tone": tone,
        "claimed": one["claimed"],
        "brand": one["brand"],
        "says": _says(one, say),
        "owners": [
            {"brand": entry.brand, "role": _role(entry.role, say), "as_of": entry.as_of}
            for entry in registry.entries(one["number"])[:_MOST_OWNERS]
        ],
        "official": [
            {"number": entry.number, "role": _role(entry.role, say), "as_of": entry.as_of}
            for entry in (brand.entries if brand else ())[:_MOST_OFFICIAL]
        ],
        "source": source,
    }


def _role(role: str, say: Phrases) -> str:
    name = f"role_{role}"
    return say(name) if say.has(name) else role.replace("_", " ")


def _changes(changes: Sequence[Mapping[str, Any]], say: Phrases) -> Iterator[dict[str, Any]]:
    """Give each change once, disguises first; what changes a sign's width only comes last."""
    counted = Counter((one["step"], one["from"], one["to"]) for one in changes)
    order = sorted(counted, key=lambda one: (one[0] != "variant", one[0] in _QUIET_STEPS))
    for step, before, after in order:
        yield {
            "step": say(f"step_{step}"),
            "from": before,
            "to": after,
            "n": counted[step, before, after],
            "quiet": step in _QUIET_STEPS,
        }


def _explanation(explanation: Mapping[str, Any] | None, say: Phrases) -> dict[str, Any] | None:
    if explanation is None:
        return None
    flip = explanation["flip"]
    return {
        "near": [
            {
                "name": say.label(one["label"]),
                "score": f"{one['score']:.3f}",
                "threshold": None if one["threshold"] is None else f"{one['threshold']:.3f}",
                "evidence": [
                    {"text": found["text"], "why": say.why(found["rule"], found["why"])}
                    for found in one["evidence"][:5]
                ],
            }
            for one in explanation["near"]
        ],
        "flip": None
        if flip is None
        else {
            "suggestion": flip["suggestion"],
            "without": [one["text"] for one in flip["without"]],
        },
    }
