"""The command `fanzha-serve`: runs the service with uvicorn."""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import uvicorn
from uvicorn.supervisors import Multiprocess

from fanzha.errors import InputError
from fanzha_api.app import create_app
from fanzha_api.commands import COMMANDS, known_keys, run_command
from fanzha_api.logs import UVICORN_LOGGING
from fanzha_api.metrics import MULTIPROCESS_DIR
from fanzha_api.problems import Problem
from fanzha_api.protocol import Protocol
from fanzha_api.settings import PREFIX, Settings, read_settings

__all__ = ["main"]

_USAGE: Final = 2
_NOT_LOADED: Final = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Returns
    -------
    Exit code: 0 ended, also by Ctrl-C; 2 usage error, a port in use or a wrong setting; 3 the
    bundle or a table cannot be used.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if words and words[0] in COMMANDS:
        return run_command(words)
    options = _parser().parse_args(words)
    try:
        settings = read_settings()
        listener = _listen(
            options.host,
            options.port,
            open_to_all=options.allow_remote,
            keyed=partial(_require_key, settings),
        )
    except (InputError, Problem) as error:
        print(f"fanzha-serve: {error}", file=sys.stderr)
        return _USAGE if isinstance(error, InputError) else _NOT_LOADED
    with listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(
            f"fanzha serves at http://{shown}:{port} (/console, /docs); Ctrl-C ends it",
            flush=True,
        )
        try:
            if options.workers == 1:
                return _serve_alone(listener)
            return _serve_together(listener, options.workers)
        except KeyboardInterrupt:
            return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fanzha-serve",
        description="Serve moderation verdicts over HTTP. Settings: FANZHA_… variables, see "
        "docs/reference/settings.md. Other commands: "
        + ", ".join(COMMANDS)
        + " (each with --help).",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=_number(0, 65535), default=8000, help="port; 0 picks one (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=_number(1, 64), default=1, help="worker processes (%(default)s)"
    )
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="listen beyond this machine also while there is no API key, behind a proxy that asks",
    )
    return parser


def _number(least: int, most: int) -> Any:
    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text[:9]) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"{text[:20]!r} is not a number from {least} to {most}; correct it"
        )

    return read


def _require_key(settings: Settings) -> bool:
    """Tell whether there is a key, and make every worker ask for one if so."""
    if not any(key.active(datetime.now(UTC)) for key in known_keys(settings)):
        return False
    # The workers are processes of their own and read the environment.
    os.environ[f"{PREFIX}REQUIRE_KEY"] = "true"
    return True


def _listen(host: str, port: int, *, open_to_all: bool, keyed: Callable[[], bool]) -> socket.socket:
    """Open the listening socket; beyond this machine only with a key, or when told to."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InputError(
            f"the host {host[:60]!r} is unknown ({error.strerror}); give an address of this "
            "machine with --host"
        ) from error
    # IPv4 first: "localhost" then answers where most people look for it.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    exposed = not all(
        ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found
    )
    if exposed and not open_to_all and not keyed():
        raise InputError(
            f"the host {host[:60]!r} is reachable from other machines and the service has no "
            "authentication, since there is no API key; make one with `fanzha-serve keys add`, "
            "use --host 127.0.0.1 behind a proxy that asks for one, or add --allow-remote"
        )
    try:
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host[:60]} port {port} ({error.strerror}); end what uses it or "
            "choose another with --port"
        ) from error


def _serve_alone(listener: socket.socket) -> int:
    server: uvicorn.Server | None = None

    def end() -> None:
        if server is not None:
            server.should_exit = True

    app = create_app(on_failure=end)
    server = uvicorn.Server(_config(app, workers=1))
    server.run(sockets=[listener])
    failure = app.state.service.readiness.failure
    if failure is not None:
        print(f"fanzha-serve: {failure}", file=sys.stderr)
        return _NOT_LOADED
    return 0


def _serve_together(listener: socket.socket, workers: int) -> int:
    with tempfile.TemporaryDirectory(prefix="fanzha-metrics-") as folder:
        os.environ[MULTIPROCESS_DIR] = folder
        config = _config("fanzha_api.app:create_app", workers=workers)
        Multiprocess(config, sockets=[listener]).run()
    return 0


def _config(app: Any, *, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        http=Protocol,
        workers=workers,
        log_config=UVICORN_LOGGING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    sys.exit(main())
