from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.scan.occurrences import Occurrence, Occurrences
from fanzha.scan.trust import Trust, Walk, weigh
from forums import Entry, fake, forum, forums, post


def lifts(*entries: Entry) -> dict[str, float]:
    trust = weigh(forum(*entries))
    return dict(zip(trust.company.occurrences.contacts, trust.lift.tolist(), strict=True))


def dense(trust: Trust, walk: Walk) -> tuple[np.ndarray, np.ndarray]:
    """Solve the walk's equations over all pairs at once, as its documentation states them."""
    n = len(trust.fake)
    onward = np.zeros((n, n))
    used = list(zip((walk.post, walk.campaign, walk.account), trust.company.groups, strict=True))
    for contact in range(n):
        has = [weight for weight, group in used if (group.contact == contact).any()]
        for weight, group in used:
            own = group.group[group.contact == contact]
            for one in own:
                members = group.contact[group.group == one]
                others = members[members != contact]
                for other in others if len(others) else members:
                    chance = weight / sum(has) / (len(own) + walk.nobody) / max(len(others), 1)
                    onward[contact, other] += (1 - walk.stop) * chance
    contact, _, standing = trust.company.occurrences.rows()
    claims = [np.bincount(contact[standing == kind], minlength=n) for kind in (2, 1)]
    strength = np.where(trust.fake, claims[0] / np.maximum(claims[0] + claims[1], 1), 0.0)
    left = 1 - strength - trust.official
    system = np.eye(n) - left[:, None] * onward
    return np.linalg.solve(system, strength), np.linalg.solve(system, trust.official * 1.0)


@settings(max_examples=60, deadline=None)
@given(forums())
def test_the_walks_end_where_the_equations_say(entries: list[Entry]) -> None:
    walk = Walk(stop=0.3)
    trust = weigh(forum(*entries), walk)
    distrust, good = dense(trust, walk)
    assert np.allclose(trust.distrust, distrust, atol=2e-3)
    assert np.allclose(trust.trust, good, atol=2e-3)


@given(forums())
def test_trust_and_distrust_are_chances(entries: list[Entry]) -> None:
    trust = weigh(forum(*entries))
    assert (trust.distrust >= 0).all()
    assert (trust.trust >= 0).all()
    assert (trust.distrust + trust.trust <= 1 + 1e-9).all()
    assert ((trust.lift == 0) | ~(trust.fake | trust.official)).all()


@given(forums(), st.randoms(use_true_random=False))
def test_the_order_of_the_posts_does_not_matter(entries: list[Entry], chance: object) -> None:
    before = lifts(*entries)
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    after = lifts(*shuffled)
    assert after == pytest.approx(before, abs=1e-12)


def test_nothing_weighs_nothing() -> None:
    trust = weigh(Occurrences())
    assert trust.lift.shape == (0,)


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(("p1", "p1", None, None), id="one post"),
        pytest.param(("p1", "p2", "甲", None), id="posts of one account"),
        pytest.param(("p1", "p2", None, "c"), id="posts of one campaign"),
    ],
)
def test_a_number_in_the_company_of_a_fake_is_lifted(
    where: tuple[str, str, str | None, str | None],
) -> None:
    first, second, account, campaign = where
    if first == second:
        found = lifts(post(first, fake("1"), Occurrence("2")), post("p9", Occurrence("3")))
    else:
        found = lifts(
            post(first, fake("1"), account=account, campaign=campaign),
            post(second, Occurrence("2"), account=account, campaign=campaign),
            post("p9", Occurrence("3"), account="乙"),
        )
    assert found["2"] > 0.1
    assert found["3"] == 0.0
    assert found["1"] == 0.0


def test_company_of_company_is_lifted_less() -> None:
    found = lifts(
        post("p1", fake("1"), Occurrence("2")),
        post("p2", Occurrence("2"), Occurrence("3")),
    )
    assert found["2"] > found["3"] > 0


def test_company_kept_again_and_again_lifts_more_than_a_coincidence() -> None:
    once = lifts(post("p1", fake("1"), Occurrence("2")))
    often = lifts(*(post(f"p{n}", fake("1"), Occurrence("2")) for n in range(5)))
    assert often["2"] > once["2"]


def test_a_number_mostly_elsewhere_is_lifted_less() -> None:
    ads = [post("p0", fake("1"), Occurrence("2"))]
    own = [post(f"p{n}", Occurrence("2"), Occurrence("3")) for n in range(1, 20)]
    assert lifts(*ads, *own)["2"] < lifts(*ads)["2"] / 4


def test_a_directory_does_not_spread_distrust() -> None:
    found = lifts(post("p1", fake("1"), *(Occurrence(f"s{n}") for n in range(200))))
    assert max(found.values()) < 0.02


def test_a_fake_quoted_in_a_warning_is_no_company() -> None:
    found = lifts(
        post("ad", fake("1"), Occurrence("2"), flagged=True),
        post("warning", Occurrence("1"), Occurrence("station"), flagged=True),
    )
    assert found["station"] == 0.0
    assert found["2"] > 0.1


def test_a_fake_that_a_post_gives_beside_a_claimed_number_leaves_that_post_in() -> None:
    found = lifts(
        post("ad", fake("1"), Occurrence("2")),
        post("ad2", Occurrence("1"), fake("4"), Occurrence("3")),
    )
    assert found["3"] > 0.1


def test_an_official_number_gives_trust_in_posts_that_pass_and_none_as_bait() -> None:
    ad = post("p1", fake("1"), Occurrence("2"))
    passing = weigh(forum(ad, post("p2", Occurrence("95188", "official"), Occurrence("2"))))
    bait = weigh(
        forum(ad, post("p2", Occurrence("95188", "official"), Occurrence("2"), flagged=True))
    )
    at = passing.company.occurrences.index("2")
    assert passing.trust[at] > 0.1
    assert bait.trust[at] == 0.0
    assert passing.lift[at] < bait.lift[at]


def test_a_number_that_is_somewhere_official_proves_nothing_and_vouches_for_nobody_there() -> None:
    trust = weigh(
        forum(
            post("p1", Occurrence("95188", "fake", "other_brand for 抖音"), Occurrence("2")),
            post("p2", Occurrence("95188", "official")),
        )
    )
    at = trust.company.occurrences.index("2")
    assert (trust.distrust[at], trust.trust[at]) == (0.0, 0.0)


def test_a_number_seldom_disproven_when_claimed_spreads_less_distrust() -> None:
    shop = [post(f"p{n}", Occurrence("1", "claimed")) for n in range(9)]
    entry = post("p9", fake("1"), Occurrence("2"))
    assert lifts(*shop, entry)["2"] < lifts(entry)["2"] / 3


def test_a_kind_of_company_with_weight_zero_does_not_count() -> None:
    occurrences = forum(
        post("p1", fake("1"), account="甲"), post("p2", Occurrence("2"), account="甲")
    )
    assert weigh(occurrences, Walk(account=0.0)).lift.max() == 0.0


def test_a_campaign_or_account_of_a_single_post_tells_no_more_than_the_post() -> None:
    bare = [
        post("p1", fake("1"), Occurrence("2")),
        post("p2", Occurrence("2"), Occurrence("3")),
    ]
    named = [
        post(f"p{n}", *found, account=f"a{n}", campaign=f"c{n}")
        for n, (_, found) in enumerate(bare, 1)
    ]
    assert lifts(*named) == lifts(*bare)
