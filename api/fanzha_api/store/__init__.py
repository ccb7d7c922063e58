"""What the service keeps: policies, keys, records, feedback, jobs; SQLite or PostgreSQL."""

from fanzha_api.store.storage import Storage, StorageState

__all__ = ["Storage", "StorageState"]
