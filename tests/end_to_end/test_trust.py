from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanzha.cli import main

POSTS = (
    ("a1", "抖音月付官方客服电话 400-000-1001，注销、退款找人工，加薇：tx_8888", "王二"),
    ("a2", "专业处理各种账单问题，诚信可靠，老板联系，薇：tx_8888 电话13800009999", "王二"),
    ("a3", "专业处理各种账单问题，诚信可靠，老板联系，薇：tx_8888 电话13800008888", "李四"),
    ("a4", "老王五金店 电话 0571-88123456 手机 13800001111", "老王"),
    ("a5", "警方提醒：400-000-1001 冒充抖音客服诈骗，请勿拨打，报案请拨 0571-87654321", "警方"),
    ("a6", "支付宝客服 95188 打得通吗", "张三"),
)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("forum")
    dump, verdicts = folder / "dump.jsonl", folder / "verdicts.jsonl"
    rows = [{"id": name, "text": text, "author": author} for name, text, author in POSTS]
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["scan", str(dump), "--output", str(verdicts), "--workers", "1"]) == 0
    return str(verdicts), str(dump)


def test_a_scans_numbers_in_the_company_of_a_fake_are_lifted_and_honest_ones_are_not(
    scanned: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts, dump = scanned
    assert main(["trust", verdicts, "--posts", dump, "--least", "0.001", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["contact"] for row in rows] == ["wechat:tx_8888", "13800009999", "13800008888"]
    assert {row["fake"] for row in rows} == {"4000001001"}
    assert rows[1]["path"][0]["account"] == "王二"


def test_the_table_says_whose_company_a_number_keeps(
    scanned: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts, dump = scanned
    assert main(["trust", verdicts, "--posts", dump]) == 0
    out = capsys.readouterr().out
    assert "8 numbers and chat ids in 6 posts, 5 accounts" in out
    assert "13800009999 → posts a2 and a1, both by 王二 → 4000001001" in out


def test_only_the_flagged_posts_need_to_be_in_the_scan(
    scanned: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, dump = scanned
    flagged = tmp_path / "flagged.jsonl"
    assert main(["scan", dump, "--output", str(flagged), "--only", "flagged"]) == 0
    capsys.readouterr()
    assert main(["trust", str(flagged), "--posts", dump]) == 0
    assert "wechat:tx_8888 → post a1 → 4000001001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["-", "--posts", "-"], "(-) is both verdicts and posts", id="stdin twice"),
        pytest.param(["none.jsonl"], "there is no file none.jsonl", id="no file"),
        pytest.param(["VERDICTS", "--least", "0"], "the least lift is 0.0", id="cut"),
        pytest.param(["DUMP"], "is no verdict; give the output of fanzha scan", id="a dump"),
        pytest.param(["VERDICTS", "--posts", "VERDICTS"], "does not come next", id="no dump"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    scanned: tuple[str, str],
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = dict(zip(("VERDICTS", "DUMP"), scanned, strict=True))
    assert main(["trust", *(named.get(one, one) for one in arguments)]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
