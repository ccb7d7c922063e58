"""Small forums by hand and by chance, for what weighs the company of numbers."""

from __future__ import annotations

from hypothesis import strategies as st

from fanzha.scan.occurrences import STANDINGS, Occurrence, Occurrences, Setting

Entry = tuple[Setting, list[Occurrence]]


def fake(contact: str) -> Occurrence:
    return Occurrence(contact, "fake", "unlisted for 抖音")


def forum(*entries: Entry) -> Occurrences:
    occurrences = Occurrences()
    for setting, found in entries:
        occurrences.add(setting, found)
    return occurrences


def post(name: str, *found: Occurrence, flagged: bool = False, account: str | None = None,
         campaign: str | None = None) -> Entry:  # fmt: skip
    return Setting(name, flagged, account, campaign), list(found)


@st.composite
def forums(draw: st.DrawFn) -> list[Entry]:
    names = st.sampled_from([f"n{index}" for index in range(8)])
    occurrence = st.builds(Occurrence, names, st.sampled_from(STANDINGS), st.just("why"))
    group = st.none() | st.sampled_from(["a", "b", "c"])
    return [
        (
            Setting(f"p{index}", draw(st.booleans()), draw(group), draw(group)),
            draw(st.lists(occurrence, max_size=4, unique_by=lambda one: one.contact)),
        )
        for index in range(draw(st.integers(0, 10)))
    ]
