"""Derive from the shipped tables what each start needs: `python -m fanzha.build_prepared`."""

from __future__ import annotations

from fanzha.folding import folding
from fanzha.lexicon import Lexicon
from fanzha.prepared import FILE, Prepared, write_prepared
from fanzha.registry import Registry
from fanzha.syllables import Readings
from fanzha.variants import Restorer

__all__ = ["prepare"]


def prepare() -> Prepared:
    """Give all that is derived from the shipped tables, as `fanzha.prepared` keeps it.

    Takes three seconds, unless it is prepared already.
    """
    parts = {
        "folding": folding().prepare(),
        "readings": Readings.load().prepare(),
        "registry": Registry.load().prepare(),
    }
    derived = Restorer(Lexicon.load()).prepare()
    base = Prepared.join(parts)
    return Prepared({**base.arrays, **derived.arrays}, {**base.facts, **derived.facts})


if __name__ == "__main__":
    FILE.unlink(missing_ok=True)
    write_prepared(FILE, prepare())
