"""Where the files of jobs lie."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import anyio
from anyio import to_thread

from fanzha_api.problems import Problem

__all__ = ["JobFolder"]

_ID: Final = re.compile("[0-9a-f]{32}")
_ORPHANED_S: Final = 24 * 3600
_CHUNK_S: Final = 60


class JobFolder:
    """A folder for each job, by its id; nothing in a path comes from a caller.

    Parameters
    ----------
    data
        The service's data folder.
    most_bytes
        Largest file that is taken in.
    """

    def __init__(self, data: Path, most_bytes: int) -> None:
        self.root = data / "jobs"
        self._most_bytes = most_bytes

    def of(self, job_id: str) -> Path:
        """Give a job's folder.

        Raises
        ------
        ValueError
            The id is none.
        """
        if not _ID.fullmatch(job_id):
            raise ValueError(f"{job_id[:40]!r} is no job's id; it has 32 hexadecimal digits")
        return self.root / job_id

    async def take_in(self, job_id: str, chunks: AsyncIterator[bytes]) -> int:
        """Write a file as it comes and give its size; it is on the disk when this returns.

        Raises
        ------
        Problem
            413 beyond the limit, 408 when nothing comes for a minute, 507 without room; nothing
            is left behind.
        """
        folder = self.of(job_id)
        size_bytes = 0
        try:
            await to_thread.run_sync(lambda: folder.mkdir(parents=True, mode=0o700))
            async with await anyio.open_file(folder / "input", "wb") as file:
                while True:
                    with anyio.fail_after(_CHUNK_S):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    size_bytes += len(chunk)
                    if size_bytes > self._most_bytes:
                        raise Problem(
                            413,
                            "body-too-large",
                            f"the file is larger than the limit of {self._most_bytes} bytes; "
                            "split it",
                            headers={"Connection": "close"},
                        )
                    await file.write(chunk)
                await file.flush()
                await to_thread.run_sync(os.fsync, file.wrapped.fileno())
        except BaseException as error:
            # Also when the caller goes away: half a file is no job.
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, TimeoutError):
                raise Problem(
                    408,
                    "slow-body",
                    f"nothing came for {_CHUNK_S} seconds; send the file again",
                    headers={"Connection": "close"},
                ) from None
            if isinstance(error, OSError):
                raise Problem(
                    507,
                    "no-room",
                    "the file cannot be written, there may be no room for it; delete old jobs, or "
                    "send a smaller file",
                    headers={"Connection": "close"},
                ) from error
            raise
        return size_bytes

    def delete(self, job_id: str) -> None:
        """Delete a job's files."""
        shutil.rmtree(self.of(job_id), ignore_errors=True)

    def delete_orphans(self, known: set[str]) -> None:
        """Delete day-old folders of jobs that are in no database."""
        if not self.root.is_dir():
            return
        for folder in self.root.iterdir():
            if (
                _ID.fullmatch(folder.name)
                and folder.name not in known
                and time.time() - folder.stat().st_mtime > _ORPHANED_S
            ):
                shutil.rmtree(folder, ignore_errors=True)
