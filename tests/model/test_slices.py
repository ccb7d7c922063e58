from __future__ import annotations

from typing import Any

import pytest

from fanzha.corpus import LabelledPost, label_matrix
from fanzha.intervals import Share
from fanzha.slices import Slice, cut_slices, slice_table


def post(number: int, text: str = "花呗套现", **fields: Any) -> LabelledPost:
    labels = ("cash_out",) if number % 2 else ()
    return LabelledPost(str(number), text, labels, **{"batch": "b", "family": "f"} | fields)


def cut(posts: list[LabelledPost]) -> dict[tuple[str, str], Slice]:
    truth = label_matrix(posts)
    flagged = truth.copy()
    flagged[:2] = ~flagged[:2]
    return {(one.kind, one.name): one for one in cut_slices(posts, truth, flagged)}


@pytest.mark.parametrize(
    ("n_chars", "name"),
    [
        (1, "1–12"), (12, "1–12"), (13, "13–40"), (40, "13–40"), (41, "41–120"), (120, "41–120"),
        (121, "121–400"), (400, "121–400"), (401, "401+"), (9000, "401+"),
    ],
)  # fmt: skip
def test_a_post_stands_in_the_slice_of_its_length(n_chars: int, name: str) -> None:
    posts = [post(n, "花" * n_chars) for n in range(20)] + [post(n, "") for n in range(20, 22)]
    assert [one for one in cut(posts) if one[0] == "length"] == [("length", name)]


def test_found_and_wrongly_flagged_are_counted_per_slice() -> None:
    posts = [post(n, register="sms" if n < 20 else "chat") for n in range(60)]
    slices = cut(posts)
    assert slices["register", "chat"].found["any"] == Share(20, 20)
    sms = slices["register", "sms"]
    assert sms.n_posts == 20
    assert (sms.found["cash_out"], sms.false["cash_out"]) == (Share(9, 10), Share(1, 10))
    assert sms.found["fake_hotline"] == Share(0, 0)
    # A post given another label than the one it bears is found all the same.
    assert (sms.found["any"], sms.false["any"]) == (Share(10, 10), Share(1, 10))


def test_a_post_stands_in_the_slice_of_each_of_its_products_and_disguises() -> None:
    posts = [post(n, products=("花呗", "白条"), obfuscation=("emoji", "emoji")) for n in range(20)]
    posts += [post(n, products=("花呗",)) for n in range(20, 45)]
    slices = cut(posts)
    products = [(one.name, one.n_posts) for one in slices.values() if one.kind == "product"]
    assert products == [("花呗", 45), ("白条", 20)]
    disguises = [(one.name, one.n_posts) for one in slices.values() if one.kind == "obfuscation"]
    assert disguises == [("plain", 25), ("disguised", 20), ("emoji", 20)]


def test_slices_of_few_posts_and_kinds_that_divide_nothing_are_left_out() -> None:
    posts = [post(n, register="sms" if n < 19 else "chat") for n in range(60)]
    assert set(cut(posts)) == {("register", "chat")}


def test_the_table_has_a_row_a_slice_and_no_share_of_nothing() -> None:
    posts = [post(n, register="a|\x1bb" if n < 20 else "") for n in range(60)]
    head, _, row = slice_table(list(cut(posts).values())).splitlines()
    assert head.startswith("| slice | posts | any label found | any label false | `cash_out` found")
    assert row == (
        "| register: a\\|\ufffdb | 20 | 100.0% of 10 | 10.0% of 10 | 90.0% of 10 | 10.0% of 10 |"
        " – | 10.0% of 20 |"
    )
