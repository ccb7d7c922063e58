"""The console in a real browser, on both databases, as moderators use it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import URL, update

import fanzha_data
import postgres
from end_to_end.test_service import CASH_OUT, CLEAN, FAKE_HOTLINE, Service, serving
from fanzha_api.store import tables
from fanzha_api.store.engine import address_of, open_engine
from receiver import Receiver

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.skipif(
    not (fanzha_data.path("bundle") / "manifest.json").is_file(),
    reason="no bundle in data/fanzha_data/bundle; make one with `make train`",
)

SAMPLE = Path(__file__).parents[2] / "data" / "sample-posts" / "forum.jsonl"
POLICY: dict[str, Any] = {
    "record": "all",
    "keep_texts": True,
    "labels": {"cash_out": {"block": None}, "fake_hotline": {"block": None}},
}
PAGES = (
    "/console", "/console/try", "/console/review", "/console/appeals", "/console/campaigns",
    "/console/policies", "/console/policies/default", "/console/policies/default/history",
    "/console/jobs", "/console/keys", "/console/audit", "/console/webhooks",
)  # fmt: skip


@dataclass
class Console:
    """A running service, the browser at its console, and what the browser complained of."""

    service: Service
    browser: Browser
    key: str
    database: URL
    said: list[str] = field(default_factory=list)

    def context(self, **options: Any) -> BrowserContext:
        return self.browser.new_context(**{"locale": "zh-CN", **options})

    def page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self._check(request.url))
        return page

    def _check(self, url: str) -> None:
        if not url.startswith(self.service.url):
            self.said.append(f"asked for {url}")

    def signed_in(self, **options: Any) -> Page:
        page = self.page(self.context(**options))
        page.goto(f"{self.service.url}/console")
        page.wait_for_function("document.activeElement.id === 'key'")
        page.keyboard.type(self.key)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.service.url}/console")
        return page

    def api(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(
            method, self.service.url + path, json=body, timeout=30, trust_env=False,
            headers={"Authorization": f"Bearer {self.key}"},
        )  # fmt: skip
        assert answer.status_code < 300, answer.text
        return answer.json()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def console(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    settings = {"FANZHA_DATA": str(tmp_path_factory.mktemp("data"))}
    with ExitStack() as stack:
        if request.param == "postgresql":
            if postgres.binaries() is None:
                pytest.skip("PostgreSQL's initdb is not installed (apt install postgresql)")
            server = stack.enter_context(postgres.serving())
            settings["FANZHA_DATABASE_URL"] = server.database()
        service = stack.enter_context(serving(**settings))
        client = httpx.Client(base_url=service.url, timeout=30, trust_env=False)
        began = time.monotonic()
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() - began < 60, service.lines
        assert client.put("/v1/policies/default", json={"policy": POLICY}).status_code == 200
        posts = [
            {"text": f"{text}{sign}", "author_id": f"马甲{number}", "board": "cars"}
            for number, sign in enumerate("甲乙丙")
            for text in (CASH_OUT, FAKE_HOTLINE)
        ]
        posts.append({"text": CLEAN})
        assert client.post("/v1/moderations:batch", json={"posts": posts}).status_code == 200
        made = client.post(
            "/v1/keys", json={"name": "李主管", "scopes": ["moderate", "review", "admin"]}
        )
        address = address_of(Path(settings["FANZHA_DATA"]), settings.get("FANZHA_DATABASE_URL"))
        assert address is not None
        console = Console(service, browser, made.json()["key"], address)
        while console.api("GET", "/v1/reviews")["waiting"] < 6:
            assert time.monotonic() - began < 60, service.lines
        yield console
        assert [line for line in console.said if "Failed to load" not in line] == []
        client.close()


def waiting(console: Console) -> int:
    return int(console.api("GET", "/v1/reviews")["waiting"])


def test_a_moderator_signs_in_and_tries_a_text_by_keyboard_alone(
    console: Console, tmp_path: Path
) -> None:
    page = console.signed_in()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("g")
    page.keyboard.press("2")
    page.wait_for_url("**/console/try")
    assert page.evaluate("document.activeElement.id") == "body"
    page.keyboard.insert_text(f"{CASH_OUT}\n{FAKE_HOTLINE}")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".verdict")
    assert "人工审核" in page.inner_text(".verdict .big")
    assert "套.現" in page.inner_text("mark.rule >> nth=0") + page.inner_text(".marked")
    assert page.locator("mark.rule").count() >= 2
    first = page.locator(".refs a").first
    first.focus()
    page.keyboard.press("Enter")
    number = first.inner_text()
    assert page.evaluate("location.hash") == f"#evidence-{number}"
    assert page.locator(f"#evidence-{number}").is_visible()
    told = page.inner_text("main")
    assert "抖音公布的号码" in told
    assert "95152" in told
    assert "套.現 → 套现" in told
    assert CASH_OUT not in page.url
    assert page.screenshot(path=tmp_path / "try.png", full_page=True).startswith(b"\x89PNG")
    page.context.close()


def test_the_queue_is_worked_off_by_keyboard(console: Console) -> None:
    before = waiting(console)
    page = console.signed_in()
    page.goto(f"{console.service.url}/console/review?board=cars")
    assert page.locator(".item").count() == before
    request_id = page.locator(".item >> nth=1").locator("input[name=request_id]").input_value()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("y")
    page.wait_for_url("**done=1")
    assert waiting(console) == before - 1
    (record,) = console.api("GET", f"/v1/records/{request_id}")["records"]
    assert (record["decision"], record["decided_by"]) == ("block", "李主管")
    assert record["decided_labels"] == record["labels"] != []
    assert page.evaluate("document.activeElement.id") == "item-1"
    page.keyboard.press("e")
    page.locator(".item >> nth=0").locator("input[value=phishing]").check()
    page.locator("#note-1").fill("也是钓鱼")
    chosen = page.locator(".item >> nth=0").locator("input[name=request_id]").input_value()
    page.locator(".item >> nth=0").locator("button[value=block]").click()
    page.wait_for_url("**done=1")
    (record,) = console.api("GET", f"/v1/records/{chosen}")["records"]
    assert "phishing" in record["decided_labels"]
    page.context.close()


def test_a_threshold_changed_in_the_console_judges_the_next_post(console: Console) -> None:
    page, other = console.signed_in(), console.signed_in()
    for one in (page, other):
        one.goto(f"{console.service.url}/console/policies/cars")
    # Both, since the bundle's own threshold of review may be anything.
    page.locator("[name=review-cash_out]").fill("0.4")
    page.locator("[name=block-cash_out]").fill("0.5")
    page.locator("#note").fill("三月突袭")
    page.locator("form[action$=cars] button.primary").first.click()
    page.wait_for_url("**saved=*")
    verdict = console.api("POST", "/v1/moderations", {"text": CASH_OUT, "board": "cars"})
    assert verdict["suggestion"] == "block"
    other.locator("[name=review-gambling]").fill("0.2")
    other.locator("form[action$=cars] button.primary").first.click()
    other.wait_for_selector("text=策略已被修改")
    assert "三月突袭" in other.inner_text("main")
    assert other.locator("[name=review-gambling]").input_value() == "0.2"
    page.locator("#value").fill("桂花")
    page.locator("#reason").fill("测试")
    page.locator("#lists form button.primary").click()
    page.wait_for_url("**#lists")
    assert "桂花" in page.inner_text("#lists table")
    verdict = console.api("POST", "/v1/moderations", {"text": CLEAN, "board": "cars"})
    assert verdict["suggestion"] == "block"
    page.context.close()
    other.context.close()


def test_a_file_is_judged_while_the_page_shows_how_far_it_is(
    console: Console, tmp_path: Path
) -> None:
    page = console.signed_in()
    page.goto(f"{console.service.url}/console/jobs")
    page.locator("#only").select_option("all")
    page.set_input_files("#file", SAMPLE)
    page.locator("form[enctype] button.primary").click()
    page.wait_for_url(re.compile("/console/jobs/[0-9a-f]{32}$"))
    # Without another load: the page asks for itself.
    page.evaluate("window.stays = true")
    link = page.wait_for_selector("a[download]", timeout=60_000)
    assert link is not None
    assert page.evaluate("window.stays")
    with page.expect_download() as download:
        link.click()
    path = tmp_path / "result.jsonl"
    download.value.save_as(path)
    n_posts = len(SAMPLE.read_text("utf-8").splitlines())
    verdicts = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(verdicts) == n_posts
    assert f"{n_posts}" in page.inner_text(".figures")
    page.context.close()


def test_a_campaign_is_blocked_and_its_contact_listed(console: Console) -> None:
    page = console.signed_in()
    page.goto(f"{console.service.url}/console/campaigns")
    item = page.locator(".item", has_text="tx_888").first
    assert item.locator("[data-key=y]").count() == 1
    item.locator("[data-key=y]").click()
    page.wait_for_url("**done=*")
    item = page.locator(".item", has_text="tx_888").first
    assert item.locator("[data-key=y]").count() == 0
    item.locator("details >> text=拦截名单").click()
    item.locator("select[name=board]").select_option("cars")
    item.locator("form[action$=campaigns] button").click()
    page.wait_for_url("**listed=1")
    entries = console.api("GET", "/v1/policies/cars")["policy"]["deny"]
    assert "tx_888" in {entry["value"] for entry in entries}
    page.goto(f"{console.service.url}/console/audit")
    told = page.inner_text("table")
    assert "处理判定" in told
    assert "登录审核台" in told
    page.context.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver(f"/hooks?{'long-' * 30}", status=500)
    yield receiver
    receiver.close()


def give_up(console: Console) -> None:
    """Make hours pass: what is on its way has been tried for the last time."""
    engine = open_engine(console.database)
    with engine.begin() as connection:
        table = tables.deliveries
        done = connection.execute(
            update(table)
            .where(table.c.state == "waiting", table.c.attempts > 0)
            .values(state="dead", attempts=12)
        )
        assert done.rowcount == 1
    engine.dispose()


def test_an_event_that_nobody_took_is_sent_again(console: Console, receiver: Receiver) -> None:
    page = console.signed_in()
    page.keyboard.press("g")
    page.keyboard.press("0")
    page.wait_for_url("**/console/webhooks")
    page.locator("#url").fill("http://例子/")
    page.locator("[value='policy.changed']").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.id") == "url"
    assert page.locator("[value='policy.changed']").is_checked()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(receiver.url)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".secret")
    secret = page.inner_text(".secret")
    assert len(secret) > 30
    console.api("PUT", "/v1/policies/pets", {"policy": {"retention_days": 2}})
    page.locator("th a").click()
    page.wait_for_url(re.compile("/console/webhooks/[0-9a-f]{32}$"))
    assert secret not in page.content()
    # Without another load: the page asks for itself.
    page.evaluate("window.stays = true")
    page.wait_for_selector("text=HTTP 500", timeout=30_000)
    assert page.evaluate("window.stays")
    give_up(console)
    page.goto(page.url + "?state=dead")
    assert "HTTP 500" in page.inner_text("tbody tr")
    for width in (390, 800, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    receiver.status = 204
    page.locator("tbody button").click()
    page.wait_for_url("**again=1")
    page.locator(".subnav a").first.click()
    page.wait_for_selector("text=HTTP 204", timeout=30_000)
    page.goto(f"{console.service.url}/console/webhooks")
    for width in (390, 800, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.locator("td details summary").click()
    page.locator("td details button").click()
    page.wait_for_selector("text=还没有地址")
    assert console.api("GET", "/v1/webhooks") == {"webhooks": []}
    page.context.close()


def test_all_works_without_scripts(console: Console) -> None:
    page = console.signed_in(java_script_enabled=False)
    before = waiting(console)
    console.api("POST", "/v1/moderations", {"text": FAKE_HOTLINE + "丁", "id": "no script"})
    began = time.monotonic()
    while waiting(console) == before:
        assert time.monotonic() - began < 30
    page.goto(f"{console.service.url}/console/review")
    page.locator("[data-key=n] >> nth=0").click()
    page.wait_for_url("**done=1")
    page.goto(f"{console.service.url}/console/try")
    page.locator("#body").fill(CASH_OUT)
    page.locator("form[data-send] button.primary").click()
    page.wait_for_selector(".verdict mark")
    page.goto(f"{console.service.url}/console/jobs")
    page.set_input_files("#file", SAMPLE)
    page.locator("form[enctype] button.primary").click()
    page.wait_for_selector("a[download]", timeout=60_000)
    page.locator(".who button").click()
    page.wait_for_url("**/console/sign-in")
    page.goto(f"{console.service.url}/console/review")
    assert "/console/sign-in" in page.url
    page.context.close()


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["desktop", "phone"]
)
def test_every_page_fits_its_screen(
    console: Console, width: int, scheme: str, tmp_path: Path
) -> None:
    page = console.signed_in(
        viewport={"width": width, "height": 844 if width < 500 else 800},
        color_scheme=scheme,
        locale="zh-CN" if scheme == "light" else "en-GB",
    )
    for number, path in enumerate(PAGES):
        page.goto(console.service.url + path)
        taken = page.screenshot(path=tmp_path / f"{number}.png", full_page=True)
        assert taken.startswith(b"\x89PNG")
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert page.locator("h1").count() == 1, path
        assert page.locator("nav [aria-current=page]").count() >= 1, path
    dark = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).every(n => n < 60)"
    )
    assert dark == (scheme == "dark")
    assert page.evaluate("document.documentElement.lang") == (
        "zh-CN" if scheme == "light" else "en"
    )
    page.context.close()
