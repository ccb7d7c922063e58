"""The commands that read what a scan wrote: trust, campaigns and the report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fanzha.errors import InputError
from fanzha.json_lines import json_line, print_json

if TYPE_CHECKING:
    from fanzha.scan import Plan
    from fanzha.scan.origins import Fields

__all__ = ["campaigns", "report", "trust"]

_STANDARD_STREAM: Final = "-"


def campaigns(arguments: argparse.Namespace) -> None:
    """Write the campaigns of a scan's result as JSON lines and print the largest."""
    from fanzha.scan.campaign_table import tell
    from fanzha.scan.campaigns import Campaigns
    from fanzha.scan.scanned import read_scanned
    from fanzha.whole_file import check_writable, write_whole

    to_stdout = arguments.output == _STANDARD_STREAM
    if not to_stdout:
        check_writable(Path(arguments.output))
    found = Campaigns()
    for one in read_scanned(*_plans(arguments)):
        found.add(one)
    joined, left_out = found.find()
    lines = b"".join(json_line(campaign.to_json()) for campaign in joined)
    if to_stdout:
        sys.stdout.buffer.write(lines)
        sys.stdout.flush()
    else:
        write_whole(Path(arguments.output), lines)
    stream = sys.stderr if to_stdout else sys.stdout
    for line in tell(joined, found.n_flagged, left_out):
        print(line, file=stream)
    if not to_stdout:
        print(f"\nall of them: {arguments.output}")


def report(arguments: argparse.Namespace) -> None:
    """Write the report on a scan's result as one HTML page."""
    from fanzha.scan.reporting import read_rejects, write_report

    verdicts, posts, fields = _plans(arguments)
    write_report(
        Path(arguments.output),
        verdicts,
        posts,
        fields,
        language=arguments.language,
        rejects=chain.from_iterable(map(read_rejects, arguments.verdicts)),
    )
    print(f"the report: {arguments.output}")


def trust(arguments: argparse.Namespace) -> None:
    """Print the numbers that the company they keep in a scan's result speaks against."""
    from fanzha.scan.collection import collect
    from fanzha.scan.lifted import lift, tell
    from fanzha.scan.origins import Fields
    from fanzha.scan.trust import weigh

    fields = Fields(arguments.account_field, arguments.campaign_field)
    found = weigh(collect(*_reading_plans(arguments, [arguments.verdicts]), fields))
    if arguments.json:
        for one in lift(found, arguments.least):
            print_json(one.to_json())
    else:
        for line in tell(found, arguments.least):
            print(line)


def _plans(arguments: argparse.Namespace) -> tuple[Plan, Plan | None, Fields]:
    """Give the plans of the verdicts and of the posts, and the names of the posts' fields."""
    from fanzha.scan.origins import Fields

    plans = _reading_plans(arguments, arguments.verdicts)
    output = Path(arguments.output)
    for path in map(Path, (*arguments.verdicts, *arguments.posts)):
        if output.exists() and path.exists() and output.samefile(path):
            raise InputError(f"the output {output} is also an input; give another name")
    fields = Fields(arguments.account_field, None, arguments.board_field, arguments.time_field)
    return *plans, fields


def _reading_plans(
    arguments: argparse.Namespace, verdicts: Sequence[str]
) -> tuple[Plan, Plan | None]:
    """Give the plans by which a scan's output and what was scanned are read.

    Raises
    ------
    InputError
        Standard input is named for both, or an input is absent.
    """
    from fanzha.scan import Plan

    if _STANDARD_STREAM in verdicts and _STANDARD_STREAM in arguments.posts:
        raise InputError("standard input (-) is both verdicts and posts; name a file for one")
    posts = None
    if arguments.posts:
        posts = Plan(
            tuple(arguments.posts),
            _STANDARD_STREAM,
            format=arguments.format,
            encoding=arguments.encoding,
            text_field=arguments.text_field,
            id_field=arguments.id_field,
            title_field=arguments.title_field,
            author_field=arguments.author_field,
            signature_field=arguments.signature_field,
            tables=tuple(arguments.table),
        )
    return Plan(tuple(verdicts), _STANDARD_STREAM, encoding="utf-8"), posts
