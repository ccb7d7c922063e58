"""Kill workers and the database of a busy service again and again; nothing acknowledged is lost.

    python benchmarks/soak.py [--minutes N] [--seed N]

Starts a PostgreSQL in a temporary folder and `fanzha-serve` with two workers on it, and keeps both
busy: verdicts without a promise, verdicts that are stored before they are answered, feedback, and
changes of a policy. Meanwhile it kills, with signal 9 and by process id, the younger worker
or every process of PostgreSQL, which stays away for some seconds. The older worker lives through it
all: its memory is watched. At the end every acknowledgement is looked up in the database.
Writes benchmarks/soak.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from load import _free_port, _processor, _wait_until_ready
from markdown_tables import table

import postgres

PAGE = Path(__file__).with_name("soak.md")
PAUSE_S = (8.0, 16.0)
AWAY_S = (3.0, 8.0)
RATE_PER_S = 60
CASH_OUT = "花呗套现秒到账，95回，扣5个点，需要的加薇信 hb_888"
CLEAN = "今天下班去公园走了走，桂花开了，很香。"


@dataclass(slots=True)
class Told:
    """What the service said: statuses by kind of request, and what it acknowledged."""

    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    away: Counter[str] = field(default_factory=Counter)
    stored: set[str] = field(default_factory=set)
    feedback: dict[str, str] = field(default_factory=dict)
    versions: set[int] = field(default_factory=set)


class Soak:
    """A service under load and under attack."""

    def __init__(self, port: int, key: str, seed: int) -> None:
        self._port = port
        self._key = key
        self._seed = seed
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self.away = threading.Event()
        self.told = Told()
        self._threads = [
            threading.Thread(target=one)
            for one in (self._ask, self._ask, self._store, self._change)
        ]

    def start(self) -> None:
        """Begin to ask."""
        for one in self._threads:
            one.start()

    def end(self) -> None:
        """End, once what is under way is answered."""
        self._ends.set()
        for one in self._threads:
            one.join()

    def _ask(self) -> None:
        """Ask for verdicts without a promise."""
        caller, number = Caller(self._port, self._key), 0
        while not self._ends.wait(1 / RATE_PER_S):
            number += 1
            was_away = self.away.is_set()
            post = {"text": f"{CASH_OUT if number % 10 == 0 else CLEAN} {number}", "id": number}
            status, _, _ = caller.ask("POST", "/v1/moderations", post)
            with self._lock:
                self.told.statuses["verdict", status] += 1
                # Only where the database was away from before the question until the answer.
                if was_away and self.away.is_set():
                    self.told.away[status] += 1

    def _store(self) -> None:
        """Ask for verdicts that are stored before they are answered, and say something of them."""
        caller, number = Caller(self._port, self._key), 0
        while not self._ends.wait(1 / RATE_PER_S):
            number += 1
            key = f"soak-{self._seed}-{number}"
            for _ in range(200):
                status, headers, body = caller.ask(
                    "POST", "/v1/moderations", {"text": CASH_OUT, "id": key}, key
                )
                self.told.statuses["stored verdict", status] += 1
                if headers.get("fanzha-stored") == "true":
                    self.told.stored.add(key)
                    if number % 5 == 0:
                        self._say(caller, body["request_id"])
                    break
                if self._ends.wait(0.1):
                    return

    def _say(self, caller: Caller, request_id: str) -> None:
        said = {"request_id": request_id, "outcome": "wrong", "note": request_id}
        status, _, _ = caller.ask("POST", "/v1/feedback", said)
        self.told.statuses["feedback", status] += 1
        if status == "201":
            self.told.feedback[request_id] = request_id

    def _change(self) -> None:
        caller, number = Caller(self._port, self._key), 0
        while not self._ends.wait(0.5):
            number += 1
            policy = {"record": "flagged", "retention_days": 30 + number % 300}
            status, _, body = caller.ask("PUT", "/v1/policies/default", {"policy": policy})
            self.told.statuses["policy", status] += 1
            if status == "200":
                self.told.versions.add(body["version"])


class Caller:
    """Keeps one connection, and makes a new one where it is lost."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: Any, idempotency_key: str | None = None
    ) -> tuple[str, dict[str, str], Any]:
        """Give the status, or the kind of failure, with headers and body."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            self._connection.request(method, path, json.dumps(body), headers)
            answer = self._connection.getresponse()
            read = answer.read()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return str(answer.status), named, json.loads(read)
        except (OSError, http.client.HTTPException):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return "connection lost", {}, None


def workers(service: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Give the worker processes, the oldest first."""
    found = [
        one
        for one in psutil.Process(service.pid).children()
        if any("spawn_main" in word for word in one.cmdline())
    ]
    return sorted(found, key=lambda one: one.create_time())


