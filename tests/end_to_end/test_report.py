from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fanzha.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SAMPLE = Path(__file__).parents[2] / "data" / "sample-posts" / "forum.jsonl"
EVIL = "<img src=https://evil.example/x.png onerror=alert(1)>花呗套现秒到，扣5个点，加V：hb_9527"
WIDTHS = pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample posts, some of them posted again by others, markup, and a broken line."""
    path = tmp_path_factory.mktemp("dump") / "forum.jsonl"
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    copies = [
        {**row, "id": f"{row['id']}-{n}", "author": f"马甲{n}", "text": f"{row['text']}，急{n}"}
        for row in rows[::4]
        for n in range(3)
    ]
    copies.append({"id": "evil", "text": EVIL, "author": EVIL, "board": "x" * 300})
    lines = [json.dumps(row, ensure_ascii=False) for row in (*rows, *copies)]
    path.write_text("\n".join([*lines, "{"]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def report(dump: Path) -> Path:
    """The page that `scan --report` writes."""
    path, verdicts = dump.with_name("report.html"), dump.with_name("v.jsonl")
    assert main(["scan", str(dump), "--output", str(verdicts), "--report", str(path),
                 "--workers", "1"]) == 0  # fmt: skip
    return path


def opened(browser: Browser, path: Path, width: int, **more: Any) -> tuple[Page, list[str]]:
    """Open a page; gives what it complained of and what it asked for besides itself."""
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width < 500 else 800}, offline=True, **more
    )
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.append(request.url))
    page.goto(path.as_uri())
    said.remove(path.as_uri())
    return page, said


@WIDTHS
def test_a_browser_shows_the_report_without_asking_for_anything(
    browser: Browser, report: Path, width: int, tmp_path: Path
) -> None:
    page, said = opened(browser, report, width)
    screenshot = page.screenshot(path=tmp_path / f"report-{width}.png", full_page=True)
    assert said == []
    assert screenshot.startswith(b"\x89PNG")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wider = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('svg, .text, .name') && "
        "e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 200))"
    )
    assert wider == []


@WIDTHS
def test_the_first_screen_says_how_much_what_kind_and_what_to_do(
    browser: Browser, report: Path, width: int
) -> None:
    page, _ = opened(browser, report, width)
    height = page.viewport_size["height"] if page.viewport_size else 0
    first = [page.locator("h1"), *page.locator(".figures li").all()]
    first += [page.locator("#kinds li").first, page.locator("#next li").first]
    assert len(first) >= 7
    for one in first:
        box = one.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert "帖可疑" in page.locator("h1").inner_text()


def test_figures_texts_and_marks_are_those_of_the_verdicts(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report, 1280)
    verdicts = [
        json.loads(line)
        for line in report.with_name("v.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    n_blocked = sum(verdict["suggestion"] == "block" for verdict in verdicts)
    assert page.locator(".figures b").first.inner_text() == f"{n_blocked:,}"
    assert page.locator("#campaigns ~ .list article").count() > 3
    assert page.locator("mark").count() > 10
    assert page.locator("img").count() == page.locator("script").count() == 0
    assert "1 条记录无法读取" in page.inner_text("main")
    assert page.locator("#time ~ .card svg rect").count() > 0


def test_dark_and_printed_pages_can_be_read(browser: Browser, report: Path) -> None:
    def colours(page: Page) -> list[str]:
        found: list[str] = page.evaluate(
            "(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))"
        )
        return found

    light, _ = opened(browser, report, 1280, color_scheme="light")
    dark, _ = opened(browser, report, 1280, color_scheme="dark")
    assert colours(light) != colours(dark)
    dark.emulate_media(media="print")
    assert colours(dark) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_the_report_is_written_again_from_the_verdicts_in_english(
    report: Path, dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts, path = report.with_name("v.jsonl"), tmp_path / "r.html"
    assert main(["report", str(verdicts), "--posts", str(dump), "--output", str(path),
                 "--language", "en"]) == 0  # fmt: skip
    assert f"the report: {path}" in capsys.readouterr().out
    text = path.read_text(encoding="utf-8")
    assert "posts are suspicious</h1>" in text
    assert "1 records could not be read" in text
    assert "not known; scan --report tells it" in text


def test_a_scan_of_standard_output_or_into_an_input_has_no_report(
    dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for output, report, told in (
        ("-", tmp_path / "r.html", "a report is made from the scan's output"),
        (str(tmp_path / "v.jsonl"), dump, "is also an input"),
        (str(tmp_path / "v.jsonl"), tmp_path / "v.jsonl", "is also an input or the output"),
        (str(tmp_path / "v.jsonl"), tmp_path / "no" / "r.html", "its folder is absent"),
    ):
        assert main(["scan", str(dump), "--output", output, "--report", str(report)]) == 2
        assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["v.jsonl", "v.csv", "v.parquet", "v.sqlite", "v.json"])
def test_a_report_is_the_same_from_every_output_and_after_resuming(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"id": 7, "title": "花呗套现秒到", "text": "[b]老店[/b]诚信", "time": "2026-10-12"},
        {"text": "食堂今天的红烧肉有七块", "author": "乙", "time": "2026-10-12 09:00"},
    ]  # fmt: skip
    dump, output, page = tmp_path / "d.jsonl", tmp_path / name, tmp_path / "r.html"
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["scan", str(dump), "--output", str(output), "--report", str(page), "--resume",
                 "--no-screen", "--workers", "1", "--language", "en"]) == 0  # fmt: skip
    text = page.read_text(encoding="utf-8")
    assert "<mark>套现</mark>" in text or "<mark>花呗套现" in text
    assert "[b]老店[/b]诚信" in text
    assert main(["report", str(output), "--posts", str(dump), "--output", str(page)]) == 0
    assert "[b]老店[/b]诚信" in page.read_text(encoding="utf-8")
    assert main(["campaigns", str(output), "--posts", str(dump), "--output", "-"]) == 0
    assert main(["trust", str(output), "--posts", str(dump)]) == 0
    assert "Traceback" not in capsys.readouterr().err
