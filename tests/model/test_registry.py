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
