"""Sends single moderations to a service on this machine, in a process of its own.

    python benchmarks/load_client.py --port N --posts FILE --seconds S [--rate N] [--connections N]

With `--rate` requests are due at even intervals, whatever has been answered (an open loop), and a
latency counts from when the request was due, so that a stalled service is not flattered. Without it
each connection sends its next request when it has its answer (a closed loop). Prints one
line of JSON: answers by status, and latencies in milliseconds by kind of answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import deque
from pathlib import Path
from typing import cast

import numpy as np
import uvloop

MOST_LATE = 20_000
"""Requests that may wait for a connection; further ones are given up and counted as unsent."""


class Connection(asyncio.Protocol):
    """One kept connection with at most one request under way."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.transport: asyncio.WriteTransport | None = None
        self._got = b""
        self._due_s = 0.0
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.WriteTransport, transport)

    def send(self, request: bytes, due_s: float) -> None:
        """Send a request that was due then."""
        assert self.transport is not None
        self.busy = True
        self._due_s = due_s
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Tell the load of an answer once it is whole."""
        self._got = self._got + data if self._got else data
        head_end = self._got.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._got[:head_end].lower()
        at = head.index(b"content-length:") + 15
        end = head.find(b"\r", at)
        length = int(head[at : end if end >= 0 else None])
        if len(self._got) < head_end + 4 + length:
            return
        status = int(head[9:12])
        self._got = b""
        self.busy = False
        self.load.answered(self, status, self._due_s)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the load."""
        self.load.lost(self)


class Load:
    """Requests, when they are due, and what came of them."""

    def __init__(self, requests: list[bytes], rate_per_s: float | None, seconds: float) -> None:
        self._requests = requests
        self._rate_per_s = rate_per_s
        self._seconds = seconds
        self._sent = 0
        self._began_s = 0.0
        self._late: deque[float] = deque()
        self._free: list[Connection] = []
        self.connections: list[Connection] = []
        self.latencies_s: dict[int, list[float]] = {}
        self.unsent = 0
        self.n_lost = 0

    def answered(self, connection: Connection, status: int, due_s: float) -> None:
        """Count an answer, and use the connection again."""
        now = time.perf_counter()
        self.latencies_s.setdefault(status, []).append(now - due_s)
        if self._rate_per_s is None:
            if now - self._began_s < self._seconds:
                self._send(connection, now)
        elif self._late:
            self._send(connection, self._late.popleft())
        else:
            self._free.append(connection)

    def lost(self, connection: Connection) -> None:
        """Count a request whose answer never came."""
        self.n_lost += connection.busy
        if connection in self._free:
            self._free.remove(connection)

    async def run(self, port: int, n_connections: int) -> dict[str, object]:
        """Send for the time given, and say what came of it."""
        loop = asyncio.get_running_loop()
        for _ in range(n_connections):
            _, connection = await loop.create_connection(
                lambda: Connection(self), "127.0.0.1", port
            )
            self.connections.append(connection)
        self._began_s = time.perf_counter()
        if self._rate_per_s is None:
            for connection in self.connections:
                self._send(connection, time.perf_counter())
            await asyncio.sleep(self._seconds)
        else:
            self._free.extend(reversed(self.connections))
            await self._pace(self._rate_per_s)
        taken_s = time.perf_counter() - self._began_s
        in_time = sum(map(len, self.latencies_s.values()))
        await asyncio.sleep(min(2.0, self._seconds))
        return self._told(taken_s, in_time)

    async def _pace(self, rate_per_s: float) -> None:
        number = 0
        while (now := time.perf_counter() - self._began_s) < self._seconds:
            while number < now * rate_per_s:
                due_s = self._began_s + number / rate_per_s
                number += 1
                if self._free:
                    self._send(self._free.pop(), due_s)
                elif len(self._late) < MOST_LATE:
                    self._late.append(due_s)
                else:
                    self.unsent += 1
            await asyncio.sleep(0.001)
        self.unsent += len(self._late)
        self._late.clear()

    def _send(self, connection: Connection, due_s: float) -> None:
        connection.send(self._requests[self._sent % len(self._requests)], due_s)
        self._sent += 1

    def _told(self, taken_s: float, in_time: int) -> dict[str, object]:
        return {
            "seconds": taken_s,
            "sent": self._sent,
            "unsent": self.unsent,
            "lost": self.n_lost,
            "answers_per_s": in_time / taken_s,
            "statuses": {
                str(status): {
                    "n": len(taken),
                    **{
                        f"p{share}": round(float(np.percentile(taken, share)) * 1000, 2)
                        for share in (50, 90, 99)
                    },
                    "most": round(max(taken) * 1000, 2),
                }
                for status, taken in sorted(self.latencies_s.items())
            },
            "client_s": time.process_time(),
        }


def requests_of(posts: list[str], headers: dict[str, str]) -> list[bytes]:
    """Give a whole HTTP request for each post."""
    made = []
    for post in posts:
        body = json.dumps({"text": post}, ensure_ascii=False).encode()
        head = {
            "Host": "127.0.0.1",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        made.append(f"POST /v1/moderations HTTP/1.1\r\n{lines}\r\n".encode() + body)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--posts", type=Path, required=True, help="JSON: a list of texts")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--key", default="", help="an API key")
    parser.add_argument("--connections", type=int, default=32)
    arguments = parser.parse_args()
    posts = json.loads(arguments.posts.read_text(encoding="utf-8"))
    headers = {"Authorization": f"Bearer {arguments.key}"} if arguments.key else {}
    load = Load(requests_of(posts, headers), arguments.rate, arguments.seconds)
    print(json.dumps(uvloop.run(load.run(arguments.port, arguments.connections))))


if __name__ == "__main__":
    main()
