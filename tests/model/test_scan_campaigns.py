from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

import pytest

from fanzha.scan.campaign import Campaign
from fanzha.scan.campaign_table import tell
from fanzha.scan.campaigns import MAX_LISTED, Campaigns
from scan_lines import Line, line, scanned

WORDINGS = (
    "花呗套现当天到账，十年老店诚信第一，外地也可以做，要的联系{}",
    "专业代开各类发票，税点最低，先验后付，全国可查，需要找{}",
    "刷单兼职日结两百，手机就能做，宝妈学生都行，名额不多快来{}",
    "钓鱼用品批发零售，周末照常开门，老顾客有优惠，电话预约{}",
)


def post(name: str, wording: int, *contacts: str, **more: object) -> Line:
    text = WORDINGS[wording].format(" ".join(one.split(":", 1)[-1] for one in contacts))
    return line(name, text, *contacts, **more)  # type: ignore[arg-type]


def found(*lines: Line) -> tuple[tuple[Campaign, ...], tuple[str, ...]]:
    campaigns = Campaigns()
    for one in scanned(lines):
        campaigns.add(one)
    return campaigns.find()


def posts_of(*lines: Line) -> list[tuple[str, ...]]:
    return [campaign.posts for campaign in found(*lines)[0]]


def test_wordings_and_contacts_join_posts_into_campaigns_the_largest_first() -> None:
    assert posts_of(
        post("a", 1, "4000000009"),
        post("b", 0, "wechat:tx_888"),
        post("c", 1, "4000000009"),
        post("d", 0, "wechat:tx_999"),
        post("e", 2, "wechat:tx_999"),
        post("f", 3, "13800000001"),
    ) == [("b", "d", "e"), ("a", "c")]


def test_posts_that_pass_are_in_no_campaign() -> None:
    assert posts_of(post("a", 0, flagged=False), post("b", 0), post("c", 0)) == [("b", "c")]


@pytest.mark.parametrize(
    ("lines", "left_out"),
    [
        pytest.param(
            [post("a", 0, "95188", brand="支付宝", status="official"), post("b", 1, "95188")],
            ("95188",), id="official",
        ),
        pytest.param(
            [post("a", 0, "95017", brand="支付宝", status="other_brand"), post("b", 1, "95017")],
            ("95017",), id="of another company",
        ),
        pytest.param(
            [post("a", 0, "95188"), post("b", 1, "95188"),
             post("c", 3, "95188", brand="支付宝", status="official", flagged=False)],
            ("95188",), id="official in a post that passes",
        ),
        pytest.param(
            [post("a", 0, "13800000001"), post("b", 1, "13800000001"),
             *(post(f"c{n}", 3, "13800000001", flagged=False) for n in range(3))],
            ("13800000001",), id="mostly in posts that pass",
        ),
    ],
)  # fmt: skip
def test_a_contact_that_is_everybodys_joins_nothing(
    lines: list[Line], left_out: tuple[str, ...]
) -> None:
    assert found(*lines) == ((), left_out)


def test_a_post_that_lists_contacts_joins_nobody() -> None:
    contacts = [f"wechat:id_{n:03d}" for n in range(MAX_LISTED + 1)]
    listing = post("list", 3, *contacts)
    ads = [post(f"a{n}", 0, contacts[n]) for n in range(2)] + [post("b", 1, contacts[2])]
    assert posts_of(listing, *ads) == [("a0", "a1")]


