"""What `fanzha hotline` and `fanzha lint` do, once their arguments are parsed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fanzha.errors import InputError
from fanzha.json_lines import print_json

if TYPE_CHECKING:
    from fanzha.hotlines import Hotline
    from fanzha.registry import Entry, Registry

__all__ = ["hotline", "lint"]


def hotline(arguments: argparse.Namespace) -> None:
    """Print whose number it is, or the numbers of a brand."""
    from fanzha.registry import Registry
    from fanzha.render import visible

    if arguments.number is None and arguments.brand is None:
        raise InputError("there is no number and no --brand; write one, e.g. fanzha hotline 95152")
    registry = Registry.load(*arguments.registry)
    if arguments.number is not None:
        _number(arguments, registry)
        return
    brand = registry.brand(arguments.brand)
    if brand is None:
        raise InputError(_unknown(arguments.brand, registry))
    for entry in brand.entries:
        if arguments.json:
            print_json(entry.to_json() | {"category": brand.category, "group": brand.group})
        else:
            print(f"{_standing(entry)}\n  source: {visible(entry.sources)}")
            if entry.note:
                print(f"  note: {visible(entry.note)}")


def _number(arguments: argparse.Namespace, registry: Registry) -> None:
    from fanzha.hotlines import look_up
    from fanzha.numbering import Numbering
    from fanzha.standing import owners_of

    plan = Numbering.load()
    found = look_up(arguments.number, arguments.brand, registry, plan)
    owners = owners_of(found.number, registry, plan)
    brand = registry.brand(found.brand) if found.brand else None
    official = brand.entries if brand else ()
    if arguments.json:
        print_json(
            {
                "number": found.number,
                "kind": found.kind,
                "brand": found.brand,
                "status": found.status,
                "official_numbers": list(found.official_numbers),
                "source": found.source,
                "owners": [entry.brand for entry in owners],
                "why": found.why,
                "entries": [entry.to_json() for entry in owners],
                "official_entries": [entry.to_json() for entry in official],
            }
        )
        return
    for line in _answer(found, owners, official):
        print(line)
    if arguments.brand is not None and brand is None:
        print(f"  {_unknown(arguments.brand, registry)}")


def _answer(
    found: Hotline, owners: tuple[Entry, ...], official: tuple[Entry, ...]
) -> Iterator[str]:
    from fanzha.render import visible

    yield f"{found.number}  {found.status}  {visible(found.why)}"
    if owners:
        yield "  published by:"
        for entry in owners:
            yield f"    {_standing(entry)}"
            yield f"      source: {visible(entry.sources)}"
    elif found.status == "malformed":
        yield f"  source: {visible(found.source or '')}"
    if official and found.status != "official":
        yield f"  {visible(official[0].brand)} publishes:"
        yield from (f"    {_standing(entry)}" for entry in official)


def _standing(entry: Entry) -> str:
    from fanzha.render import visible

    standing = f"{entry.role}, {entry.confidence} confidence, seen {entry.as_of}"
    return f"{entry.number}  {visible(entry.brand)}  {standing}"


def _unknown(brand: str, registry: Registry) -> str:
    near = registry.nearest(brand)
    hint = f"did you mean {', '.join(near)}?" if near else "try its usual short name, e.g. 抖音"
    return f"the registry knows no brand {brand[:40]!r}; {hint}"


def lint(arguments: argparse.Namespace) -> bool:
    """Print every problem of the tables; True where there are any."""
    from fanzha.registry_lint import lint as lint_tables

    found = lint_tables(*arguments.file)
    for problem in found.problems:
        if arguments.json:
            print_json(problem.to_json())
        else:
            from fanzha.render import visible

            print(visible(str(problem)))
    said = _counted(len(found.problems), "problem") if found.problems else "no problem"
    where = f"{_counted(found.lines, 'line')} of {_counted(len(found.files), 'table')}"
    print(f"fanzha: {said} in {where}", file=sys.stderr)
    return bool(found.problems)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
