"""The command line: `fanzha check · scan · trust · hotline · lint · train · evaluate`."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn, TypeAlias

from fanzha import __version__, commands, registry_commands, scan_commands
from fanzha.errors import BundleError, DataError, FanzhaError, InputError, ScanError

__all__ = ["main"]

_DONE, _PROBLEMS, _USAGE, _TABLES, _SHARD, _INTERRUPTED, _TERMINATED = 0, 1, 2, 3, 4, 130, 143
_NOT_WRITTEN: Final = "nothing was written"
_FORMAT_HELP: Final = (
    "of the inputs: auto, jsonl, json (an array), csv, tsv, text, sql (mysqldump), sqlite, parquet "
    "or arrow"
)
_BACKGROUND_HELP: Final = "posts by the many, mostly clean, that teach but are not measured on"
_ENCODING_HELP: Final = (
    "of the inputs: auto, utf-8, utf-16, utf-16-le, utf-16-be, gb18030, gbk, big5 or big5hkscs"
)
_OUTPUT_HELP: Final = ".jsonl, .csv, .parquet or .sqlite; - is stdout"
_OUTPUT_FORMAT_HELP: Final = "auto (by the name), jsonl, csv, parquet or sqlite"
_TABLE_HELP: Final = (
    "table of a database or SQL dump; may be given again (default: a forum's posts)"
)

_Command: TypeAlias = Callable[[argparse.Namespace], bool | None]
"""Carries a command out; gives True where it did so and found what should not be."""


class _Parser(argparse.ArgumentParser):
    """Tells a wrong command line in one line."""

    def error(self, message: str) -> NoReturn:
        if message.endswith(": TEXT"):
            message = "there is no TEXT; write one that begins with - after --"
        self.exit(_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    The exit code: 0 done, 1 lint found problems, 2 usage or input error, 3 bundle or table
    error, 4 a shard failed, 130 interrupted, 143 terminated. A reader that closes the pipe ends
    a command with 0.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that is not UTF-8 must not turn a post into a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    run: _Command = arguments.run
    try:
        with _terminable():
            wanting = run(arguments)
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_standard_output()
        return _DONE
    except KeyboardInterrupt:
        return _told(f"interrupted; {arguments.unfinished}", _INTERRUPTED)
    except _TerminatedError:
        return _told(f"terminated; {arguments.unfinished}", _TERMINATED)
    except InputError as error:
        return _told(str(error), _USAGE)
    except (BundleError, DataError) as error:
        return _told(str(error), _TABLES)
    except ScanError as error:
        return _told(f"{error}; {arguments.unfinished}", _SHARD)
    except FanzhaError as error:
        return _told(str(error), _USAGE)
    except OSError as error:
        _drop_standard_output()
        return _told(f"cannot write standard output: {error.strerror}", _USAGE)
    return _PROBLEMS if wanting else _DONE


def _told(message: str, code: int) -> int:
    print(f"fanzha: {message}", file=sys.stderr)
    return code


def _drop_standard_output() -> None:
    # What is still buffered cannot be written, and Python would say so at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _TerminatedError(BaseException):
    """SIGTERM, so that temporary files are removed and workers ended on the way out."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Turn SIGTERM into an exception for the length of a block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in its main thread only.
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TerminatedError


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fanzha",
        description="反诈: find cash-out promotions, fake hotlines and scam ads in Chinese posts.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"fanzha {__version__}")
    listed = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: _Command, text: str) -> _Parser:
        added: _Parser = listed.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(run=run, unfinished=_NOT_WRITTEN)
        return added

    _add_check(
        command("check", commands.check, "say what a post is, with the evidence marked in it")
    )
    _add_scan(command("scan", commands.scan, "check every post of files and write the verdicts"))
    _add_rethreshold(
        command("rethreshold", commands.rethreshold, "cut a scan's result by another policy")
    )
    _add_trust(
        command(
            "trust", scan_commands.trust, "find numbers in the company of fakes in a scan's result"
        )
    )
    _add_campaigns(
        command("campaigns", scan_commands.campaigns, "join a scan's flagged posts into campaigns")
    )
    _add_report(command("report", scan_commands.report, "write a scan's result as a web page"))
    _add_hotline(
        command(
            "hotline", registry_commands.hotline, "say whose number it is, or which a brand has"
        )
    )
    _add_lint(
        command("lint", registry_commands.lint, "find everything that is wrong in registry tables")
    )
    _add_train(command("train", commands.train, "train a bundle from labelled posts"))
    _add_fetch(command("fetch", commands.fetch, "fetch the public sets that a manifest names"))
    _add_evaluate(command("evaluate", commands.evaluate, "measure a bundle on labelled posts"))
    _add_calibrate(
        command("calibrate", commands.calibrate, "set a board's thresholds by its labelled posts")
    )
    _add_backtest(
        command("backtest", commands.backtest, "judge kept posts by another bundle and compare")
    )
    return parser


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number; write one") from None


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no whole number; write one") from None


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", metavar="DIR", help="trained bundle (default: the shipped one)")
    parser.add_argument(
        "--policy", metavar="FILE", help="thresholds as JSON (default: the bundle's)"
    )


