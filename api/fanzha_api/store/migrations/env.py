"""Run by Alembic: migrates over the connection that `fanzha_api.store.migrate` gives it."""

from alembic import context

from fanzha_api.store.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, compare_type=True)
context.run_migrations()
