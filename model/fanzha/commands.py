"""What each command of the command line does, once its arguments are parsed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from fanzha.errors import BundleError, InputError
from fanzha.json_lines import json_line, print_json

if TYPE_CHECKING:
    from fanzha.detector import Detector
    from fanzha.policy import Policy

__all__ = ["backtest", "calibrate", "check", "evaluate", "fetch", "rethreshold", "scan", "train"]


def _policy(arguments: argparse.Namespace) -> Policy | None:
    from fanzha.policy import Policy

    return None if arguments.policy is None else Policy.read(arguments.policy)


def check(arguments: argparse.Namespace) -> None:
    """Print the verdict on each text."""
    from fanzha.detector import Detector
    from fanzha.registry import Registry
    from fanzha.render import draw_verdict

    if arguments.lines and "-" not in arguments.text:
        raise InputError("--lines is about standard input; give - for TEXT, or leave it out")
    registry = Registry.load(*arguments.registry)
    detector = Detector.load(
        arguments.bundle, _policy(arguments), registry, screen=not arguments.no_screen
    )
    colour = _colour(sys.stdout)
    for post in _posts(arguments):
        verdict = detector.check(post)
        if arguments.json:
            sys.stdout.buffer.write(json_line(verdict.to_json()))
        else:
            print(draw_verdict(post, verdict, colour=colour), end="\n\n")


def _posts(arguments: argparse.Namespace) -> Iterator[str]:
    for text in arguments.text:
        if text != "-":
            yield text
        elif sys.stdin is None:
            raise InputError("standard input (-) is closed; pipe a post in, or write it as TEXT")
        elif arguments.lines:
            for number, line in enumerate(sys.stdin.buffer, 1):
                yield _decoded(line, f"line {number} of standard input")
        else:
            from fanzha.post import MAX_POST_CHARS

            # No character of UTF-8 is longer than 4 bytes; a longer post is refused as one.
            yield _decoded(sys.stdin.buffer.read(4 * MAX_POST_CHARS + 4), "standard input")


def _decoded(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where} is not UTF-8 at byte {error.start + 1}; convert it first, "
            "e.g. iconv -f gb18030 -t utf-8"
        ) from error


def scan(arguments: argparse.Namespace) -> None:
    """Scan the inputs and print the summary."""
    from fanzha.scan import DetectorLoader, Plan
    from fanzha.scan import scan as scan_plan
    from fanzha.scan.origins import Fields
    from fanzha.scan.progress import shown_progress
    from fanzha.scan.reporting import check_report, report_scan

    plan = Plan(
        inputs=tuple(arguments.input),
        output=arguments.output,
        format=arguments.format,
        encoding=arguments.encoding,
        text_field=arguments.text_field,
        id_field=arguments.id_field,
        workers=arguments.workers,
        only_flagged=arguments.only == "flagged",
        title_field=arguments.title_field,
        author_field=arguments.author_field,
        signature_field=arguments.signature_field,
        tables=tuple(arguments.table),
        markup=arguments.markup,
        output_format=arguments.output_format,
        resume=arguments.resume,
    )
    if arguments.report is not None:
        check_report(Path(arguments.report), plan)
    load = DetectorLoader(
        arguments.bundle,
        _policy(arguments),
        tuple(arguments.registry),
        screen=not arguments.no_screen,
    )
    try:
        with shown_progress(plan) as progress:
            summary = scan_plan(plan, load, progress)
    except BaseException:
        if plan.parts.is_dir():
            arguments.unfinished = (
                f"what is finished is in {plan.parts}, go on with the same command and --resume"
            )
        raise
    stream = sys.stderr if plan.output == "-" else sys.stdout
    for line in summary.lines(plan, colour=_colour(stream)):
        print(line, file=stream)
    if arguments.report is not None:
        fields = Fields(arguments.account_field, None, arguments.board_field, arguments.time_field)
        report_scan(Path(arguments.report), plan, summary, fields, arguments.language)
        print(f"the report: {arguments.report}", file=stream)
    if summary.rejected and not summary.posts:
        raise InputError(
            f"none of the {summary.rejected:,} records could be read as a post; the reasons are in "
            "the rejects, check --format, --encoding and --text-field"
        )


def rethreshold(arguments: argparse.Namespace) -> None:
    """Cut a scan's result by another policy and print what changed."""
    from fanzha.policy import Policy
    from fanzha.scan import Plan
    from fanzha.scan.rethreshold import rethreshold as recut_verdicts

    plan = Plan(
        tuple(arguments.verdicts),
        arguments.output,
        text_field="suggestion",
        title_field="",
        only_flagged=arguments.only == "flagged",
        output_format=arguments.output_format,
    )
    found = recut_verdicts(plan, Policy.read(arguments.policy))
    stream = sys.stderr if plan.output == "-" else sys.stdout
    for line in found.lines():
        print(line, file=stream)