def kill_postgres(server: postgres.Server) -> None:
    """Kill every process of the server that this script started, by their ids."""
    pid = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    for one in family:
        one.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=30)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if postgres.binaries() is None:
        raise SystemExit("PostgreSQL's initdb is not installed (apt install postgresql)")
    with postgres.serving() as server, TemporaryDirectory(prefix="fanzha-soak-") as folder:
        soaked = soak(server, Path(folder), arguments.minutes * 60, random.Random(arguments.seed))
    PAGE.write_text(page(arguments.minutes, soaked), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
    if any(soaked["lost"].values()):
        raise SystemExit("something that was acknowledged is lost")


def soak(
    server: postgres.Server, folder: Path, seconds: float, draw: random.Random
) -> dict[str, Any]:
    """Run the service for so long, kill, and count what is lost."""
    address = server.database()
    environment = {
        **os.environ,
        "FANZHA_DATABASE_URL": address,
        "FANZHA_DATA": str(folder),
        "FANZHA_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "fanzha_api.serve"]
    added = subprocess.run(
        [*command, "keys", "add", "soak", "--scope", "moderate", "--scope", "admin", "--scope",
         "review"], env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    port = _free_port()
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(
            [*command, "--port", str(port), "--workers", "2"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait_until_ready(port)
        asking = Soak(port, added.stdout.strip(), draw.randrange(10**6))
        asking.start()
        try:
            kills, memory = attack(server, service, asking, seconds, draw)
        finally:
            asking.end()
        _wait_until_ready(port)
        state = _readyz(port)
        lost = missing(address, asking.told)
    finally:
        service.send_signal(signal.SIGINT)
        service.wait(60)
    return {"told": asking.told, "kills": kills, "memory": memory, "lost": lost, "state": state}


def attack(
    server: postgres.Server,
    service: subprocess.Popen[bytes],
    asking: Soak,
    seconds: float,
    draw: random.Random,
) -> tuple[Counter[str], list[tuple[float, float]]]:
    """Kill in turns; give how often, and the older worker's memory in MB over time."""
    began, kills = time.monotonic(), Counter[str]()
    memory: list[tuple[float, float]] = []
    oldest = workers(service)[0]

    def rest(wait_s: float) -> None:
        until = min(time.monotonic() + wait_s, began + seconds)
        while time.monotonic() < until:
            memory.append((time.monotonic() - began, oldest.memory_info().rss / 1e6))
            time.sleep(min(1.0, max(0.0, until - time.monotonic())))

    turns: list[Callable[[], None]] = []

    def kill_worker() -> None:
        *_, younger = workers(service)
        if younger.pid != oldest.pid:
            younger.send_signal(signal.SIGKILL)
            kills["worker"] += 1

    def kill_database() -> None:
        kill_postgres(server)
        asking.away.set()
        kills["PostgreSQL"] += 1
        rest(draw.uniform(*AWAY_S))
        asking.away.clear()
        server.start()

    turns = [kill_worker, kill_database]
    while time.monotonic() - began < seconds - PAUSE_S[1]:
        rest(draw.uniform(*PAUSE_S))
        turns[sum(kills.values()) % 2]()
    rest(seconds)
    return kills, memory


def missing(address: str, told: Told) -> dict[str, int]:
    """Count what was acknowledged and is not in the database, and what is there twice."""
    with psycopg.connect(address) as connection:
        posts = Counter(
            json.loads(row[0])
            for row in connection.execute(
                "SELECT post_id FROM records WHERE post_id LIKE '\"soak%'"
            )
        )
        notes = {row[0] for row in connection.execute("SELECT note FROM feedback")}
        versions = {
            row[0]
            for row in connection.execute("SELECT version FROM policies WHERE board = 'default'")
        }
    return {
        "stored verdicts": len(told.stored - posts.keys()),
        "stored verdicts that are there twice": sum(count > 1 for count in posts.values()),
        "feedback": len(told.feedback.keys() - notes),
        "policy versions": len(told.versions - versions),
    }


def _readyz(port: int) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/readyz")
    return json.loads(connection.getresponse().read())


def page(minutes: float, soaked: dict[str, Any]) -> str:
    """Give benchmarks/soak.md."""
    told: Told = soaked["told"]
    lost: dict[str, int] = soaked["lost"]
    kills: Counter[str] = soaked["kills"]
    memory: list[tuple[float, float]] = soaked["memory"]
    acknowledged = {
        "stored verdicts": len(told.stored),
        "feedback": len(told.feedback),
        "policy versions": len(told.versions),
    }
    whole_s = memory[-1][0]
    marks = [
        (share, [mb for at, mb in memory if abs(at - share * whole_s) <= max(5.0, whole_s / 20)])
        for share in (0.1, 0.25, 0.5, 0.75, 1.0)
    ]
    kinds = sorted({kind for kind, _ in told.statuses})
    outcomes = sorted({status for _, status in told.statuses})
    on = told.away["200"] / max(1, sum(told.away.values()))
    lines = [
        "# A service whose workers and database are killed",
        "",
        f"`make bench-soak`: {minutes:g} minutes, 2 workers of `fanzha-serve` and a PostgreSQL, on "
        f"{os.cpu_count()} cores of {_processor()}, shared with other work (load average "
        f"{os.getloadavg()[2]:.1f}). Signal 9 to the younger worker {kills['worker']} times and to "
        f"all of PostgreSQL {kills['PostgreSQL']} times, which then stayed away for {AWAY_S[0]:g} "
        f"to {AWAY_S[1]:g} seconds.",
        "",
        *table(
            ("acknowledged", "how many", "lost"),
            [(name, f"{count:,}", str(lost[name])) for name, count in acknowledged.items()],
        ),
        "",
        f"Stored twice: {lost['stored verdicts that are there twice']}. Of "
        f"{sum(told.away.values()):,} verdicts asked for and answered while the database was away, "
        f"{on:.1%} were given. At the end `/readyz` said that storage is "
        f"`{soaked['state']['storage']['status']}`.",
        "",
        *table(
            ("request", *outcomes),
            [(kind, *(f"{told.statuses[kind, one]:,}" for one in outcomes)) for kind in kinds],
        ),
        "",
        "Memory of the older worker, which was never killed:",
        "",
        *table(
            ("after", *(f"{share * minutes:.1f} min" for share, _ in marks)),
            [("MB, median around then", *(f"{sorted(mb)[len(mb) // 2]:.0f}" for _, mb in marks))],
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
