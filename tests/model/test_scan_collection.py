from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fanzha.errors import InputError
from fanzha.scan import Plan
from fanzha.scan.collection import collect
from fanzha.scan.occurrences import Occurrences

WORDING = "专业处理各种账单问题，诚信可靠，老板联系{}"


def verdict(place: dict[str, Any], *numbers: str, text: str = "", **more: Any) -> dict[str, Any]:
    hotlines = [
        {
            "start": max(text.find(number), 0), "end": max(text.find(number), 0) + len(number),
            "text": number, "number": number, "kind": "400", "brand": None, "claimed": False,
            "status": "unknown_brand", "official_numbers": [], "source": None,
        }
        for number in numbers
    ]  # fmt: skip
    return {
        **place, "suggestion": "pass", "evidence": [], "hotlines": hotlines, "contacts": [], **more,
    }  # fmt: skip


def plan(path: Path, *rows: dict[str, Any]) -> Plan:
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    return Plan((str(path),), "-")


def settings_of(found: Occurrences) -> list[tuple[str, int, int]]:
    return list(
        zip(found.posts, found.account_of().tolist(), found.campaign_of().tolist(), strict=True)
    )


def test_verdicts_take_account_and_wording_from_their_records_in_order(tmp_path: Path) -> None:
    texts = [WORDING.format(number) for number in ("4000000001", "4000000002")]
    other = "钓鱼用品批发零售，周末照常开门，找老周4000000003"
    posts = plan(
        tmp_path / "d.jsonl",
        {"id": 1, "text": texts[0], "author": "甲"},
        {"id": 2, "text": "passes and was left out", "author": "乙"},
        {"id": 3, "text": texts[1], "author": "乙"},
        {"id": 4, "text": other, "author": "甲"},
    )
    verdicts = plan(
        tmp_path / "v.jsonl",
        verdict({"id": 1}, "4000000001", text=texts[0]),
        verdict({"id": 3}, "4000000002", text=texts[1]),
        verdict({"id": 4}, "4000000003", text=other, suggestion="block"),
    )
    found = collect(verdicts, posts)
    assert settings_of(found) == [("1", 0, 0), ("3", 1, 0), ("4", 0, 1)]
    assert found.accounts == ["甲", "乙"]
    assert found.flagged().tolist() == [False, False, True]


def test_without_the_posts_company_is_by_post_alone(tmp_path: Path) -> None:
    verdicts = plan(
        tmp_path / "v.jsonl",
        verdict({"line": 7}, "4000000001"),
        verdict({"file": "a", "line": 9}, "4000000001"),
        verdict({"line": 11}),
    )
    assert settings_of(collect(verdicts)) == [("line 7", -1, -1), ("a:9", -1, -1)]


def test_an_account_or_campaign_in_the_verdict_line_counts_first(tmp_path: Path) -> None:
    posts = plan(tmp_path / "d.jsonl", {"id": 1, "text": "x", "author": "甲"})
    verdicts = plan(
        tmp_path / "v.jsonl", verdict({"id": 1}, "4000000001", account="乙", campaign="c")
    )
    found = collect(verdicts, posts)
    assert (found.accounts, settings_of(found)) == (["乙"], [("1", 0, 0)])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("{", "v.jsonl:2 is broken JSON at column", id="broken JSON"),
        pytest.param("[]", "v.jsonl:2 is no verdict", id="no object"),
        pytest.param('{"text": "x"}', "v.jsonl:2 is no verdict", id="a post"),
        pytest.param(
            '{"suggestion": "pass", "hotlines": []}', "the field 'contacts' is missing",
            id="field missing",
        ),
        pytest.param(
            '{"suggestion": "pass", "evidence": [], "hotlines": [1], "contacts": []}',
            "a field is of another kind", id="another kind",
        ),
    ],
)  # fmt: skip
def test_what_is_no_verdict_is_refused_with_its_line(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text(json.dumps(verdict({"id": 1})) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        collect(Plan((str(path),), "-"))
    assert reason in str(caught.value)
    assert "give the output of fanzha scan" in str(caught.value)


def test_a_dump_in_another_order_is_refused(tmp_path: Path) -> None:
    posts = plan(tmp_path / "d.jsonl", {"id": 2, "text": "x"}, {"id": 1, "text": "y"})
    verdicts = plan(tmp_path / "v.jsonl", verdict({"id": 1}), verdict({"id": 2}))
    with pytest.raises(InputError, match=r"v\.jsonl:2 does not come next in the posts"):
        collect(verdicts, posts)


def test_the_limit_holds_for_the_whole_collection(tmp_path: Path) -> None:
    verdicts = plan(tmp_path / "v.jsonl", *(verdict({"id": n}, "1", "2") for n in range(3)))
    with pytest.raises(InputError, match="more than 5 occurrences"):
        collect(verdicts, limit=5)
