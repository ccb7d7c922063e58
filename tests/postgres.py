"""A PostgreSQL of the tests' own: in a temporary folder, on a socket, gone with the session."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg


def binaries() -> Path | None:
    """Give the folder of PostgreSQL's programs, the newest version's, or None."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3].zfill(4)
    )
    return found[-1].parent if found else None


def _account() -> pwd.struct_passwd:
    """Give who runs the server, which refuses to be root's."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


class Server:
    """A running server; `database()` gives the address of a new, empty database."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self.folder = folder
        account = _account()
        # Only root may, and need, become somebody else.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(folder, account.pw_uid, account.pw_gid)
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}
        self._run("initdb", "-A", "trust", "-U", "tester", "-E", "UTF8", "--locale=C", "-N",
                  "-D", str(folder / "data"))  # fmt: skip
        self.start()

    def _run(self, program: str, *options: str) -> None:
        done = subprocess.run(
            [self._programs / program, *options],
            capture_output=True, cwd=self.folder, check=False, timeout=120, **self._as,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._run(
            "pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-l",
            str(self.folder / "log"), "-o",
            f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=100",
        )  # fmt: skip

    def crash(self) -> None:
        """End the server at once and without a checkpoint, as a crash would."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", str(self.folder / "data"))

    def database(self) -> str:
        """Empty the database and give its address; the tests use it one after another."""
        with psycopg.connect(
            host=str(self.folder), user="tester", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = 'postgres' AND pid <> pg_backend_pid() AND backend_type = "
                "'client backend'"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return f"postgresql://tester@/postgres?host={self.folder}"


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server; the caller has made sure that there are `binaries`."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="fanzha-pg-", dir="/tmp"))
    try:
        server = Server(programs, folder)
        try:
            yield server
        finally:
            server.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
