from pathlib import Path

import pytest

from fanzha.contacts import find_numbers
from fanzha.normalize import normalize
from fanzha.organisations import Organisations
from fanzha.registry import Registry
from fanzha.scope import Scope

REGISTRY = Registry.load()
NAMES = Organisations.load(REGISTRY)


def brands(post: str) -> list[str]:
    return [found.brand for found in NAMES.mentions(normalize(post))]


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        pytest.param("狗东和并夕夕", ["京东", "拼多多"], id="nicknames"),
        pytest.param("抖因、支付保、亰東", ["抖音", "支付宝", "京东"], id="misspellings"),
        pytest.param("移动客服", ["中国移动"], id="guard met"),
        pytest.param("移动支付和移动硬盘", [], id="decoys"),
        pytest.param("祝平安喜乐，一路平安", [], id="wishes"),
        pytest.param("平安95511", ["中国平安"], id="name before number"),
        pytest.param("【平安】您好", ["中国平安"], id="signature"),
        pytest.param("他打白条给我", [], id="an IOU"),
        pytest.param("加微信聊，微信同号", [], id="contact medium"),
        pytest.param("微信人工客服", ["微信"], id="the company of the medium"),
        pytest.param("单号SF1320945577810", [], id="parcel number"),
        pytest.param("芒果tv400-977-0707", ["芒果TV"], id="latin before digits"),
        pytest.param("花·呗·人·工", ["支付宝"], id="spread out"),
        pytest.param("招 联 延 期", ["招联消费金融"], id="spaced"),
        pytest.param("淘寶與天貓", ["淘宝", "淘宝"], id="traditional"),
        pytest.param("美的空调售后电话", ["美的"], id="appliances"),
        pytest.param("老板油烟机维修", ["老板电器"], id="a name that is a title too"),
        pytest.param("完美的售后服务，最美的客服", [], id="the end of an adjective"),
        pytest.param("三星级酒店的客服热线", [], id="stars"),
        pytest.param("这地方太远，打电话问客服", [], id="two words"),
        pytest.param("上海信托客服，价格力度大", [], id="parts of other words"),
        pytest.param("老板，电话多少", [], id="a title"),
    ],
)
def test_names_are_found_and_everyday_words_left(post: str, expected: list[str]) -> None:
    assert brands(post) == expected


HEADER = "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note"


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        pytest.param("我家商行的客服", ["我家商行"], id="the brand"),
        pytest.param("找家行人工，HomeBank客服", ["我家商行", "我家商行"], id="aliases"),
        pytest.param("傢行人工", ["我家商行"], id="traditional"),
        pytest.param("家 行 人 工", ["我家商行"], id="spread out"),
        pytest.param("移动硬盘", ["我家商行"], id="a decoy of the shipped table"),
        pytest.param("狗东客服", ["我家商行"], id="a nickname of the shipped table"),
        pytest.param("花呗客服", ["支付宝"], id="a shipped name"),
    ],
)
def test_the_names_of_an_overlays_brands_are_found(
    tmp_path: Path, post: str, expected: list[str]
) -> None:
    table = tmp_path / "own.csv"
    aliases = "家行|HomeBank|移动硬盘|狗东"
    line = f"我家商行,bank,{aliases},4001234567,400,high,customer_service,,2026-11,our own,"
    table.write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    names = Organisations.load(Registry.load(table))
    assert [found.brand for found in names.mentions(normalize(post))] == expected


def test_a_mention_stands_where_the_name_stood() -> None:
    text = normalize("说花·呗·人·工")
    (found,) = NAMES.mentions(text)
    assert text.text[found.at.start : found.at.end] == "花·呗"


@pytest.mark.parametrize(
    ("post", "which", "brand", "tie"),
    [
        pytest.param("支付宝官方客服：400-021-7736", 0, "支付宝", "tied", id="beside"),
        pytest.param("国航95583、东航95530", 1, "中国东方航空", "tied", id="list"),
        pytest.param("10086移动，10010联通", 0, "中国移动", "tied", id="name after"),
        pytest.param("京东客服\n☎ 400-302-6061", 0, "京东", "near", id="heading"),
        pytest.param(
            "【还呗】尊敬的用户：因系统升级。原号停用。即日起改拨400-505-7718",
            0,
            "还呗",
            "signature",
            id="signature",
        ),
        pytest.param("问：白条怎么关？\n答：打400-505-7718", 0, "京东金融", "near", id="answer"),
    ],
)
def test_the_nearest_claim_wins(post: str, which: int, brand: str, tie: str) -> None:
    text = normalize(post)
    spans = [number.at for number in find_numbers(text)]
    naming = Scope(text.text, spans, NAMES.mentions(text), REGISTRY).naming(which)
    assert naming is not None
    assert (naming.mention.brand, naming.tie) == (brand, tie)


def test_a_row_with_its_own_name_takes_no_brand_from_the_row_above() -> None:
    text = normalize("快递 顺丰 95338\n物业夜班 6621 8073")
    spans = [number.at for number in find_numbers(text)]
    assert Scope(text.text, spans, NAMES.mentions(text), REGISTRY).naming(1) is None


def test_the_topic_is_the_brand_that_most_mentions_name() -> None:
    text = normalize("抖音月付怎么关？像支付宝一样。抖音里点设置，抖音客服见下")
    assert (topic := Scope(text.text, [], NAMES.mentions(text), REGISTRY).topic) is not None
    assert topic.brand == "抖音"
