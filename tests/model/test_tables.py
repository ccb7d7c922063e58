"""A table that is wrong says where, and all of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha.errors import DataError
from fanzha.tables import read_table, survey_table

COLUMNS = ("name", "note")


def table(folder: Path, content: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def places(path: Path) -> list[str]:
    _, problems = survey_table(path, COLUMNS)
    return [f"{one.line}:{one.column} {one.code}" for one in problems]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", ["1:1 empty"], id="empty"),
        pytest.param("name\n甲\n", ["1:1 header"], id="column"),
        pytest.param('"na"me,note\n甲,乙\n', ["1:1 csv"], id="broken header"),
        pytest.param("name,note\n甲\n乙,1,2\n丙,3\n", ["2:2 fields", "3:3 fields"], id="fields"),
        pytest.param(
            'name,note\n"甲,1\n乙\n丙,"3\n', ["2:1 csv", "3:2 fields", "4:1 csv"], id="open"
        ),
        pytest.param('name,note\n"甲"x,1\n乙\n', ["2:1 csv", "3:2 fields"], id="quote inside"),
        pytest.param("name,note\n甲,1\n".encode() + b"\xbc\xd7,1\n", ["3:1 encoding"], id="gbk"),
        pytest.param("\ufeffname,note\r\n甲,1\r\n\r\n乙,2\r\n", [], id="as Excel writes it"),
    ],
)
def test_every_broken_line_is_pointed_at_once(
    tmp_path: Path, content: str | bytes, expected: list[str]
) -> None:
    path = table(tmp_path, content)
    assert places(path) == expected
    if expected:
        with pytest.raises(DataError, match=rf"t\.csv:{expected[0].split()[0]}: "):
            read_table(path, COLUMNS)


def test_the_rows_around_a_broken_line_are_read(tmp_path: Path) -> None:
    path = table(tmp_path, 'name,note\n甲,1\n乙\n"丙,\n丁,4\n')
    rows, _ = survey_table(path, COLUMNS)
    assert [(row.line, row["name"]) for row in rows] == [(2, "甲"), (5, "丁")]


def test_a_file_that_is_absent_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read the table .*none\.csv"):
        survey_table(tmp_path / "none.csv", COLUMNS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet='甲a1,"\n\r x', max_size=60))
def test_a_survey_finds_a_problem_exactly_where_reading_refuses(tmp_path: Path, body: str) -> None:
    path = table(tmp_path, "name,note\n" + body)
    rows, problems = survey_table(path, COLUMNS)
    if problems:
        with pytest.raises(DataError) as caught:
            read_table(path, COLUMNS)
        assert str(caught.value) == str(problems[0])
        assert [one.line for one in problems] == sorted(one.line for one in problems)
    else:
        assert read_table(path, COLUMNS) == rows
