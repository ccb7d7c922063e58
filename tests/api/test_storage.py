"""What was acknowledged is in the database; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import anyio
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, MetaData, Table, func, insert, select, text, update

import postgres
from fanzha.errors import InputError
from fanzha_api.problems import Problem
from fanzha_api.store import Storage, tables
from fanzha_api.store.engine import address_of, open_engine
from fanzha_api.store.migrate import migrate
from fanzha_api.store.revisions import POLICIES, bump, read_revisions

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def record(**values: Any) -> dict[str, Any]:
    return {
        "request_id": "r1", "post_id": '"p1"', "board": "default", "author_id": None, "at": NOW,
        "expires_at": NOW + timedelta(days=30), "key_id": None, "suggestion": "review",
        "labels": ["cash_out"], "scores": {"cash_out": 0.7}, "policy": "default", "bundle": "b",
        "uncertainty": 0.9, "reach": 0, "priority": 0.9, "digest": "d" * 64, "fields": None,
        "state": "open", **values,
    }  # fmt: skip


def test_the_migrations_make_the_tables_that_the_code_knows(storage: Storage) -> None:
    with storage.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.METADATA) == []


def test_migrating_again_changes_nothing(storage: Storage) -> None:
    storage.prepare()
    assert storage.state.available


def rows_of(connection: Connection, names: Iterable[str]) -> dict[str, list[Any]]:
    """Give what the tables hold, column by column as the database has it."""
    found = {}
    for name in names:
        table = Table(name, MetaData(), autoload_with=connection)
        rows = connection.execute(select(table).order_by(*table.primary_key.columns))
        found[name] = [dict(row._mapping) for row in rows]
    return found


FIRST = {
    "records": [record(fields="套现\x00"), record(request_id="r2", post_id=None, state="closed")],
    "feedback": [
        {"id": 1, "record_id": 1, "outcome": "wrong", "labels": ["phishing"], "note": "n",
         "actor": "li", "at": NOW},
    ],
    "appeals": [
        {"id": 1, "record_id": 2, "reason": "not mine", "state": "open", "actor": "li", "at": NOW},
    ],
    "policies": [
        {"board": "cars", "version": version, "document": {"retention_days": version}, "diff": {},
         "author": "li", "note": "", "at": NOW}
        for version in (1, 2)
    ],
    "keys": [
        {"number": 1, "id": "k1", "name": "forum", "scopes": ["moderate"], "digest": "d" * 64,
         "rate_per_s": 5.0, "created_at": NOW},
    ],
    "audit": [
        {"id": 1, "at": NOW, "actor": "li", "action": "policy.put", "subject": "cars@1",
         "detail": {"diff": {}}, "request_id": "r1"},
    ],
    "idempotency": [
        {"owner": "-", "key": "k", "digest": "d" * 64, "subject": "r1", "at": NOW},
    ],
}  # fmt: skip


def test_an_upgrade_from_the_first_form_keeps_every_row(address: str) -> None:
    url = address_of(None, address)
    assert url is not None
    engine = open_engine(url)
    migrate(engine, "0001")
    with engine.begin() as connection:
        for name, rows in FIRST.items():
            connection.execute(insert(tables.METADATA.tables[name]), rows)
        bump(connection, POLICIES)
        before = rows_of(connection, [*FIRST, "revisions"])
    migrate(engine)
    with engine.begin() as connection:
        assert rows_of(connection, [*FIRST, "revisions"]) == before
        assert {name: len(rows) for name, rows in before.items()} == {
            **{name: len(rows) for name, rows in FIRST.items()}, "revisions": 2,
        }  # fmt: skip
        assert connection.execute(select(func.count()).select_from(tables.jobs)).scalar() == 0
        kept = connection.execute(select(tables.records.c.fields).limit(1)).scalar()
    engine.dispose()
    assert kept == "套现\x00"


def test_a_database_of_a_newer_version_is_refused(storage: Storage) -> None:
    with storage.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="'9999'"):
        migrate(storage.engine)
    with pytest.raises(Problem, match="nothing was stored"):
        storage.prepare()
    assert storage.state.why == "NewerDatabaseError"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.text(st.characters(exclude_categories=()), max_size=30),
    at=st.datetimes(
        datetime(2000, 1, 1), datetime(2100, 1, 1),
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
    ),
)  # fmt: skip
def test_any_text_and_time_come_back_as_they_were(
    storage: Storage, fields: str, at: datetime
) -> None:
    with storage.transaction() as connection:
        connection.execute(tables.records.delete())
        connection.execute(insert(tables.records).values(record(fields=fields, at=at)))
        row = connection.execute(select(tables.records)).one()
    assert (row.fields, row.at) == (fields, at)
    assert row.at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_not_stored(storage: Storage) -> None:
    with (
        pytest.raises(Exception, match="needs its zone"),
        storage.transaction() as connection,
    ):
        connection.execute(insert(tables.records).values(record(at=NOW.replace(tzinfo=None))))
    with storage.transaction(writes=False) as connection:
        assert connection.execute(select(tables.records)).all() == []


def test_a_transaction_that_fails_leaves_nothing(storage: Storage) -> None:
    def bump_and_fail() -> None:
        with storage.transaction() as connection:
            bump(connection, POLICIES)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bump_and_fail()
    with storage.transaction(writes=False) as connection:
        assert read_revisions(connection)[POLICIES] == 0
    assert storage.state.available


def test_concurrent_writers_do_not_lose_one_another(storage: Storage) -> None:
    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(storage.write, lambda connection: bump(connection, POLICIES))

    anyio.run(run)
    with storage.transaction(writes=False) as connection:
        assert read_revisions(connection)[POLICIES] == 20


def test_sqlite_survives_a_power_cut_by_its_settings(tmp_path: Path) -> None:
    url = address_of(tmp_path / "new" / "folder", None)
    assert url is not None
    engine = open_engine(url)
    with engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()
    assert found == ["wal", 2, 1]
    assert (tmp_path / "new" / "folder" / "fanzha.db").is_file()


@pytest.mark.parametrize(
    ("database_url", "match"),
    [
        ("mysql://u:geheim@host/x", "'mysql'"),
        ("geheim", "no database address"),
        ("", "no database address"),
    ],
    ids=["another database", "no address", "empty"],
)
def test_a_wrong_address_is_refused_without_being_repeated(database_url: str, match: str) -> None:
    with pytest.raises(InputError, match=match) as refused:
        address_of(None, database_url)
    assert "geheim" not in str(refused.value)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="FANZHA_DATA"):
        address_of(tmp_path / "file" / "folder", None)


WRITER = """
import sys
from fanzha_api.store import Storage
from fanzha_api.store.engine import address_of, open_engine
from fanzha_api.store.revisions import bump

