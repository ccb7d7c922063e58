"""The commands of `fanzha-serve` that work on the database and end."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from fanzha.backtest import backtest, read_since
from fanzha.errors import BundleError, DataError, InputError
from fanzha.json_lines import print_json
from fanzha_api.boards import Boards
from fanzha_api.problems import Problem
from fanzha_api.readiness import load_detector
from fanzha_api.settings import Settings, read_settings
from fanzha_api.store import Storage, open_storage
from fanzha_api.store.audit import Actor
from fanzha_api.store.export import export_feedback, export_records, recorded_boards
from fanzha_api.store.keys import SCOPES, ApiKey, add_key, list_keys, revoke_key
from fanzha_api.store.policies import current

__all__ = ["COMMANDS", "known_keys", "run_command"]

COMMANDS: Final = ("keys", "export", "backtest", "migrate")
"""First words by which `fanzha-serve` does something else than serving."""

_USAGE: Final = 2
_AWAY: Final = 3


def run_command(words: Sequence[str]) -> int:
    """Run one command.

    Returns
    -------
    Exit code: 0 done; 2 usage error, no such key, or no database named; 3 the database cannot be
    reached or written, or a bundle or table cannot be used.
    """
    options = _parser().parse_args(words)
    storage: Storage | None = None
    try:
        storage = open_storage(read_settings())
        if storage is None:
            raise InputError(
                "there is no database to work on; name a folder with FANZHA_DATA, or a database "
                "with FANZHA_DATABASE_URL"
            )
        try:
            storage.prepare()
            options.run(storage, options)
        finally:
            storage.close()
    except InputError as error:
        print(f"fanzha-serve: {error}", file=sys.stderr)
        return _USAGE
    except (BundleError, DataError) as error:
        print(f"fanzha-serve: {error}", file=sys.stderr)
        return _AWAY
    except Problem as error:
        why = str(error)
        if storage is not None and storage.refused is not None:
            why = (
                f"the database {storage.where} cannot be reached or written ({storage.refused}), "
                "so nothing was stored; see to it and give the command again"
            )
        print(f"fanzha-serve: {why}", file=sys.stderr)
        return _AWAY
    return 0


def known_keys(settings: Settings) -> list[ApiKey]:
    """Give the keys in the database; none where there is no database.

    Raises
    ------
    InputError
        The address cannot be used.
    Problem
        The database cannot be reached.
    """
    storage = open_storage(settings)
    if storage is None:
        return []
    try:
        storage.prepare()
        with storage.transaction(writes=False) as connection:
            return list_keys(connection)
    finally:
        storage.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fanzha-serve")
    commands = parser.add_subparsers(required=True)
    keys = commands.add_parser("keys", help="make, list and revoke API keys")
    deeds = keys.add_subparsers(required=True)
    add = deeds.add_parser("add", help="make a key and print it, this once")
    add.add_argument("name", help="whose key it is; stands in the audit log")
    add.add_argument(
        "--scope", action="append", choices=SCOPES, required=True, help="what it may do; repeatable"
    )
    add.add_argument("--rate", type=float, help="posts a second (as many as come)")
    add.add_argument("--expires", type=_time, help="when it ends, e.g. 2027-06-30 (never)")
    add.set_defaults(run=_add)
    listed = deeds.add_parser("list", help="list every key there has been")
    listed.set_defaults(run=_list)
    revoke = deeds.add_parser("revoke", help="end a key, within a second and without a restart")
    revoke.add_argument("id", help="the key's id, the part after fz_")
    revoke.set_defaults(run=_revoke)
    export = commands.add_parser("export", help="write what is kept, for other programs")
    kinds = export.add_subparsers(required=True)
    feedback = kinds.add_parser(
        "feedback", help="posts whose labels moderators have settled, as a corpus on stdout"
    )
    _add_range(feedback)
    feedback.set_defaults(run=_export)
    records = kinds.add_parser(
        "records", help="posts whose texts are kept, with their verdicts, for fanzha backtest"
    )
    _add_range(records)
    records.set_defaults(run=_export_records)
    again = commands.add_parser(
        "backtest", help="judge kept posts by another bundle and show what changes"
    )
    again.add_argument("--bundle", type=Path, required=True, help="what judges anew")
    _add_range(again)
    again.add_argument("--json", action="store_true", help="one JSON object")
    again.set_defaults(run=_backtest)
    migrate = commands.add_parser("migrate", help="bring the database's tables up to date")
    migrate.set_defaults(run=_migrated)
    return parser


def _add_range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", type=_ago, help="only verdicts from then on, e.g. 30d (all)")
    parser.add_argument("--board", help="one board's only (all)")


def _ago(text: str) -> datetime:
    try:
        return read_since(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is no time; write it like 2027-06-30 or 2027-06-30T12:00:00+08:00"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _add(storage: Storage, options: argparse.Namespace) -> None:
    with storage.transaction() as connection:
        key, written = add_key(
            connection,
            _operator(),
            name=options.name,
            scopes=options.scope,
            rate_per_s=options.rate,
            expires_at=options.expires,
        )
    print(written)
    print(f"fanzha-serve: {_line(key)}; it is shown this once", file=sys.stderr)


def _list(storage: Storage, options: argparse.Namespace) -> None:
    with storage.transaction(writes=False) as connection:
        for key in list_keys(connection):
            print(_line(key))


def _revoke(storage: Storage, options: argparse.Namespace) -> None:
    with storage.transaction() as connection:
        if not revoke_key(connection, _operator(), options.id):
            raise InputError(
                f"there is no key {options.id[:40]!r} that still holds; see fanzha-serve keys list"
            )
    print(f"{options.id} is revoked")


def _export(storage: Storage, options: argparse.Namespace) -> None:
    n_posts = 0
    with storage.transaction(writes=False) as connection:
        for row in export_feedback(connection, since=options.since, board=options.board):
            print_json(row)
            n_posts += 1
    print(f"fanzha-serve: posts: {n_posts}; train and calibrate with --feedback", file=sys.stderr)


def _export_records(storage: Storage, options: argparse.Namespace) -> None:
    n_posts = 0
    with storage.transaction(writes=False) as connection:
        for one in export_records(connection, since=options.since, board=options.board):
            print_json(asdict(one))
            n_posts += 1
    print(f"fanzha-serve: posts: {n_posts}; judge them anew with fanzha backtest", file=sys.stderr)


def _backtest(storage: Storage, options: argparse.Namespace) -> None:
    settings = read_settings()
    detector = load_detector(settings.model_copy(update={"bundle": options.bundle}))
    boards = Boards(settings.registry)
    with storage.transaction(writes=False) as connection:
        boards.use(detector, current(connection))
        wanted = [options.board] if options.board else recorded_boards(connection)
        # Board by board, since posts of one board are judged many at once.
        kept = chain.from_iterable(
            export_records(connection, since=options.since, board=board) for board in wanted
        )
        found = backtest(kept, lambda board: boards.of(board, detector)[0])
    if options.json:
        print_json({"bundle": detector.bundle_id, **found.to_json()})
    else:
        print(f"by the bundle {detector.bundle_id}: {found.to_table()}")


def _migrated(storage: Storage, options: argparse.Namespace) -> None:
    print(f"the {storage.backend} database is up to date")


def _line(key: ApiKey) -> str:
    state = "revoked" if key.revoked_at else "holds" if key.active(datetime.now(UTC)) else "ended"
    rate = "any rate" if key.rate_per_s is None else f"{key.rate_per_s:g} posts/s"
    until = "" if key.expires_at is None else f", until {key.expires_at:%Y-%m-%d %H:%M} UTC"
    return f"{key.id}  {state}  {','.join(key.scopes)}  {rate}{until}  {key.name}"


def _operator() -> Actor:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "operator"  # A container's user may have no name.
    return Actor(f"cli:{name}"[:100])
