from __future__ import annotations

import re
import string
import tomllib
from datetime import datetime
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.errors import InputError
from fanzha.labels import LABELS
from fanzha.scan.advice import advise
from fanzha.scan.read import Reject
from fanzha.scan.report import Run, gather
from fanzha.scan.report_page import draw_report
from fanzha.scan.report_words import LANGUAGES, Words
from scan_lines import Line, line, scanned

AD = "花呗套现当天到账，十年老店诚信第一，外地也可以做，要的联系"
WRITTEN = datetime(2026, 11, 22, 10, 30)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"


def page(
    *lines: Line, language: str = "en", rejects: tuple[Reject, ...] = (), run: Run | None = None
) -> str:
    return draw_report(gather(scanned(lines), rejects, run), language, WRITTEN)


def forum() -> list[Line]:
    fake = {"brand": "支付宝", "status": "unlisted"}
    return [
        *(
            line(f"a{n}", f"{AD} 4000000001", "4000000001", board="交易", account=f"u{n % 2}",
                 posted_at=f"2026-10-{12 + n} 08:00", **fake)
            for n in range(4)
        ),
        *(line(f"c{n}", "早", board="闲聊", flagged=False) for n in range(60)),
    ]  # fmt: skip


def test_the_first_lines_say_how_much_and_what_to_do() -> None:
    text = page(*forum(), run=Run(64, 2.0, ("dump.jsonl",)))
    assert "<h1>4 of 64 posts are suspicious</h1>" in text
    assert "64 posts of dump.jsonl, scanned in 2.0 s at 32 posts/s" in text
    for sentence in (
        "Take down the 4 posts to block",
        "4 posts by 2 accounts (100% of all suspicious posts)",
        "Put 4000000001 on your block list: 4 posts",
        "Warn of 4000000001: 4 posts give it as the line of 支付宝, which publishes 95188.",
    ):
        assert sentence in text
    assert text.index("What to do next") < text.index("Over time") < text.index("By board")