storage = Storage(open_engine(address_of(None, sys.argv[1])))
while True:
    with storage.transaction() as connection:
        bump(connection, "killed")
    print("stored", flush=True)
"""


def test_what_a_killed_process_was_told_is_stored_is_there(storage: Storage, address: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, address], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        told = [process.stdout.readline() for _ in range(25)]
        process.kill()
        told += process.stdout.readlines()
    process.wait(30)
    acknowledged = sum(line == "stored\n" for line in told)
    assert acknowledged >= 25
    with storage.transaction(writes=False) as connection:
        # One more may have been committed and not told of any more.
        assert read_revisions(connection)["killed"] - acknowledged in {0, 1}


def test_a_full_disk_refuses_the_write_and_is_told(tmp_path: Path) -> None:
    url = address_of(tmp_path, None)
    assert url is not None
    storage = Storage(open_engine(url, connections=1))
    storage.prepare()
    with storage.engine.connect() as connection:
        # SQLite then says what it says of a full disk.
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Problem, match="nothing was stored") as refused:
        fill(storage)
    assert refused.value.status == 503
    assert storage.state.why == "OperationalError SQLITE_FULL"
    with storage.transaction(writes=False) as connection:
        assert connection.execute(select(tables.records)).all() == []
    assert storage.state.available
    storage.close()


def fill(storage: Storage) -> None:
    with storage.transaction() as connection:
        connection.execute(insert(tables.records).values(record(fields="x" * 10_000_000)))


def test_a_lost_connection_is_told_and_comes_back() -> None:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL's initdb is not installed (apt install postgresql)")
    with postgres.serving() as server:
        url = address_of(None, server.database())
        assert url is not None
        storage = Storage(open_engine(url))
        storage.prepare()
        write = update(tables.revisions).values(value=7)
        with storage.transaction() as connection:
            connection.execute(write)
        server.crash()
        with pytest.raises(Problem, match="nothing was stored"), storage.transaction():
            pass
        assert not storage.state.available
        server.start()
        with storage.transaction(writes=False) as connection:
            assert set(read_revisions(connection).values()) == {7}
        assert storage.state.available
        storage.close()


def test_a_file_that_is_no_database_is_told_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "fanzha.db").write_bytes(b"geheim" * 1000)
    url = address_of(tmp_path, None)
    assert url is not None
    storage = Storage(open_engine(url))
    with pytest.raises(Problem) as refused:
        storage.prepare()
    assert refused.value.kind == "storage-unavailable"
    assert storage.state.why == "DatabaseError SQLITE_NOTADB"
    storage.close()


def test_a_database_that_was_never_opened_is_told_once_with_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "fanzha.db").mkdir()
    url = address_of(tmp_path, None)
    assert url is not None
    storage = Storage(open_engine(url))
    assert storage.refused is None
    for _ in range(3):
        with pytest.raises(Problem):
            storage.prepare()
    assert storage.refused == "OperationalError SQLITE_CANTOPEN"
    told = [one for one in caplog.records if one.message == "storage unavailable"]
    assert [vars(one)["fields"]["database"] for one in told] == [str(tmp_path / "fanzha.db")]
    storage.close()


def test_a_defect_is_not_taken_for_a_database_that_is_away(storage: Storage) -> None:
    with pytest.raises(Exception, match="nowhere"), storage.transaction() as connection:
        connection.execute(text("SELECT * FROM nowhere"))
    assert storage.state.available
