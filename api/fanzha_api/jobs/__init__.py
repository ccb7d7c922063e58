"""Files judged in the background: taken in, run in a process of their own, cleared away."""

from fanzha_api.jobs.folder import JobFolder
from fanzha_api.jobs.runner import JobRunner

__all__ = ["JobFolder", "JobRunner"]
