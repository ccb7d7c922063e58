"""Bring a database's tables to the form that this version knows."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from fanzha.errors import InputError

__all__ = ["NewerDatabaseError", "migrate"]

# Any number will do, as long as all workers take the same lock.
_LOCK = 7_264_912_038


class NewerDatabaseError(InputError):
    """The database was made by a newer fanzha."""


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are wanting, in one transaction; workers wait for one another.

    Raises
    ------
    NewerDatabaseError
        The database was made by a newer fanzha.
    sqlalchemy.exc.SQLAlchemyError
        The database cannot be reached or written.
    """
    config = Config()
    config.set_main_option("script_location", "fanzha_api.store:migrations")
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _refuse_newer(connection, config)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _refuse_newer(connection: Connection, config: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise NewerDatabaseError(
            f"the database has the form {found[:20]!r}, which this fanzha does not know; install "
            "the version that made it or a newer one"
        )
