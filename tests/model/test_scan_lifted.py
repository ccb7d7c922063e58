from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given

from fanzha.errors import InputError
from fanzha.scan.lifted import lift, tell
from fanzha.scan.occurrences import Occurrence
from fanzha.scan.trust import Trust, weigh
from forums import Entry, fake, forum, forums, post


def shortest(trust: Trust, start: int) -> int | None:
    """Count the steps to the nearest proven fake, one contact at a time."""
    waiting, seen = deque([(start, 0)]), {start}
    while waiting:
        contact, steps = waiting.popleft()
        if trust.fake[contact]:
            return steps
        for group in trust.company.groups:
            for one in group.group[group.contact == contact]:
                for other in group.contact[group.group == one].tolist():
                    if other not in seen and not trust.official[other]:
                        seen.add(other)
                        waiting.append((other, steps + 1))
    return None


@given(forums())
def test_the_path_is_a_shortest_one_and_each_step_stands_in_its_posts(entries: list[Entry]) -> None:
    trust = weigh(forum(*entries))
    names = trust.company.occurrences
    standing = {(setting.post, one.contact) for setting, found in entries for one in found}
    settings = {setting.post: setting for setting, _ in entries}
    for one in lift(trust, 1e-6):
        assert len(one.path) == shortest(trust, names.index(one.contact))
        assert one.path[0].contact == one.contact
        assert trust.fake[names.index(one.fake)]
        for step, after in zip(one.path, one.path[1:], strict=False):
            assert step.next_contact == after.contact
        for step in one.path:
            assert (step.post, step.contact) in standing
            assert (step.next_post, step.next_contact) in standing
            here, there = settings[step.post], settings[step.next_post]
            shared = {
                "post": here.post == there.post,
                "campaign": here.campaign == there.campaign is not None,
                "account": here.account == there.account is not None,
            }
            assert shared[step.kind]


def test_of_two_proofs_the_post_of_few_numbers_is_shown() -> None:
    trust = weigh(
        forum(
            post("directory", fake("1"), Occurrence("2"), *(Occurrence(f"s{n}") for n in range(9))),
            post("ad", fake("1"), Occurrence("2")),
        )
    )
    assert next(lift(trust)).path[0].post == "ad"


def test_the_highest_stand_first_and_the_rest_below_the_cut_is_left_out() -> None:
    trust = weigh(
        forum(
            post("p1", fake("1"), Occurrence("2")),
            post("p2", Occurrence("2"), Occurrence("3")),
            post("p3", Occurrence("3"), Occurrence("4")),
        )
    )
    assert [one.contact for one in lift(trust, 1e-6)] == ["2", "3", "4"]
    highest = next(lift(trust)).lift
    assert [one.contact for one in lift(trust, highest)] == ["2"]


def test_the_table_tells_the_path_in_words() -> None:
    trust = weigh(
        forum(
            post("p1", fake("4000000001"), Occurrence("wechat:tx"), account="甲"),
            post("p2", Occurrence("138"), account="甲", campaign="c"),
            post("p3", Occurrence("139"), campaign="c"),
        )
    )
    head, *lines = tell(trust, 0.01)
    assert head == (
        "4 numbers and chat ids in 3 posts, 1 account, 1 campaign: 1 proven fake, 0 official, "
        "3 lifted to 0.01 or more"
    )
    told = [line.strip() for line in lines if "→" in line]
    assert told == [
        "wechat:tx → post p1 → 4000000001",
        "138 → posts p2 and p1, both by 甲 → 4000000001",
        "139 → posts p3 and p2, one campaign → 138 → posts p2 and p1, both by 甲 → 4000000001",
    ]
    assert any(
        line.endswith("  1 post  in the company of 4000000001, unlisted for 抖音") for line in lines
    )


def test_an_account_cannot_steer_the_terminal() -> None:
    trust = weigh(
        forum(
            post("p1", fake("1"), account="甲\x1b[2J"),
            post("p2", Occurrence("2"), account="甲\x1b[2J"),
        )
    )
    assert "\x1b" not in "".join(tell(trust))


def test_the_json_carries_the_scores_and_every_step() -> None:
    trust = weigh(forum(post("p1", fake("1"), Occurrence("2"), account="甲")))
    (one,) = lift(trust)
    told = one.to_json()
    assert told["lift"] == pytest.approx(one.distrust * (1 - one.trust), abs=1e-6)
    assert told | {"lift": 0, "distrust": 0} == {
        "contact": "2", "lift": 0, "distrust": 0, "trust": 0.0, "posts": 1, "fake": "1",
        "why": "unlisted for 抖音",
        "path": [{"contact": "2", "kind": "post", "post": "p1", "next_contact": "1",
                  "next_post": "p1"}],
    }  # fmt: skip


@pytest.mark.parametrize("least", [0.0, -1.0, 1.5, float("nan")])
def test_a_cut_that_means_nothing_is_refused(least: float) -> None:
    with pytest.raises(InputError, match="it must be above 0 and at most 1"):
        lift(weigh(forum()), least)
