"""Write a report on a scan: right after it, or later from what it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson

from fanzha.errors import InputError
from fanzha.scan.origins import Fields
from fanzha.scan.plan import STANDARD_STREAM, Plan, rejects_beside
from fanzha.scan.read import Reject
from fanzha.scan.report import Run, gather
from fanzha.scan.report_page import draw_report
from fanzha.scan.scanned import read_scanned
from fanzha.scan.summary import Summary
from fanzha.whole_file import check_writable, write_whole

__all__ = ["check_report", "read_rejects", "report_scan", "write_report"]


def write_report(
    output: Path,
    verdicts: Plan,
    posts: Plan | None = None,
    fields: Fields | None = None,
    *,
    language: str = "zh",
    rejects: Iterable[Reject] = (),
    run: Run | None = None,
) -> None:
    """Write the report on a scan's output as one HTML page; `output` gets all of it or stays.

    Parameters
    ----------
    verdicts, posts, fields
        As `read_scanned` takes them.
    language
        One of `LANGUAGES`.
    rejects, run
        As `gather` takes them.

    Raises
    ------
    InputError
        An input is not what a scan wrote or scanned, the page cannot be written, or the package
        jinja2 is not installed.
    """
    check_writable(output)
    report = gather(read_scanned(verdicts, posts, fields), rejects, run)
    page = draw_report(report, language, datetime.now())
    write_whole(output, page.encode("utf-8", "replace"))


def check_report(output: Path, plan: Plan) -> None:
    """Refuse, before a scan, a report that could not be written after it.

    Raises
    ------
    InputError
        The scan's output cannot be read again, or the page cannot be written.
    """
    if not plan.regular:
        name = (
            "standard output (-)" if plan.output == STANDARD_STREAM else f"no file: {plan.output}"
        )
        raise InputError(
            f"a report is made from the scan's output, and that is {name}; give --output a file"
        )
    paths = (plan.output, *plan.inputs)
    if any(output.resolve() == Path(path).resolve() for path in paths if path != STANDARD_STREAM):
        raise InputError(f"the report {output} is also an input or the output; give another name")
    check_writable(output)


def report_scan(
    output: Path, plan: Plan, summary: Summary, fields: Fields, language: str = "zh"
) -> None:
    """Write the report on a scan that has just ended well.

    The inputs are read once more beside the output, for texts, times, boards and accounts; where
    one is standard input or a pipe they cannot be, and are reported without them.

    Raises
    ------
    InputError
        As `write_report`.
    """
    verdicts = Plan((plan.output,), STANDARD_STREAM, plan.written_format, "utf-8")
    posts = None
    if plan.resumable:
        posts = replace(plan, output=STANDARD_STREAM, output_format="auto", resume=False)
    names = tuple(Path(path).name if path != STANDARD_STREAM else path for path in plan.inputs)
    write_report(
        output,
        verdicts,
        posts,
        fields,
        language=language,
        rejects=read_rejects(plan.output) if summary.rejected else (),
        run=Run(summary.posts, summary.seconds, names),
    )


def read_rejects(verdicts: str) -> Iterator[Reject]:
    """Yield the rejects that stand beside a scan's output, if there are any.

    Raises
    ------
    InputError
        The rejects file is not as a scan writes it.
    """
    rejects = rejects_beside(Path(verdicts))
    if verdicts == STANDARD_STREAM or not rejects.is_file():
        return
    with rejects.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found = orjson.loads(line)
                reject = Reject(str(found["file"]), int(found["line"]), str(found["reason"]))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{rejects}:{number} is no reject as a scan writes it; scan again, or move "
                    "the file away"
                ) from error
            yield reject