def train(arguments: argparse.Namespace) -> None:
    """Train a bundle, print its id, and measure it beside the bundle from before."""
    from fanzha.train import screen as make_screen
    from fanzha.train import train as train_bundle

    if arguments.screen_only:
        bundle = make_screen(arguments.corpus, arguments.output, arguments.background, say=_say)
        print(f"the screen of bundle {bundle.id} is in {arguments.output}")
        return
    # Read first: the new bundle may be written where the old one is.
    before = _before(arguments)
    corpus = [*arguments.corpus, *arguments.feedback]
    bundle = train_bundle(corpus, arguments.output, arguments.background, arguments.seed, say=_say)
    print(f"bundle {bundle.id} is in {arguments.output}")
    if before is not None:
        from fanzha.compare import compare
        from fanzha.corpus import read_corpus
        from fanzha.detector import Detector

        after = Detector.load(arguments.output)
        for path in corpus:
            print(f"\n## {path}\n\n{compare(before, after, read_corpus([path]))}")


def _before(arguments: argparse.Namespace) -> Detector | None:
    """Load the bundle to compare with, or say why there is none."""
    from fanzha.detector import Detector

    if arguments.no_compare:
        return None
    try:
        return Detector.load(arguments.before)
    except BundleError as error:
        if arguments.before is not None:
            raise
        _say(f"no bundle from before to compare with: {error}")
        return None


def _say(line: str) -> None:
    print(f"fanzha: {line}", file=sys.stderr)


def backtest(arguments: argparse.Namespace) -> None:
    """Judge kept posts by another bundle and print what changes."""
    from fanzha.backtest import backtest as judge_anew
    from fanzha.backtest import read_kept, read_since
    from fanzha.detector import Detector

    since = None if arguments.since is None else read_since(arguments.since)
    detector = Detector.load(arguments.bundle, _policy(arguments))
    found = judge_anew(read_kept(arguments.kept, since), lambda board: detector)
    if arguments.json:
        print_json(found.to_json())
    else:
        print(f"by the bundle {detector.bundle_id}: {found.to_table()}")
    if arguments.differences is not None:
        with arguments.differences.open("wb") as stream:
            for one in found.differences:
                stream.write(json_line(one.to_json()))


def fetch(arguments: argparse.Namespace) -> None:
    """Fetch the public sets of a manifest, check them, and print where they are."""
    from fanzha.public_sets import fetch as fetch_set
    from fanzha.public_sets import read_manifest

    for one in read_manifest(arguments.manifest):
        path = fetch_set(one, arguments.output, arguments.source)
        print(f"{path}  {one.n_posts} posts, {one.licence}, {one.origin}")


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure a bundle on labelled posts and print the tables of what it does."""
    from fanzha.corpus import read_corpus
    from fanzha.detector import Detector
    from fanzha.evaluate import evaluate as measure_detector

    posts = read_corpus(arguments.corpus)
    evaluation = measure_detector(
        Detector.load(arguments.bundle, _policy(arguments)),
        posts,
        split=arguments.split,
        base_rate=arguments.base_rate,
        n_misses=arguments.misses,
    )
    if arguments.json:
        print_json(evaluation.to_json())
    else:
        print(evaluation.to_table())


def calibrate(arguments: argparse.Namespace) -> None:
    """Set a board's thresholds by its labelled posts and print what they can promise."""
    from fanzha.board import calibrate as calibrate_board
    from fanzha.board import write_policy
    from fanzha.corpus import read_corpus
    from fanzha.detector import Detector

    given = [*arguments.labelled, *arguments.feedback]
    if not given:
        raise InputError(
            "there is nothing to calibrate on; give a board's posts with --labelled, or what its "
            "moderators settled with --feedback"
        )
    posts = read_corpus(given)
    found = calibrate_board(
        Detector.load(arguments.bundle, _policy(arguments)),
        posts,
        arguments.precision,
        name=arguments.output.stem if arguments.output else "board",
    )
    if arguments.output:
        write_policy(found.policy, arguments.output)
    if arguments.json:
        print_json(found.to_json())
    else:
        print(found.to_table())
        if arguments.output:
            print(f"The policy is in {arguments.output}.")


def _colour(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal whose user wants colour (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
