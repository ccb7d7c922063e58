"""What a scan reads, how, and where its result goes; checked before any work begins."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fanzha.errors import InputError

__all__ = [
    "ENCODINGS", "FORMATS", "MARKUPS", "OUTPUT_FORMATS", "STANDARD_STREAM", "Plan",
    "rejects_beside",
]  # fmt: skip

FORMATS: Final = (
    "auto", "jsonl", "json", "csv", "tsv", "text", "sql", "sqlite", "parquet", "arrow",
)  # fmt: skip
"""Input formats; `auto` goes by the first bytes, then by the name, then by the content."""

ENCODINGS: Final = (
    "auto", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "big5", "big5hkscs",
)  # fmt: skip
"""Input encodings; `auto` tells UTF-8, UTF-16, GB18030 and Big5."""

OUTPUT_FORMATS: Final = ("auto", "jsonl", "csv", "parquet", "sqlite")
"""Output formats; `auto` goes by the name."""

MARKUPS: Final = ("auto", "none")
"""`auto` takes BBCode, HTML and quotations out of a post before it is checked."""

STANDARD_STREAM: Final = "-"
"""Stands for standard input among the inputs and for standard output as the output."""

_OUTPUT_SUFFIXES: Final = {
    ".csv": "csv", ".parquet": "parquet", ".sqlite": "sqlite", ".sqlite3": "sqlite",
    ".db": "sqlite",
}  # fmt: skip
_OTHER_OUTPUTS: Final = frozenset({".gz", ".tsv", ".xlsx", ".zst", ".xz", ".bz2", ".zip", ".arrow"})


@dataclass(frozen=True, slots=True)
class Plan:
    """One scan, complete: the same plan over the same files gives the same output bytes.

    Parameters
    ----------
    inputs
        Paths, read in this order; `-` is standard input.
    output
        Path of the verdicts to write, or `-`.
    format, encoding
        One of `FORMATS`, one of `ENCODINGS`; they hold for every input.
    text_field, id_field
        Names of the fields, columns or keys of a post's text and id.
    title_field, author_field, signature_field
        Names of what is checked with the text where a record has it; empty for not at all.
    tables
        Tables of a database or SQL dump that are read; empty for those of a forum's posts.
    markup
        One of `MARKUPS`.
    workers
        Processes that read and check posts; None means one per usable core. Never changes the
        output.
    only_flagged
        Write only posts whose suggestion is `review` or `block`.
    shard_posts, shard_bytes
        A shard has at most so many records and unpacked bytes, a single longer record aside;
        fewer where the inputs are small, so that there is work for every process.
    output_format
        One of `OUTPUT_FORMATS`.
    resume
        Go on with the finished parts of a scan that was cut off, if there are any.

    Raises
    ------
    InputError
        An input is absent, unreadable or a directory, the output would overwrite an input, or
        a value is not one of those allowed.
    """

    inputs: tuple[str, ...]
    output: str
    format: str = "auto"
    encoding: str = "auto"
    text_field: str = "text"
    id_field: str = "id"
    workers: int | None = None
    only_flagged: bool = False
    shard_posts: int = 8192
    shard_bytes: int = 1 << 20
    title_field: str = "title"
    author_field: str = ""
    signature_field: str = ""
    tables: tuple[str, ...] = ()
    markup: str = "auto"
    output_format: str = "auto"
    resume: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (
            ("format", FORMATS),
            ("encoding", ENCODINGS),
            ("output_format", OUTPUT_FORMATS),
            ("markup", MARKUPS),
        ):
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"unknown {name.replace('_', ' ')} {getattr(self, name)!r}; "
                    f"use one of {', '.join(allowed)}"
                )
        for name in ("workers", "shard_posts", "shard_bytes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1")
        if not self.inputs:
            raise InputError("there is no input; name a file, or - for standard input")
        if self.inputs.count(STANDARD_STREAM) > 1:
            raise InputError("standard input (-) is named twice; it can be read only once")
        for path in self.inputs:
            if path != STANDARD_STREAM:
                self._check_input(Path(path))
        self._check_output()

    def _check_input(self, path: Path) -> None:
        if not path.exists():
            raise InputError(f"there is no file {path}; check the path")
        if path.is_dir():
            raise InputError(f"{path} is a directory; name its files, e.g. {path}/*.jsonl")
        if not os.access(path, os.R_OK):
            raise InputError(f"{path} may not be read; check its permissions")
        output = Path(self.output)
        if self.output != STANDARD_STREAM and output.exists() and output.samefile(path):
            raise InputError(f"the output {output} is also an input; give another name")

    def _check_output(self) -> None:
        if not self.output:
            raise InputError("the output's name is empty; name a file, or - for standard output")
        suffix = Path(self.output).suffix.lower()
        if self.output_format == "auto" and suffix in _OTHER_OUTPUTS:
            raise InputError(
                f"the output {self.output} ends in {suffix}, but a scan writes .jsonl, .csv, "
                ".parquet or .sqlite; give a name that ends in one of them"
            )
        if not self.regular and self.written_format in {"parquet", "sqlite"}:
            raise InputError(
                f"{self.written_format} cannot be written to {self.output}; give a file's name"
            )
        if self.resume and not self.resumable:
            raise InputError(
                "only a scan of files into a file can be resumed; name files, not - or a pipe"
            )

    @property
    def written_format(self) -> str:
        """The format of the output: `jsonl`, `csv`, `parquet` or `sqlite`."""
        if self.output_format != "auto":
            return self.output_format
        return _OUTPUT_SUFFIXES.get(Path(self.output).suffix.lower(), "jsonl")

    @property
    def regular(self) -> bool:
        """Tell whether the output is a file, there or to be made, and no stream or device."""
        path = Path(self.output)
        return self.output != STANDARD_STREAM and (path.is_file() or not path.exists())

    @property
    def resumable(self) -> bool:
        """Tell whether all inputs can be read again and finished parts can be kept."""
        return self.regular and all(
            path != STANDARD_STREAM and Path(path).is_file() for path in self.inputs
        )

    @property
    def parts(self) -> Path:
        """Folder of the finished parts of a scan that can be resumed.

        Examples
        --------
        >>> Plan(("-",), "out/march.jsonl").parts
        PosixPath('out/march.jsonl.parts')
        """
        path = Path(self.output)
        return path.with_name(f"{path.name}.parts")

    @property
    def several(self) -> bool:
        """Tell whether there is more than one input."""
        return len(self.inputs) > 1

    @property
    def rejects(self) -> Path | None:
        """Where rejected records are listed; None (standard error) if the output is no file.

        Examples
        --------
        >>> Plan(("-",), "out/march.jsonl").rejects
        PosixPath('out/march.rejects.jsonl')
        """
        if not self.regular:
            return None
        return rejects_beside(Path(self.output))


def rejects_beside(output: Path) -> Path:
    """Give the file in which the rejects of a scan into a file are listed."""
    known = output.suffix in {".jsonl", ".ndjson", ".json", *_OUTPUT_SUFFIXES}
    return output.with_name(f"{output.stem if known else output.name}.rejects.jsonl")