def _add_screen(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-screen", action="store_true", help="have the model score every post (slower)"
    )


def _add_registry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--registry",
        action="append",
        default=[],
        metavar="FILE",
        help="table laid over the shipped hotline registry; may be given again",
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="+", metavar="TEXT", help="a post; - reads standard input")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--lines", action="store_true", help="with -: each line is a post")
    _add_model(parser)
    _add_screen(parser)
    _add_registry(parser)


def _add_scan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "input", nargs="+", metavar="INPUT", help="file, also .gz .zst .xz .bz2 .zip; - is stdin"
    )
    parser.add_argument("--output", required=True, metavar="FILE", help=_OUTPUT_HELP)
    parser.add_argument("--output-format", default="auto", metavar="NAME", help=_OUTPUT_FORMAT_HELP)
    parser.add_argument("--format", default="auto", metavar="NAME", help=_FORMAT_HELP)
    parser.add_argument("--text-field", default="text", metavar="NAME", help="default: text")
    parser.add_argument("--id-field", default="id", metavar="NAME", help="default: id")
    _add_checked(parser)
    parser.add_argument("--encoding", default="auto", metavar="NAME", help=_ENCODING_HELP)
    parser.add_argument(
        "--markup", default="auto", metavar="NAME", help="auto: take BBCode and HTML off; or none"
    )
    parser.add_argument("--workers", type=_whole_number, metavar="N", help="default: one per core")
    parser.add_argument("--only", choices=("flagged",), help="leave out posts that pass")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what an earlier scan has finished"
    )
    parser.add_argument("--report", metavar="FILE", help="write a report too, as .html")
    _add_language(parser)
    parser.add_argument("--account-field", default="author", metavar="NAME", help="default: author")
    _add_places(parser)
    parser.set_defaults(unfinished="no output was written, scan again")
    _add_model(parser)
    _add_screen(parser)
    _add_registry(parser)


def _add_checked(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--title-field", default="title", metavar="NAME", help="checked too (default: title)"
    )
    parser.add_argument("--author-field", default="", metavar="NAME", help="checked too, if named")
    parser.add_argument(
        "--signature-field", default="", metavar="NAME", help="checked too, if named"
    )
    parser.add_argument("--table", action="append", default=[], metavar="NAME", help=_TABLE_HELP)


def _add_rethreshold(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verdicts", nargs="+", metavar="VERDICTS", help="output of fanzha scan")
    parser.add_argument("--policy", required=True, metavar="FILE", help="thresholds as JSON")
    parser.add_argument("--output", required=True, metavar="FILE", help=_OUTPUT_HELP)
    parser.add_argument("--output-format", default="auto", metavar="NAME", help=_OUTPUT_FORMAT_HELP)
    parser.add_argument("--only", choices=("flagged",), help="leave out posts that pass")


def _add_posts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--posts", nargs="+", default=(), metavar="FILE", help="what was scanned, in that order"
    )
    parser.add_argument("--format", default="auto", metavar="NAME", help=_FORMAT_HELP)
    parser.add_argument("--text-field", default="text", metavar="NAME", help="default: text")
    parser.add_argument("--id-field", default="id", metavar="NAME", help="default: id")
    parser.add_argument("--account-field", default="author", metavar="NAME", help="default: author")
    _add_checked(parser)
    parser.add_argument("--encoding", default="auto", metavar="NAME", help=_ENCODING_HELP)


