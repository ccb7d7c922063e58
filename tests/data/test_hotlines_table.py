import re
from collections.abc import Callable
from functools import partial
from importlib.resources import files

import pytest

from fanzha.contacts import find_numbers
from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.registry import Registry

TABLE = files("fanzha_data") / "hotlines.csv"
REGISTRY = Registry.load()
NUMBERS = sorted(REGISTRY.numbers)


def test_the_registry_has_the_numbers_it_is_known_for() -> None:
    assert len(NUMBERS) >= 636
    assert len(REGISTRY.brands) >= 408


def test_every_number_reads_to_a_kind_of_the_plan() -> None:
    plan = Numbering.load()
    wrong = [number for number in NUMBERS if plan.read(number).malformed]
    assert wrong == []


def test_no_source_is_one_that_nobody_outside_can_follow() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert not re.search(r"code-file|pages:|\bids? [0-9]{5}", text)


def test_unverified_entries_have_low_confidence() -> None:
    entries = [entry for found in REGISTRY.numbers.values() for entry in found]
    assert all(entry.confidence == "low" for entry in entries if "unverified" in entry.sources)


def spelt(number: str, signs: str) -> str:
    return "".join(signs[int(digit)] for digit in number)


def grouped(number: str) -> str:
    if number[0] == "0":
        area = 3 if number[1] in "12" else 4
        return f"{number[:area]}-{number[area:]}"
    return f"{number[:3]}-{number[3:6]}-{number[6:]}" if len(number) == 10 else number


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda number: number, id="plain"),
        pytest.param(grouped, id="grouped"),
        pytest.param(partial(spelt, signs="０１２３４５６７８９"), id="full width"),
        pytest.param(partial(spelt, signs="⓪①②③④⑤⑥⑦⑧⑨"), id="circled"),
        pytest.param("\u200b".join, id="zero width"),
    ],
)
def test_every_number_is_found_in_every_form(form: Callable[[str], str]) -> None:
    missed = []
    for number in NUMBERS:
        written = form(number)
        found = find_numbers(normalize(f"客服电话：{written}，24小时"))
        if [one.number for one in found] != [number]:
            missed.append((number, written, [one.number for one in found]))
    assert missed == []