def test_a_campaign_tells_its_size_span_accounts_boards_labels_numbers_and_contacts() -> None:
    common = {"brand": "支付宝", "status": "unlisted"}
    ((campaign,), _) = found(
        post("a", 0, "4000000001", account="甲", board="闲聊", posted_at="2026-10-12 08:00"),
        post("b", 0, "4000000001", account="乙", board="闲聊", posted_at="1791000000", **common),
        post("c", 0, "wechat:tx_888", account="甲", posted_at="gestern", label="gambling"),
    )
    assert (campaign.n_posts, campaign.n_wordings) == (3, 1)
    assert campaign.first == datetime(2026, 10, 3, 12, 0)
    assert campaign.last == datetime(2026, 10, 12, 8, 0)
    assert campaign.accounts == Counter({"甲": 2, "乙": 1})
    assert campaign.boards == Counter({"闲聊": 2})
    assert campaign.labels == Counter({"cash_out": 2, "gambling": 1})
    assert campaign.contacts == Counter({"4000000001": 2, "wechat:tx_888": 1})
    fakes = [(one.number, one.brand, n) for one, n in campaign.numbers.items() if one.fake]
    assert fakes == [("4000000001", "支付宝", 1)]
    told = json.loads(json.dumps(campaign.to_json()))
    assert told["first"] == "2026-10-03T12:00:00"
    assert told["post_ids"] == ["a", "b", "c"]
    assert told["contacts"][0] == {"contact": "4000000001", "posts": 2}
    assert told["numbers"][1]["official_numbers"] == ["95188"]


def test_the_representative_is_the_first_post_of_the_most_frequent_wording() -> None:
    ((campaign,), _) = found(
        post("a", 1, "wechat:tx_888"), post("b", 0, "wechat:tx_888", score=0.7), post("c", 0)
    )  # fmt: skip
    assert campaign.representative.post == "b"
    assert campaign.representative.score == 0.7
    assert [piece.text for piece in campaign.representative.excerpt.pieces if piece.marked] == [
        "套现"
    ]


def test_an_id_stays_as_more_posts_come() -> None:
    first = [post("a", 0, "wechat:tx_888"), post("b", 0)]
    more = [post("c", 1, "wechat:tx_888"), post("d", 1), post("e", 2), post("f", 2)]
    ((before,), _) = found(*first)
    after, _ = found(*first, *more)
    assert [one.n_posts for one in after] == [4, 2]
    assert after[0].id == before.id != after[1].id


def test_without_texts_contacts_alone_join_posts() -> None:
    lines = [post("a", 0, "4000000001"), post("b", 1, "4000000001"), post("c", 0)]
    for one in lines:
        del one["text"]
    ((campaign,), _) = found(*lines)
    assert (campaign.posts, campaign.n_wordings) == (("a", "b"), 0)


def test_ten_crews_that_send_one_link_and_one_stock_phrase_stay_ten() -> None:
    lines = []
    for crew in range(10):
        own = f"wechat:crew_{crew:03d}"
        text = "".join(chr(0x4E00 + 50 * crew + n) for n in range(40))
        lines += [
            line(f"x{crew}", f"{text} crew_{crew:03d} pan.example", own, "link:pan.example"),
            line(f"y{crew}", f"{text} crew_{crew:03d}", own),
            line(f"z{crew}", f"花呗白条套现秒到账加微信 crew_{crew:03d}", own),
        ]
    assert [len(posts) for posts in posts_of(*lines)] == [3] * 10
    assert found(*lines)[1] == ("link:pan.example",)


def test_the_table_counts_no_wordings_where_all_are_too_short() -> None:
    joined, left_out = found(*(line(name, "收 tx_888", "wechat:tx_888") for name in "ab"))
    lines = list(tell(joined, 2, left_out))
    assert lines[0].startswith("1 campaign with 2 of 2 flagged posts; ")
    assert "  2 posts  " in lines[2]


def test_the_table_tells_the_largest_campaigns() -> None:
    joined, left_out = found(
        post("a", 0, "4000000001", brand="支付宝", status="unlisted", account="甲\x1b[2J"),
        post("b", 0, "4000000001", posted_at="2026-10-12"),
        *(post(f"c{n}", 1, f"wechat:tx_{n:03d}") for n in range(6)),
    )
    lines = list(tell(joined, 9, left_out))
    assert lines[0].startswith("2 campaigns with 8 of 9 flagged posts")
    text = "\n".join(lines)
    assert "contacts wechat:tx_000 ×1, wechat:tx_001 ×1, wechat:tx_002 ×1, wechat:tx_003 ×1" in text
    assert "and 2 more" in text
    assert "numbers 4000000001 (unlisted for 支付宝) ×1" in text
    assert "2026-10-12 to 2026-10-12" in text
    assert "\x1b" not in text
    assert "花呗【套现】当天到账" in text
