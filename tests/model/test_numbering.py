from pathlib import Path

import phonenumbers
import pytest

from fanzha.errors import DataError, InputError
from fanzha.numbering import Numbering

PLAN = Numbering.load()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("110", "emergency"), ("10086", "short_code"), ("95188", "short_code"),
        ("9510211", "short_code"), ("95163298", "short_code"), ("10109777", "service_1010"),
        ("12315", "government"), ("96110", "government"), ("96699", "provincial"),
        ("95013790000", "voip"), ("057195188", "short_code"), ("4006455566", "400"),
        ("8008205527", "800"), ("13800006629", "mobile"), ("057185302296", "landline"),
        ("05344821100", "landline"), ("66210837", "landline"), ("11183", "short_code"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_its_kind(number: str, kind: str) -> None:
    reading = PLAN.read(number)
    assert (reading.kind, reading.malformed) == (kind, None)
    assert reading.source


@pytest.mark.parametrize(
    "number",
    [
        "955889", "955388", "9560250", "400820555", "40055107390", "16011207745", "15400003318",
        "19400032217", "0756955337", "9559", "07551234567", "1" * 33, "7",
    ],
)  # fmt: skip
def test_an_impossible_number_is_malformed_with_a_reason(number: str) -> None:
    assert PLAN.read(number).malformed


def test_a_landline_gives_its_region() -> None:
    assert PLAN.read("057185302296").region == "浙江省杭州市"
    assert PLAN.read("13800006629").region is None


@pytest.mark.parametrize(
    ("number", "bare"),
    [
        ("057195188", "95188"),
        ("0209612345", "0209612345"),
        ("95188", "95188"),
        ("02196110", "96110"),
    ],
)
def test_the_area_code_before_a_short_code_is_stripped(number: str, bare: str) -> None:
    assert PLAN.without_area_code(number) == bare


@pytest.mark.parametrize("number", ["", "95-188", "９５１８８", "+86", "九五"])
def test_anything_but_ascii_digits_is_refused(number: str) -> None:
    with pytest.raises(InputError, match="ASCII digits"):
        PLAN.read(number)


@pytest.mark.parametrize("number", ["9510211", "95163298", "11183", "11888"])
def test_the_plan_knows_real_lines_that_libphonenumber_rejects(number: str) -> None:
    assert not phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))
    assert not phonenumbers.is_valid_short_number_for_region(phonenumbers.parse(number, "CN"), "CN")
    assert PLAN.read(number).malformed is None


def test_the_plan_rejects_a_line_that_libphonenumber_accepts() -> None:
    parsed = phonenumbers.parse("955889", "CN")
    assert phonenumbers.is_valid_short_number_for_region(parsed, "CN")
    assert PLAN.read("955889").malformed


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param("075523456789", None, id="Shenzhen, eight"),
        pytest.param("0755234567", "seven or eight digits", id="Shenzhen, six"),
        pytest.param("07552345678", "广东省深圳市 have 8 digits", id="Shenzhen, seven"),
        pytest.param("03736650119", None, id="Xinxiang, seven"),
        pytest.param("037366501192", "河南省新乡市 have 7 digits", id="Xinxiang, eight"),
        pytest.param("05718530229", "浙江省杭州市 have 8 digits", id="Hangzhou, seven"),
        pytest.param("08512345678", None, id="Guiyang, seven"),
        pytest.param("085123456789", None, id="Guiyang, eight"),
        pytest.param("07559535535", "begins with 0, 1 or 9", id="nine behind the code"),
    ],
)
def test_a_landline_has_as_many_digits_as_its_area(number: str, words: str | None) -> None:
    malformed = PLAN.read(number).malformed
    if words is None:
        assert malformed is None
    else:
        assert malformed is not None
        assert words in malformed


def test_area_lengths_are_those_of_libphonenumber() -> None:
    for code, (_, lengths) in PLAN.areas.items():
        known = {
            length
            for length in (7, 8)
            for first in "2345678"
            if phonenumbers.is_valid_number(
                phonenumbers.parse(code + (first + "2345678")[:length], "CN")
            )
        }
        assert known == lengths, code


@pytest.mark.parametrize(
    ("number", "kind"),
    [("0018085550147", "overseas"), ("0900000718", "overseas"), ("80005230", "landline")],
)
def test_overseas_and_local_numbers_are_no_malformed_chinese_ones(number: str, kind: str) -> None:
    assert (PLAN.read(number).kind, PLAN.read(number).malformed) == (kind, None)


# Allocated by MIIT, see zh.wikisource, and not in libphonenumber's pattern.
@pytest.mark.parametrize("number", ["14612345678", "14812345678", "14912345678"])
def test_the_plan_knows_mobile_ranges_that_libphonenumber_rejects(number: str) -> None:
    assert not phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))
    assert PLAN.read(number).malformed is None


# Nobody's subscriber number begins with a 1, where the short codes live.
@pytest.mark.parametrize("number", ["01012345678", "02112345678"])
def test_the_plan_rejects_landlines_that_libphonenumber_accepts(number: str) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))
    assert PLAN.read(number).malformed


@pytest.mark.parametrize("number", ["40082088201", "400820882", "07551234567"])
def test_the_plan_and_libphonenumber_agree_on_wrong_lengths(number: str) -> None:
    assert not phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))
    assert PLAN.read(number).malformed


@pytest.mark.parametrize(
    ("line", "at", "words"),
    [
        ("95(,x,,m,s", ":2:1:", "no regular expression"),
        ("95,,,m,s", ":2:2:", "is empty"),
        ("95,x,,m", ":2:5:", "4 fields"),
    ],
    ids=["pattern", "kind", "fields"],
)
def test_a_bad_plan_line_is_pointed_at(tmp_path: Path, line: str, at: str, words: str) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(f"pattern,kind,malformed,meaning,source\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Numbering.load(path)
    assert at in str(caught.value)
    assert words in str(caught.value)


def test_a_plan_without_shapes_or_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    for text, words in [
        ("", "empty"), ("a,b\n", "lacks"), ("pattern,kind,malformed,meaning,source\n", "no shape"),
    ]:  # fmt: skip
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=words):
            Numbering.load(path)
    with pytest.raises(DataError, match="cannot read"):
        Numbering.load(tmp_path / "absent.csv")