def _add_campaigns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "verdicts", nargs="+", metavar="VERDICTS", help="output of fanzha scan; - is stdin"
    )
    parser.add_argument("--output", required=True, metavar="FILE", help="JSON lines; - is stdout")
    _add_posts(parser)
    _add_places(parser)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "verdicts", nargs="+", metavar="VERDICTS", help="output of fanzha scan; - is stdin"
    )
    parser.add_argument("--output", required=True, metavar="FILE", help="the page, as .html")
    _add_language(parser)
    _add_posts(parser)
    _add_places(parser)


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--language", choices=("zh", "en"), default="zh", help="of the report (default: zh)"
    )


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--board-field", default="board", metavar="NAME", help="default: board")
    parser.add_argument("--time-field", default="time", metavar="NAME", help="default: time")


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verdicts", metavar="VERDICTS", help="output of fanzha scan; - is stdin")
    _add_posts(parser)
    parser.add_argument("--campaign-field", metavar="NAME", help="default: posts worded alike")
    parser.add_argument(
        "--least", type=_number, default=0.1, metavar="P", help="lift to be shown (default: 0.1)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_hotline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", nargs="?", metavar="NUMBER", help="as written, in any digits")
    parser.add_argument("--brand", metavar="NAME", help="whose service line it claims to be")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    _add_registry(parser)


def _add_lint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="*", metavar="FILE", help="registry or alias table (default: the shipped two)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a problem, a line")


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", nargs="+", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--feedback", nargs="+", type=Path, default=(), metavar="FILE",
        help="what moderators settled, from `fanzha-serve export feedback`",
    )  # fmt: skip
    parser.add_argument(
        "--background", nargs="+", type=Path, default=(), metavar="DIR", help=_BACKGROUND_HELP
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="new bundle")
    parser.add_argument("--before", metavar="DIR", help="compared with (default: the shipped one)")
    parser.add_argument("--no-compare", action="store_true", help="only train")
    parser.add_argument("--seed", type=_whole_number, default=0, metavar="N")
    parser.add_argument(
        "--screen-only", action="store_true", help="only make the screen of the bundle at --output"
    )


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "manifest", type=Path, metavar="MANIFEST", help="TOML, a table for each set"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="of the JSONL")
    parser.add_argument("--source", type=Path, metavar="DIR", help="files fetched before, not URLs")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", nargs="+", type=Path, required=True, metavar="DIR")
    parser.add_argument("--split", choices=("test", "all"), default="test", help="default: test")
    parser.add_argument(
        "--base-rate", type=_number, default=0.005, metavar="P", help="of a board (default: 0.005)"
    )
    parser.add_argument(
        "--misses",
        type=_whole_number,
        default=10,
        metavar="N",
        help="worst misses shown (default: 10)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    _add_model(parser)


def _add_backtest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kept", nargs="+", type=Path, metavar="KEPT", help="from `fanzha-serve export records`"
    )
    parser.add_argument("--since", metavar="TIME", help="30d, 12h or a date (default: all)")
    parser.add_argument(
        "--differences", type=Path, metavar="FILE", help="JSON lines: posts judged otherwise"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    _add_model(parser)


def _add_calibrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labelled", nargs="+", type=Path, default=(), metavar="FILE", help="JSONL of one board"
    )
    parser.add_argument(
        "--feedback", nargs="+", type=Path, default=(), metavar="FILE",
        help="what its moderators settled, from `fanzha-serve export feedback`",
    )  # fmt: skip
    parser.add_argument(
        "--precision", type=_number, required=True, metavar="P", help="to be promised, e.g. 0.98"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="the board's policy, as JSON")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    _add_model(parser)
