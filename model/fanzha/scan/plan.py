"""What a scan reads, how, and where its result goes; checked before any work begins."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fanzha.errors import InputError

__all__ = ["ENCODINGS", "FORMATS", "STANDARD_STREAM", "Plan"]

FORMATS: Final = ("auto", "jsonl", "csv", "text")
"""Input formats; `auto` goes by the name, then by the content."""

ENCODINGS: Final = ("auto", "utf-8", "gb18030", "gbk", "big5", "big5hkscs")
"""Input encodings; in each a line feed is one byte. `auto` tells UTF-8 from GB18030."""

STANDARD_STREAM: Final = "-"
"""Stands for standard input among the inputs and for standard output as the output."""

_OTHER_OUTPUTS: Final = frozenset({".csv", ".gz", ".parquet", ".sqlite", ".tsv", ".xlsx", ".zst"})


@dataclass(frozen=True, slots=True)
class Plan:
    """One scan, complete: the same plan over the same files gives the same output bytes.

    Parameters
    ----------
    inputs
        Paths, read in this order; `-` is standard input.
    output
        Path of the JSON lines to write, or `-`.
    format, encoding
        One of `FORMATS`, one of `ENCODINGS`; they hold for every input.
    text_field, id_field
        Names of the fields (JSONL) or columns (CSV) of a post's text and id.
    workers
        Processes that check posts; None means one per usable core. Never changes the output.
    only_flagged
        Write only posts whose suggestion is `review` or `block`.
    shard_posts, shard_chars
        A shard ends at this many posts or code points, whichever comes first.

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
    shard_posts: int = 512
    shard_chars: int = 1_000_000

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise InputError(f"unknown format {self.format!r}; use one of {', '.join(FORMATS)}")
        if self.encoding not in ENCODINGS:
            raise InputError(
                f"unknown encoding {self.encoding!r}; use one of {', '.join(ENCODINGS)}, or "
                "convert the file first, e.g. iconv -f utf-16 -t utf-8"
            )
        for name in ("workers", "shard_posts", "shard_chars"):
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
        if suffix in _OTHER_OUTPUTS:
            raise InputError(
                f"the output {self.output} ends in {suffix}, but a scan writes JSON lines; "
                "give a name that ends in .jsonl"
            )

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
        path = Path(self.output)
        if self.output == STANDARD_STREAM or (path.exists() and not path.is_file()):
            return None
        stem = path.stem if path.suffix in {".jsonl", ".ndjson", ".json"} else path.name
        return path.with_name(f"{stem}.rejects.jsonl")
