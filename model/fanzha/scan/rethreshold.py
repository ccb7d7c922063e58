"""Cut a scan's result anew by another policy; the scores are in it, so nothing is scanned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import ge
from typing import Any, Final

import orjson

from fanzha.errors import InputError, reason_of
from fanzha.json_lines import json_line
from fanzha.policy import Policy
from fanzha.render import label_name
from fanzha.scan.fields import Row
from fanzha.scan.plan import Plan
from fanzha.scan.read import cut
from fanzha.scan.rows import rows
from fanzha.scan.source import sources
from fanzha.scan.tabular import verdict_of
from fanzha.scan.write import open_output

__all__ = ["Recut", "recut", "rethreshold"]

_SUGGESTIONS: Final = ("block", "review", "pass")


@dataclass(slots=True)
class Recut:
    """How many posts had each suggestion and label before, and have now."""

    posts: int = 0
    written: int = 0
    unproven: int = 0
    screened: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Yield the change line by line."""
        yield f"{self.posts:,} posts, {self.written:,} written"
        yield f"  {'before':>9}  {'now':>9}"
        for name in _SUGGESTIONS:
            yield f"  {self.before[name]:>9,}  {self.after[name]:>9,}  {name}"
        labels = sorted({*self.before, *self.after} - {*_SUGGESTIONS})
        for label in sorted(labels, key=lambda one: -self.after[one]):
            yield f"  {self.before[label]:>9,}  {self.after[label]:>9,}  {label_name(label)}"
        if self.screened:
            yield (
                f"{self.screened:,} posts were passed by the screen: their scores are estimates, "
                "good for the policy of the scan; scan with --no-screen to re-cut them exactly"
            )
        if self.unproven:
            yield (
                f"{self.unproven:,} labels are new and have no evidence, which a scan writes only "
                "for labels that it gives; scan again with this policy to see it"
            )


def recut(verdict: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """Give a verdict with the labels and the suggestion of another policy.

    Evidence of labels that it does not give is left out; labels that are new have none.

    Raises
    ------
    KeyError, TypeError
        It is no verdict.
    """
    scores = verdict["scores"]
    missing = [label for label in policy.review if label not in scores]
    if missing:
        raise KeyError(missing[0])
    given = policy.given(scores)
    return {
        **verdict,
        "suggestion": policy.suggestion(scores),
        "labels": [
            {"label": label, "score": scores[label], "threshold": policy.review[label]}
            for label in given
        ],
        "evidence": [one for one in verdict["evidence"] if one["label"] in given],
        "model": {**verdict["model"], "policy": policy.name},
    }


def rethreshold(verdicts: Plan, policy: Policy) -> Recut:
    """Read verdicts in any format that a scan writes, and write them by another policy.

    Parameters
    ----------
    verdicts
        Its inputs are outputs of a scan; its output, format and `only_flagged` are as for a scan.

    Raises
    ------
    InputError
        An input holds no verdicts, or the output cannot be written.
    """
    plan = verdicts
    counted = Recut()
    with open_output(plan) as output:
        for path in plan.inputs:
            for source in sources(path, plan):
                for chunk in cut(source, plan):
                    lines = [_line(row, policy, counted, plan) for row in rows(chunk, plan)]
                    output.write(b"".join(lines))
    return counted


def _line(row: object, policy: Policy, counted: Recut, plan: Plan) -> bytes:
    if not isinstance(row, Row):
        raise InputError(
            f"{getattr(row, 'file', '')}:{getattr(row, 'line', 0)} is no verdict "
            f"({getattr(row, 'reason', '')}); give the output of fanzha scan"
        )
    try:
        if _passes_again(row.fields, policy):
            return _passed(row.fields, policy, counted, plan)
        before: dict[str, Any] = dict(row.fields)
        if "scores" not in before:
            before = verdict_of(before)
        after = recut(before, policy)
        old = {given["label"] for given in before["labels"]}
    except (KeyError, TypeError, ValueError, orjson.JSONDecodeError) as error:
        raise InputError(
            f"{row.file}:{row.line} is no verdict as a scan writes it ({reason_of(error)}); "
            "give the output of fanzha scan"
        ) from error
    new = [given["label"] for given in after["labels"]]
    counted.posts += 1
    counted.screened += bool(before["model"].get("screened"))
    counted.before.update([before["suggestion"], *old])
    counted.after.update([after["suggestion"], *new])
    counted.unproven += sum(label not in old for label in new)
    if plan.only_flagged and after["suggestion"] == "pass":
        return b""
    counted.written += 1
    return json_line(after)


def _passes_again(verdict: Mapping[str, Any], policy: Policy) -> bool:
    """Tell whether the verdict of a scan was `pass` without a label, and is under this policy."""
    scores = verdict.get("scores")
    return (
        verdict["suggestion"] == "pass"
        and isinstance(scores, dict)
        and not (verdict["labels"] or verdict["evidence"])
        and not any(map(ge, map(scores.__getitem__, policy.review), policy.review.values()))
    )


def _passed(verdict: Mapping[str, Any], policy: Policy, counted: Recut, plan: Plan) -> bytes:
    counted.posts += 1
    counted.screened += bool(verdict["model"].get("screened"))
    counted.before["pass"] += 1
    counted.after["pass"] += 1
    if plan.only_flagged:
        return b""
    counted.written += 1
    return json_line({**verdict, "model": {**verdict["model"], "policy": policy.name}})
