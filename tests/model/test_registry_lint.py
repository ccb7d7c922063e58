"""Lint finds everything that is wrong in one run, and all for which loading refuses."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha.errors import DataError
from fanzha.registry import Registry
from fanzha.registry_lint import PROBLEM_CODES, lint

TODAY = date(2026, 12, 1)
HEADER = "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note"
ALIAS_HEADER = "alias,brand,kind,needs,note"


def table(folder: Path, *lines: str, name: str = "own.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def codes(*paths: Path) -> list[str]:
    found = lint(*paths, today=TODAY)
    return [f"{one.line}:{one.column} {one.code}" for one in found.problems]


def test_the_shipped_tables_are_clean() -> None:
    found = lint(today=TODAY)
    assert list(map(str, found.problems)) == []
    assert found.lines > 1200


def test_the_shipped_table_is_clean_when_it_is_named() -> None:
    path = Path(str(files("fanzha_data") / "hotlines.csv"))
    assert lint(path, today=TODAY).problems == ()


GOOD = "甲,bank,甲行,4001234567,400,high,customer_service,,2026-11,own,"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(GOOD, [], id="good"),
        pytest.param(GOOD.replace("甲,", ",", 1), ["2:1 no_brand"], id="brand"),
        pytest.param(GOOD.replace("4001234567", ""), ["2:4 no_number"], id="no number"),
        pytest.param(GOOD.replace("4001234567", "400-1234567"), ["2:4 malformed_number"], id="-"),
        pytest.param(GOOD.replace("4001234567", "955889"), ["2:4 malformed_number"], id="955889"),
        pytest.param(GOOD.replace("4001234567", "95588"), ["2:5 wrong_kind"], id="kind"),
        pytest.param(GOOD.replace("4001234567", "10655881234"), ["2:5 wrong_kind"], id="an SMS id"),
        pytest.param(GOOD.replace(",own,", ",,"), ["2:10 no_source"], id="source"),
        pytest.param(GOOD.replace("2026-11", "last year"), ["2:9 no_date"], id="no date"),
        pytest.param(GOOD.replace("2026-11", "2026-02-30"), ["2:9 no_date"], id="February 30"),
        pytest.param(GOOD.replace("2026-11", "2027-01"), ["2:9 future_date"], id="next year"),
        pytest.param(GOOD.replace("2026-11", "2026-12-02"), [], id="tomorrow, east of here"),
        pytest.param(GOOD.replace("customer_service", "boss"), ["2:7 unknown_role"], id="role"),
        pytest.param(GOOD.replace("high", "sure"), ["2:6 unknown_confidence"], id="confidence"),
        pytest.param(GOOD.replace("bank", "bnak"), ["2:2 unknown_category"], id="category"),
        pytest.param(GOOD.replace(",,2026", ",alibabba,2026"), ["2:8 lone_group"], id="group"),
        pytest.param(GOOD.replace("甲行", "花呗"), ["2:3 alias_clash"], id="alias of another"),
        pytest.param(GOOD.replace("甲行", "花唄"), ["2:3 alias_clash"], id="in other characters"),
        pytest.param(GOOD.replace("甲行", "淘宝"), ["2:3 alias_is_brand"], id="name of another"),
        pytest.param(GOOD.replace("甲,", "花呗,", 1), ["2:1 alias_is_brand"], id="brand an alias"),
        pytest.param(
            GOOD.replace("甲行", "淘宝").replace(",,2026", ",alibaba,2026"),
            ["2:3 alias_is_brand"],
            id="name of another in the group",
        ),
        pytest.param(GOOD.replace("甲行", "\u200b"), ["2:3 no_name"], id="an alias of nothing"),
        pytest.param(
            GOOD.replace("customer_service", "removed"), ["2:4 nothing_to_remove"], id="removal"
        ),
    ],
)
def test_a_problem_is_pointed_at_with_its_code(
    tmp_path: Path, line: str, expected: list[str]
) -> None:
    path = table(tmp_path, line)
    assert codes(path) == expected
    for one in lint(path, today=TODAY).problems:
        assert str(one).startswith(f"{path}:2:")
        assert one.field is not None
        assert one.code in PROBLEM_CODES


def test_all_problems_are_found_in_one_run(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "甲,bnak,淘宝,955889,400,sure,boss,nobody,2030,,",
        "乙",
        GOOD,
        GOOD,
        GOOD.replace("bank", "auto").replace("4001234567", "4001234568"),
    )
    assert codes(path) == [
        "2:2 unknown_category",
        "2:3 alias_is_brand",
        "2:4 malformed_number",
        "2:6 unknown_confidence",
        "2:7 unknown_role",
        "2:8 lone_group",
        "2:9 no_date",
        "2:10 no_source",
        "3:2 fields",
        "4:2 inconsistent",
        "5:2 inconsistent",
        "5:4 duplicate",
        "6:2 inconsistent",
    ]


def test_an_overlay_may_join_and_correct_what_another_one_added(tmp_path: Path) -> None:
    first = table(tmp_path, GOOD, name="first.csv")
    second = table(
        tmp_path,
        GOOD.replace("customer_service", "removed"),
        GOOD.replace("4001234567", "4001234568").replace(",,2026", ",jd,2026"),
        name="second.csv",
    )
    assert codes(first, second) == []
    assert codes(second) == ["2:4 nothing_to_remove"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("某信,微信,nickname,,", [], id="good"),
        pytest.param("某信,微信,nick,,", ["2:3 unknown_kind"], id="kind"),
        pytest.param("某信,没有这家,nickname,,", ["2:2 unknown_brand"], id="brand without number"),
        pytest.param("某信,,nickname,,", ["2:2 no_brand"], id="no brand"),
        pytest.param("花呗,京东,nickname,,", ["2:1 alias_clash"], id="alias of another"),
        pytest.param("淘宝,京东,nickname,,", ["2:1 alias_is_brand"], id="name of another"),
        pytest.param("花唄,支付宝,misspelling,,", ["2:1 duplicate"], id="in the registry"),
        pytest.param("移动,,guarded,,", ["2:4 no_guard"], id="guard"),
        pytest.param("微信,,decoy,,", [], id="a decoy may be a brand"),
        pytest.param("\u200b,,decoy,,", ["2:1 no_name"], id="marks"),
    ],
)
def test_an_alias_table_is_known_by_its_header(
    tmp_path: Path, line: str, expected: list[str]
) -> None:
    assert codes(table(tmp_path, line, header=ALIAS_HEADER)) == expected


def test_an_alias_given_twice_is_told_once_as_duplicate_and_once_as_clash(tmp_path: Path) -> None:
    lines = (
        "某信,微信,nickname,,",
        "某 信,微信,product,,",
        "某信,微信,nickname,,",
        "某信,京东,nickname,,",
    )
    assert codes(table(tmp_path, *lines, header=ALIAS_HEADER)) == [
        "4:1 duplicate",
        "5:1 alias_clash",
    ]


def test_a_file_that_cannot_be_read_is_an_error_and_no_problem(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv"):
        lint(tmp_path / "none.csv")


FIELDS = (
    st.sampled_from(["甲", "乙", "抖音", "花呗", ""]),
    st.sampled_from(["bank", "none", ""]),
    st.sampled_from(["", "甲行", "花呗", "淘宝|乙", "\u200b"]),
    st.sampled_from(["4001234567", "95152", "95-1", "955889", ""]),
    st.sampled_from(["400", "short_code"]),
    st.sampled_from(["high", "sure"]),
    st.sampled_from(["customer_service", "removed", "boss"]),
    st.sampled_from(["", "jd", "nobody"]),
    st.sampled_from(["2026-11", "2099-01", "soon"]),
    st.sampled_from(["own", ""]),
    st.just(""),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(*FIELDS).map(",".join), max_size=4))
def test_loading_refuses_exactly_what_lint_says_it_refuses(
    tmp_path: Path, lines: list[str]
) -> None:
    path = table(tmp_path, *lines)
    refused = [str(one) for one in lint(path, today=TODAY).problems if one.refused]
    if refused:
        with pytest.raises(DataError) as caught:
            Registry.load(path)
        assert str(caught.value) in refused
    else:
        assert Registry.load(path).brands
