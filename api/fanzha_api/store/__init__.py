"""What the service keeps: policies, keys, records, feedback, jobs; SQLite or PostgreSQL."""

from fanzha_api.store.storage import Storage, StorageState, open_storage

__all__ = ["Storage", "StorageState", "open_storage"]
