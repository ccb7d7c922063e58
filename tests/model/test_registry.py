from pathlib import Path

import pytest

from fanzha.errors import DataError
from fanzha.registry import Registry

HEADER = "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note"
REGISTRY = Registry.load()


def overlay(path: Path, *lines: str) -> Path:
    table = path / "own.csv"
    table.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return table


def test_a_brand_is_found_by_any_of_its_names() -> None:
    assert REGISTRY.brand("花呗") == REGISTRY.brand("ALIPAY") == REGISTRY.brand("支付宝")
    assert REGISTRY.brand("没有这家") is None
    assert REGISTRY.official_numbers("没有这家") == ()


def test_brands_of_a_group_are_one_company() -> None:
    assert REGISTRY.same_group("淘宝", "飞猪")
    assert not REGISTRY.same_group("淘宝", "抖音")
    assert not REGISTRY.same_group("星巴克", "麦当劳")
    assert "淘宝" in REGISTRY.groups()["alibaba"]


def test_legacy_and_outbound_lines_come_last() -> None:
    assert REGISTRY.official_numbers("平安银行")[-1] == "95501"


def test_an_overlay_adds_corrects_and_removes(tmp_path: Path) -> None:
    table = overlay(
        tmp_path,
        "我家商行,bank,我家,4001234567,400,high,customer_service,,2026-11,our own,",
        "抖音,media,,95152,short_code,low,customer_service,bytedance,2026-12,our own,corrected",
        "抖音,media,,4001402108,400,low,removed,bytedance,2026-12,our own,",
    )
    registry = Registry.load(table)
    assert [entry.brand for entry in registry.entries("4001234567")] == ["我家商行"]
    assert registry.entries("95152")[0].note == "corrected"
    assert registry.entries("4001402108") == ()
    assert REGISTRY.entries("4001402108")


def test_a_corrected_line_keeps_the_names_and_the_group_of_its_brand(tmp_path: Path) -> None:
    table = overlay(
        tmp_path,
        "分期乐,consumer_credit,新乐卡,95730,short_code,low,customer_service,,2026-12,our own,",
        "百世快递,express,,95320,short_code,high,removed,,2026-12,our own,",
        "百世快递,express,,4001234567,400,high,customer_service,,2026-12,our own,",
    )
    registry = Registry.load(table)
    assert registry.brand("乐花卡") == registry.brand("新乐卡") == registry.brand("分期乐")
    assert registry.official_numbers("百世汇通") == ("4001234567",)
    assert registry.same_group("百世快递", "极兔速递")


def test_the_last_table_to_name_a_group_decides(tmp_path: Path) -> None:
    line = "闪送,express,,4001234567,400,high,customer_service,{},2026-11,our own,"
    first = overlay(tmp_path, line.format("jitu"))
    second = tmp_path / "second.csv"
    second.write_text(f"{HEADER}\n{line.format('jd')}\n", encoding="utf-8")
    assert Registry.load(first).same_group("闪送", "极兔速递")
    assert Registry.load(first, second).same_group("闪送", "京东")


def test_a_brand_of_an_overlay_may_bear_the_alias_of_a_brand_that_the_overlay_removes(
    tmp_path: Path,
) -> None:
    table = overlay(
        tmp_path,
        "闪送,express,,4006126688,400,medium,removed,,2026-12,our own,",
        "我家快送,express,闪送,4001234567,400,high,customer_service,,2026-12,our own,",
    )
    assert REGISTRY.official_numbers("闪送") == ("4006126688",)
    found = Registry.load(table).brand("闪送")
    assert found is not None
    assert found.name == "我家快送"


def test_the_line_of_the_overlay_is_blamed_and_not_the_shipped_one(tmp_path: Path) -> None:
    line = "抖音,media,美团外卖,95152,short_code,high,customer_service,,2026-11,our own,"
    with pytest.raises(DataError, match=r"own\.csv:2:3: .*'美团外卖' is a name of"):
        Registry.load(overlay(tmp_path, line))


@pytest.mark.parametrize(
    "asked", ["支付寶", "ＡＬＩＰＡＹ", " 支付宝 "], ids=["traditional", "full width", "spaces"]
)
def test_a_brand_is_found_in_any_writing(asked: str) -> None:
    assert REGISTRY.brand(asked) == REGISTRY.brand("支付宝")


def test_an_entry_says_all_that_the_table_says(tmp_path: Path) -> None:
    line = "我家商行,bank,我家,4001234567,400,low,vip,,2026-11-22,our own,a note"
    (entry,) = Registry.load(overlay(tmp_path, line)).entries("4001234567")
    assert entry.to_json() == {
        "brand": "我家商行", "number": "4001234567", "kind": "400", "role": "vip",
        "confidence": "low", "as_of": "2026-11-22", "source": "our own", "note": "a note",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "at", "words"),
    [
        pytest.param("甲,x,,955889,a,high,vip,,2026-11,s,", ":2:4:", "five digits", id="malformed"),
        pytest.param("甲,x,,95-15,a,high,vip,,2026-11,s,", ":2:4:", "separators", id="separators"),
        pytest.param("甲,x,,95152,a,sure,vip,,2026-11,s,", ":2:6:", "confidence", id="confidence"),
        pytest.param("甲,x,,95152,a,high,boss,,2026-11,s,", ":2:7:", "role", id="role"),
        pytest.param("甲,x,,95152,a,high,vip,,last year,s,", ":2:9:", "no date", id="date"),
        pytest.param("甲,x,,95152,a,high,vip,,2026-11,,", ":2:10:", "is empty", id="source"),
        pytest.param("甲,x,淘宝,95152,a,high,vip,,2026-11,s,", ":2:3:", "clashes", id="alias"),
        pytest.param("甲,x,,95152,a,high,removed,,2026-11,s,", ":2:4:", "nothing", id="removal"),
        pytest.param("甲,x,,,a,high,vip,,2026-11,s,", ":2:4:", "is empty", id="no number"),
        pytest.param("甲,x,·|\u200b,95152,a,high,vip,,2026-11,s,", ":2:3:", "marks", id="no name"),
        pytest.param("花呗,x,,95152,a,high,vip,,2026-11,s,", ":2:1:", "clashes", id="brand"),
        pytest.param('甲,x,"95152', ":2:1:", "CSV", id="quotes"),
    ],
)
def test_a_bad_line_is_pointed_at(tmp_path: Path, line: str, at: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        Registry.load(overlay(tmp_path, line))
    assert at in str(caught.value)
    assert words in str(caught.value)


def test_a_number_given_twice_for_a_brand_is_refused(tmp_path: Path) -> None:
    line = "甲,x,,95152,a,high,vip,,2026-11,s,"
    with pytest.raises(DataError, match="stands on line 2"):
        Registry.load(overlay(tmp_path, line, line))