def test_in_chinese_nothing_is_left_in_english() -> None:
    text = page(*forum(), language="zh")
    assert '<html lang="zh-CN">' in text
    assert "<h1>64 帖中有 4 帖可疑</h1>" in text
    assert "提醒用户警惕 4000000001：4 帖称它是支付宝客服，而支付宝公布的是 95188。" in text
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    words = set(re.findall("[a-z]{4,}", shown.lower()))
    assert words <= {
        "fanzha", "scan", "report", "default", "suggestion", "block", "cash", "offer", "cash_out",
        "company", "page",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_posts_say_is_never_markup(language: str) -> None:
    told = [
        line(
            f"{EVIL}{n}", f"{EVIL}套现{EVIL} 4000000001 {AD}", "4000000001", brand=EVIL,
            status="unlisted", account=EVIL, board=EVIL, posted_at="2026-10-12",
        )
        for n in range(3)
    ]  # fmt: skip
    for one in told:
        one["contacts"] = [{"kind": "wechat", "start": 0, "end": 1, "text": EVIL, "value": EVIL}]
        one["evidence"][0] |= {"why": EVIL, "text": EVIL, "rule": EVIL}
        one["hotlines"][0] |= {"number": EVIL, "source": EVIL, "official_numbers": [EVIL]}
        one["model"] = {"bundle": EVIL, "policy": EVIL}
    text = page(
        *told, language=language, rejects=(Reject(EVIL, 1, EVIL),), run=Run(3, 1.0, (EVIL,))
    )  # fmt: skip
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "49" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_asks_for_nothing_outside_itself(language: str) -> None:
    text = page(*forum(), line("x", "看 https://evil.example/x.js 套现"), language=language)
    addresses = re.findall(r"""(?:src|href|action|data|srcset)\s*=\s*["']?([^"'\s>]+)""", text)
    assert all(one.startswith(("#", "data:,")) for one in addresses)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_evidence_is_marked_where_it_stands() -> None:
    text = page(line("a", "𠮷😀\n花呗套现秒到"))
    assert "𠮷😀\n花呗<mark>套现</mark>秒到" in text


def test_signs_that_steer_a_display_are_shown_as_such() -> None:
    text = page(line("a", "套现\u202egpj.exe\x00\ud800\x1b[2J"))
    assert not set("\u202e\x00\ud800\x1b") & set(text)
    assert "<mark>套现</mark>\ufffdgpj.exe\ufffd\ufffd\ufffd[2J" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scan_of_nothing_has_a_report_too(language: str) -> None:
    text = page(language=language)
    assert "<h1>" in text
    assert Words.of(language)("do_nothing") in text
    assert "<svg" not in text


def test_without_texts_times_and_boards_the_page_says_how_to_get_them() -> None:
    one = line("a", AD)
    del one["text"]
    text = page(one)
    for option in ("--posts", "--time-field", "--board-field"):
        assert option in text


def test_only_flagged_posts_have_no_shares_of_all() -> None:
    text = page(line("a", AD, board="闲聊"))
    assert "<h1>1 posts are suspicious</h1>" in text
    assert "of all</span>" not in text


def test_rejects_and_the_model_are_told() -> None:
    text = page(line("a", AD), rejects=tuple(Reject("d.csv", n, "broken CSV") for n in range(30)))
    assert "30 records could not be read" in text
    assert "<code>d.csv:0</code> broken CSV" in text
    assert "10 more are in the rejects file." in text
    assert "b1" in text


def test_bars_are_as_long_as_their_figures() -> None:
    told = [line(f"a{n}", AD) for n in range(4)] + [line("b", "甲", label="gambling")]
    kinds = page(*told).split('id="kinds"')[1].split("</section>")[0]
    assert re.findall(r'<rect x="0.00" y="0" width="([0-9.]+)"', kinds) == ["1000.00", "250.00"]


def test_a_board_far_above_the_average_is_named() -> None:
    told = [line(f"a{n}", "甲", board="交易", flagged=n < 20) for n in range(60)]
    told += [line(f"b{n}", "乙", board="闲聊", flagged=False) for n in range(200)]
    assert "Watch 交易: 33.3% of its posts are suspicious, 4.3 times the average." in advise(
        gather(scanned(told)), Words.of("en")
    )


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 10, "0%"), (1, 10_000, "< 0.1%"), (9999, 10_000, "99.9%"), (1, 3, "33.3%"),
     (1, 2, "50%"), (3, 0, "–"), (7, 7, "100%")],
)  # fmt: skip
def test_a_share_says_neither_nothing_nor_all_of_what_is_something(
    part: int, whole: int, shown: str
) -> None:
    assert Words.of("en").share(part, whole) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.25, "0.2 s"), (75.4, "1 min 15 s"), (7260, "2 h 01 min")]
)
def test_a_duration_is_told_in_its_largest_units(seconds: float, shown: str) -> None:
    assert Words.of("zh").duration(seconds) == shown


def test_both_languages_have_the_same_words_with_the_same_gaps() -> None:
    tables = tomllib.loads(
        files("fanzha.scan").joinpath("templates", "words.toml").read_text("utf-8")
    )
    assert tuple(sorted(tables)) == tuple(sorted(LANGUAGES))

    def gaps(text: str) -> list[str]:
        return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})

    chinese, english = (
        {name: gaps(text) for name, text in tables[one].items()} for one in ("zh", "en")
    )
    assert chinese == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_has_a_name(language: str) -> None:
    assert len({Words.of(language).label(label) for label in LABELS}) == len(LABELS)


def test_another_language_is_refused() -> None:
    with pytest.raises(InputError, match="no report in the language 'fr'; use one of zh, en"):
        page(language="fr")


@settings(max_examples=30)
@given(st.text(max_size=60), st.text(max_size=20), st.sampled_from(LANGUAGES))
def test_any_text_gives_a_page_with_balanced_marks(text: str, board: str, language: str) -> None:
    drawn = page(line("a", text + "套现", board=board, account=text), language=language)
    assert drawn.count("<mark>") == drawn.count("</mark>") > 0
    assert drawn.count("<article") == drawn.count("</article>")
