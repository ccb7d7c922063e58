import re
from collections.abc import Callable
from functools import partial
from importlib.resources import files

import pytest

from fanzha.contacts import find_numbers
from fanzha.hotlines import look_up
from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.registry import Registry
from fanzha.standing import owners_of

TABLE = files("fanzha_data") / "hotlines.csv"
REGISTRY = Registry.load()
NUMBERS = sorted(REGISTRY.numbers)


def test_the_registry_has_the_numbers_it_is_known_for() -> None:
    assert len(NUMBERS) >= 702
    assert len(REGISTRY.brands) >= 457


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


# What the numbering plan calls the coarse kinds of the table.
PLAN_KINDS = {
    "short_code": {"short_code", "government", "emergency", "provincial", "service_1010"},
    "400": {"400"},
    "800": {"800"},
    "landline": {"landline"},
}


def split(number: str, sign: str) -> str:
    """Write a number in groups, where people do: codes of up to eight digits stay whole."""
    if number[0] == "0":
        area = 3 if number[1] in "12" else 4
        rest = number[area:]
        groups = [number[:area], *([rest[:-4], rest[-4:]] if rest[0] != "9" else [rest])]
    elif len(number) == 10:
        groups = [number[:3], number[3:6], number[6:]]
    else:
        groups = [number[:4], number[4:]] if number.startswith("1010") else [number]
    return sign.join(groups)


def with_prefix(number: str) -> str:
    """Write a number as it is dialled from abroad or from another city."""
    if number[0] == "0":
        area = 3 if number[1] in "12" else 4
        return f"({number[:area]}){number[area:]}"
    if number[:3] in {"400", "800"} or number.startswith("1010"):
        return f"+86 {number}"
    return f"(010){number}" if re.fullmatch("9[56][0-9]{3,4}|12[03][0-9]{2}", number) else number


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(str, id="plain"),
        pytest.param(partial(split, sign="-"), id="hyphens"),
        pytest.param(partial(split, sign=" "), id="spaces"),
        pytest.param(partial(spelt, signs="０１２３４５６７８９"), id="full width"),
        pytest.param(with_prefix, id="country or area code"),
    ],
)
def test_every_number_parses_to_its_kind_and_owner_in_every_form(
    form: Callable[[str], str],
) -> None:
    plan = Numbering.load()
    wrong = []
    for number in NUMBERS:
        found = find_numbers(normalize(f"客服电话：{form(number)}，24小时"))
        read = [plan.read(one.number) for one in found]
        owners = owners_of(found[0].number, REGISTRY, plan) if len(found) == 1 else ()
        kinds = set.intersection(*(PLAN_KINDS[entry.kind] for entry in REGISTRY.entries(number)))
        if set(REGISTRY.entries(number)) - set(owners) or read[0].kind not in kinds:
            wrong.append((form(number), read))
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("百世快递", "极兔速递"),
        ("银联商务", "银联"),
        ("天天快递", "苏宁易购"),
        ("德邦快递", "京东物流"),
        ("光大证券", "光大银行"),
        ("铁路货运", "铁路12306"),
        ("中铁快运", "铁路12306"),
        ("链家", "贝壳"),
        ("Xbox", "微软"),
        ("卡萨帝", "海尔"),
        ("小天鹅", "美的"),
        ("容声", "海信"),
        ("博世家电", "西门子家电"),
    ],
)
def test_a_company_may_be_given_a_number_of_its_own_group(one: str, other: str) -> None:
    number = REGISTRY.official_numbers(other)[0]
    assert REGISTRY.same_group(one, other)
    assert look_up(number, one, REGISTRY, Numbering.load()).status == "official"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("抖音", "淘宝"),
        ("兴业银行", "兴业证券"),
        ("华夏银行", "华夏保险"),
        ("民生银行", "民生人寿"),
        ("肯德基", "必胜客"),
        ("深圳航空", "中国国际航空"),
        ("海信", "海尔"),
        ("沃尔玛", "山姆会员商店"),
    ],
)
def test_companies_that_share_a_word_or_an_owner_but_no_customers_are_no_group(
    one: str, other: str
) -> None:
    assert REGISTRY.brand(one)
    assert REGISTRY.brand(other)
    assert not REGISTRY.same_group(one, other)
