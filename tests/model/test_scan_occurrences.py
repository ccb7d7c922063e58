from __future__ import annotations

from typing import Any

import pytest

from fanzha.errors import InputError
from fanzha.scan.occurrences import Occurrence, Occurrences, Setting, find_occurrences


def hotline(number: str, status: str, *, claimed: bool, start: int = 0) -> dict[str, Any]:
    return {
        "start": start, "end": start + len(number), "text": number, "number": number,
        "kind": "400", "brand": None if status == "unknown_brand" else "抖音",
        "claimed": claimed, "status": status, "official_numbers": [], "source": None,
    }  # fmt: skip


def chat(kind: str, value: str) -> dict[str, Any]:
    return {"kind": kind, "start": 0, "end": 3, "text": value, "value": value}


def verdict(
    *hotlines: dict[str, Any],
    contacts: tuple[dict[str, Any], ...] = (),
    pretext: tuple[int, int] | None = None,
) -> dict[str, Any]:
    evidence = [{"rule": "MODEL_WORDING", "start": 0, "end": 40}]
    if pretext:
        evidence.append({"rule": "HOTLINE_WITH_PRETEXT", "start": pretext[0], "end": pretext[1]})
    return {"evidence": evidence, "hotlines": list(hotlines), "contacts": list(contacts)}


@pytest.mark.parametrize(
    ("status", "claimed", "standing", "why"),
    [
        pytest.param("unlisted", True, "fake", "unlisted for 抖音", id="claimed and not listed"),
        pytest.param("other_brand", True, "fake", "other_brand for 抖音", id="another's number"),
        pytest.param("unlisted", False, "open", "", id="quoted"),
        pytest.param("other_brand", False, "open", "", id="another's, quoted"),
        pytest.param("unknown_brand", True, "claimed", "", id="claimed for nobody known"),
        pytest.param("unknown_brand", False, "open", "", id="merely given"),
        pytest.param("official", True, "official", "", id="official"),
        pytest.param("official", False, "official", "", id="official, not claimed"),
    ],
)
def test_status_and_claim_make_the_standing(
    status: str, claimed: bool, standing: str, why: str
) -> None:
    found = find_occurrences(verdict(hotline("4000000001", status, claimed=claimed)))
    assert found == [Occurrence("4000000001", standing, why)]


def test_a_pretext_proves_the_claimed_number_beside_which_it_fired_and_no_other() -> None:
    found = find_occurrences(
        verdict(
            hotline("4000000001", "unknown_brand", claimed=True, start=0),
            hotline("4000000002", "unknown_brand", claimed=True, start=20),
            pretext=(20, 30),
        )
    )
    assert [(one.contact, one.standing) for one in found] == [
        ("4000000001", "claimed"),
        ("4000000002", "fake"),
    ]


def test_chat_ids_are_contacts_and_links_addresses_and_malformed_numbers_are_not() -> None:
    found = find_occurrences(
        verdict(
            hotline("4001", "malformed", claimed=True),
            contacts=(
                chat("wechat", "tx_888"),
                chat("qq", "78410039"),
                chat("telegram", "abcde"),
                chat("link", "a.com"),
                chat("email", "a@b.com"),
            ),
        )
    )
    assert [one.contact for one in found] == ["wechat:tx_888", "qq:78410039", "telegram:abcde"]


def test_a_mobile_given_as_a_wechat_id_is_the_number() -> None:
    found = find_occurrences(
        verdict(
            hotline("13800001111", "unknown_brand", claimed=False),
            contacts=(chat("wechat", "13800001111"),),
        )
    )
    occurrences = Occurrences()
    occurrences.add(Setting("p1"), found)
    assert occurrences.contacts == ["13800001111"]
    assert len(occurrences) == 1


def test_a_contact_counts_once_in_a_post_by_its_strongest_standing() -> None:
    occurrences = Occurrences()
    occurrences.add(
        Setting("p1", account="甲"),
        [Occurrence("1"), Occurrence("1", "fake", "unlisted for 抖音"), Occurrence("2")],
    )
    contact, post, standing = occurrences.rows()
    assert (contact.tolist(), post.tolist(), standing.tolist()) == ([0, 1], [0, 0], [2, 0])
    assert occurrences.proofs == {0: "unlisted for 抖音"}


def test_a_post_without_a_contact_is_not_kept() -> None:
    occurrences = Occurrences()
    occurrences.add(Setting("p1", account="甲", campaign="c"), [])
    assert (len(occurrences), occurrences.posts, occurrences.accounts) == (0, [], [])
    assert occurrences.n_campaigns == 0


def test_accounts_and_campaigns_that_are_not_known_are_minus_one() -> None:
    occurrences = Occurrences()
    occurrences.add(Setting("p1", True, "甲", "c1"), [Occurrence("1")])
    occurrences.add(Setting("p2"), [Occurrence("1")])
    occurrences.add(Setting("p3", False, "甲", "c2"), [Occurrence("1")])
    assert occurrences.account_of().tolist() == [0, -1, 0]
    assert occurrences.campaign_of().tolist() == [0, -1, 1]
    assert occurrences.flagged().tolist() == [True, False, False]


def test_campaigns_are_counted_from_two_posts_on() -> None:
    occurrences = Occurrences()
    for number, campaign in enumerate(["c1", "c2", "c1", None]):
        occurrences.add(Setting(f"p{number}", campaign=campaign), [Occurrence("1")])
    assert occurrences.n_campaigns == 1


def test_more_occurrences_than_the_limit_are_refused_with_a_way_out() -> None:
    occurrences = Occurrences(limit=2)
    occurrences.add(Setting("p1"), [Occurrence("1"), Occurrence("2")])
    with pytest.raises(InputError, match=r"more than 2 occurrences.*fewer posts together"):
        occurrences.add(Setting("p2"), [Occurrence("1")])


def test_a_pretext_in_another_field_proves_nothing_of_a_number() -> None:
    hotline = {
        "start": 0, "end": 10, "number": "4000000001", "status": "unknown_brand", "brand": None,
        "claimed": True,
    }  # fmt: skip
    pretext = {"rule": "HOTLINE_WITH_PRETEXT", "start": 0, "end": 10}
    verdict = {"evidence": [pretext], "hotlines": [hotline], "contacts": []}
    assert [one.standing for one in find_occurrences(verdict)] == ["fake"]
    pretext["field"] = "title"
    assert [one.standing for one in find_occurrences(verdict)] == ["claimed"]
