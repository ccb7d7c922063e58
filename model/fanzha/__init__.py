"""反诈: finds cash-out promotions, fake hotlines and scam advertisements in Chinese posts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fanzha.errors import BundleError, DataError, FanzhaError, InputError, ScanError
from fanzha.labels import LABELS

if TYPE_CHECKING:
    from fanzha.detector import Detector
    from fanzha.policy import Policy
    from fanzha.post import Post, Span
    from fanzha.verdict import Evidence, GivenLabel, Verdict

__all__ = [
    "LABELS",
    "BundleError",
    "DataError",
    "Detector",
    "Evidence",
    "FanzhaError",
    "GivenLabel",
    "InputError",
    "Policy",
    "Post",
    "ScanError",
    "Span",
    "Verdict",
    "__version__",
]

__version__ = "0.1.0"

_HOMES = {
    "Detector": "fanzha.detector",
    "Evidence": "fanzha.verdict",
    "GivenLabel": "fanzha.verdict",
    "Policy": "fanzha.policy",
    "Post": "fanzha.post",
    "Span": "fanzha.post",
    "Verdict": "fanzha.verdict",
}


def __getattr__(name: str) -> object:
    """Import a public class when it is first asked for; `import fanzha` alone stays light."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'fanzha' has no attribute {name!r}")
