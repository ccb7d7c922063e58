"""What the console does not let through: forged forms, markup, other sites' addresses."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, select

from api.conftest import Client, Running
from api.visitor import FORM, Visitor, judge, keep, make_key
from fanzha_api.console.pages import PARTS
from fanzha_api.console.visit import destination
from fanzha_api.store import tables

EVIL = """"><script>alert(1)</script><img src=x onerror=alert(2)>'; DROP TABLE records;-- {{7*7}}"""
SECRET = "阿里山的云海真好看"
PATHS = (
    "/console", "/console/try", "/console/review", "/console/records/r1", "/console/appeals",
    "/console/appeals?state=granted", "/console/campaigns", "/console/policies",
    "/console/policies/default", "/console/policies/default/history", "/console/jobs",
    "/console/keys", "/console/audit", "/console/webhooks", "/console/nothing",
)  # fmt: skip
ELSEWHERE = (
    "//evil.example", "https://evil.example/console", "/\\evil.example", "javascript:alert(1)",
    "/console//evil.example", "/console/../v1/keys", "/console\r\nSet-Cookie: a=b",
    "/consolex", "/console/try#<script>", "/console?x=<script>", "console", "x" * 500,
)  # fmt: skip
FILLED = {"board": "default", "request_id": "r1", "number": "1", "job_id": "0" * 32,
          "key_id": "0" * 8, "webhook_id": "0" * 32, "delivery_id": "0" * 32}  # fmt: skip


def _posting() -> list[str]:
    return sorted(
        route.path
        for part in PARTS
        for route in part.router.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    )


POSTS = _posting()


def place(path: str) -> str:
    return re.sub("{([a-z_]+)}", lambda found: FILLED[found[1]], path)


def counts(client: Client) -> dict[str, int]:
    with client.app.state.service.keeping.storage.transaction(writes=False) as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.METADATA.tables.items()
        }


class Outline(HTMLParser):
    """Collects what a page loads and which of its fields have no label."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.in_label: list[int] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "label":
            self._open.append(tag)
        if self._open:
            self.in_label.append(len(self.tags))
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._open.pop()

    def unlabelled(self) -> list[dict[str, str | None]]:
        named = {attrs.get("for") for tag, attrs in self.tags if tag == "label"}
        return [
            attrs
            for at, (tag, attrs) in enumerate(self.tags)
            if tag in {"input", "select", "textarea"}
            and attrs.get("type") != "hidden"
            and "hidden" not in attrs
            and attrs.get("id") not in named
            and at not in self.in_label
            and "aria-label" not in attrs
        ]


def test_every_form_route_is_among_those_tried() -> None:
    assert {"/console/try", "/console/review", "/console/keys/{key_id}"} < set(POSTS)
    assert all("{" not in place(path) for path in POSTS)


@pytest.mark.parametrize("forgery", ["none", "wrong", "another's", "cross-site"])
def test_a_form_that_is_not_the_consoles_own_changes_nothing(lite: Client, forgery: str) -> None:
    key = make_key(lite, "moderate", "review", "admin")
    visitor, other = Visitor(lite).sign_in(key), Visitor(lite).sign_in(key)
    visitor.get("/console/try")
    other.get("/console/try")
    before = counts(lite)
    token = {"none": "", "wrong": "0" * 64, "another's": other.token}.get(forgery, visitor.token)
    headers = {"Sec-Fetch-Site": "cross-site"} if forgery == "cross-site" else {}
    for path in POSTS:
        fields = {"token": token, "deed": "block", "request_id": "r1", "body": "x", "key": key}
        if forgery == "none":
            del fields["token"]
        if path == "/console/jobs":
            files = {"token": (None, token), "file": ("a.txt", b"x" * 100_000)}
            answer = visitor.request("POST", path, files=files, headers=headers)
            assert not (lite.app.state.service.settings.data / "jobs").exists()
        else:
            answer = visitor.request(
                "POST", place(path), data=fields, headers={"Content-Type": FORM, **headers}
            )
        assert answer.status_code == 403, path
        assert "forged-form" in answer.text
        visitor.token = other.token if forgery == "another's" else visitor.token
    assert counts(lite) == before


def test_a_form_needs_a_session(lite: Client) -> None:
    make_key(lite, "admin")
    visitor = Visitor(lite)
    visitor.get("/console/sign-in")
    for path in set(POSTS) - {"/console/sign-in"}:
        answer = visitor.post(place(path), {"deed": "block"})
        assert answer.headers["location"].startswith("/console/sign-in"), path


def test_a_form_of_another_type_is_refused(lite: Client) -> None:
    visitor = Visitor(lite)
    visitor.get("/console/try")
    for path in POSTS:
        for kind in ("application/json", "text/plain", "multipart/form-data"):
            answer = visitor.request(
                "POST", place(path), content=b"{}", headers={"Content-Type": kind}
            )
            assert answer.status_code == 415, (path, kind)


def fill_with_evil(client: Client) -> Visitor:
    """Put markup into every text that the console shows, and give a visitor who sees it all."""
    keep(
        client,
        deny=[{"kind": "term", "value": EVIL, "owner": EVIL[:90], "reason": EVIL}],
        hotlines=[
            {"brand": "测试", "number": "4001234567", "as_of": "2026-11", "sources": EVIL,
             "category": "bank"}
        ],
    )  # fmt: skip
    for number in (1, 2):
        judge(client, f"套现{EVIL}", f"r{number}", id=EVIL, author_id=EVIL)
    fields = dict.fromkeys(("title", "body", "author_name", "signature"), f"套现{EVIL}")
    answer = client.post("/v1/moderations", json=fields, headers={"X-Request-ID": "r3"})
    assert answer.status_code == 200
    assert client.app.state.service.keeping.recorder.flush(30)
    visitor = Visitor(client)
    visitor.get("/console/try")
    visitor.post("/console/records/r1", {"deed": "wrong", "note": EVIL})
    visitor.post("/console/records/r1", {"deed": "appeal", "note": EVIL})
    visitor.post("/console/records/r1", {"deed": "appeal", "note": EVIL})
    visitor.post("/console/appeals/1", {"deed": "grant", "note": EVIL})
    visitor.post("/console/policies/default/entries",
                 {"kind": "contact", "value": EVIL[:60], "effect": "ignore", "reason": EVIL,
                  "owner": EVIL[:90]})  # fmt: skip
    visitor.post(
        "/console/policies/default",
        {"based_on": "2", "record": "all", "keep_texts": "1", "retention_days": "30",
         "note": EVIL, **{f"on-{label}": "1" for label in ("cash_out",)}, "never-cash_out": "1"},
    )  # fmt: skip
    key = make_key(client, "moderate", "review", "admin", name=EVIL[:100])
    return visitor.sign_in(key)


def test_markup_in_every_text_is_shown_as_text(kept: Client) -> None:
    visitor = fill_with_evil(kept)
    tables_before = counts(kept)
    pages = {path: visitor.request("GET", path).text for path in PATHS}
    tried = dict.fromkeys(("title", "body", "author_name", "signature"), f"套现{EVIL}")
    pages["tried"] = visitor.post("/console/try", tried, 200).text
    refused = {"kind": "term", "value": EVIL * 3, "effect": "block", "reason": "", "owner": EVIL}
    visitor.get("/console/policies/default")
    pages["refused"] = visitor.post("/console/policies/default/entries", refused, 422).text
    for path, page in pages.items():
        outline = Outline(page)
        scripts = [attrs for tag, attrs in outline.tags if tag == "script"]
        assert [set(attrs) for attrs in scripts] == [{"src", "defer"}], path
        assert not [tag for tag, _ in outline.tags if tag == "img"], path
        handlers = [name for _, attrs in outline.tags for name in attrs if name.startswith("on")]
        assert handlers == [], path
        assert "49" not in re.findall("-- ([^<]*)", page), path
    shown = [path for path, page in pages.items() if "&lt;script&gt;alert(1)" in page]
    assert set(shown) >= {
        "/console/review", "/console/records/r1", "/console/appeals",
        "/console/appeals?state=granted", "/console/campaigns", "/console/policies",
        "/console/policies/default", "/console/policies/default/history", "/console/keys",
        "/console/audit", "tried", "refused",
    }  # fmt: skip
    assert {**counts(kept), "audit": 0} == {**tables_before, "audit": 0}


def test_a_page_loads_nothing_from_elsewhere_and_its_fields_have_labels(lite: Client) -> None:
    keep(lite)
    judge(lite, "套现", "r1")
    visitor = Visitor(lite)
    for path in PATHS:
        answer = visitor.request("GET", path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        outline = Outline(answer.text)
        assert not [attrs for _, attrs in outline.tags if "style" in attrs], path
        for tag, attrs in outline.tags:
            for name in ("src", "href", "action"):
                target = attrs.get(name) or "/"
                assert target.startswith(("#", "?", "/")), (tag, target)
                assert not target.startswith("//")
        assert outline.unlabelled() == [], path
        ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
        assert len(ids) == len(set(ids)), path


def test_the_sign_in_leads_to_no_other_place(lite: Client) -> None:
    key = make_key(lite, "review")
    visitor = Visitor(lite)
    for wanted in ELSEWHERE:
        page = visitor.request("GET", "/console/sign-in", params={"next": wanted})
        assert 'name="next" value="/console"' in page.text
        answer = visitor.post("/console/sign-in", {"key": key, "next": wanted})
        assert answer.headers["location"] == "/console", wanted
        assert "a" not in visitor.cookies


def test_dots_lead_nowhere() -> None:
    assert destination("/console/..") == "/console"
    assert destination("/console/policies/..") == "/console"


def test_a_path_leads_to_no_other_file(lite: Client) -> None:
    visitor = Visitor(lite)
    for path in (
        "/console/static/..%2Fphrases.toml", "/console/static/../phrases.py",
        "/console/static/%2Fetc%2Fpasswd", "/console/jobs/..%2F..%2Ffanzha.db/result",
        "/console/jobs/" + "0" * 31 + "g", "/console/records/..%2F..", "/console/policies/..%2Fx",
    ):  # fmt: skip
        answer = visitor.request("GET", path)
        assert answer.status_code in {404, 422}, path
        assert "[phrases]" not in answer.text


def test_no_header_can_be_made_by_a_parameter(lite: Client) -> None:
    make_key(lite, "review")
    for field in ("lang", "board", "next"):
        answer = Visitor(lite).request(
            "GET", "/console/review", params={field: "en\r\nX-Injected: yes"}
        )
        assert "x-injected" not in answer.headers
        assert "\n" not in answer.headers["location"]


def test_texts_are_shown_only_where_the_policy_keeps_them(kept: Client) -> None:
    keep(kept, keep_texts=False)
    judge(kept, f"套现{SECRET}", "r1")
    judge(kept, f"套现{SECRET}", "r2")
    visitor = Visitor(kept)
    for path in PATHS:
        assert SECRET not in visitor.request("GET", path).text
    assert "keeps no texts" in visitor.get("/console/review")


def test_no_text_or_key_stands_in_the_log(
    start: Running, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    client = start(data=tmp_path)
    keep(client)
    key = make_key(client, "moderate", "review", "admin")
    capfd.readouterr()
    visitor = Visitor(client).sign_in(key)
    visitor.get("/console/try")
    visitor.post("/console/try", {"title": SECRET, "body": f"套现{SECRET} 4006455566"}, 200)
    visitor.get("/console/keys")
    made = visitor.post("/console/keys", {"name": "new", "scope": "review"}, 200).text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert {"/console/try", "/console/keys"} <= {line.get("route") for line in lines}
    logged = json.dumps(lines, ensure_ascii=False)
    secret = re.search("fz_[0-9a-f]{8}_[A-Za-z0-9_-]+", made)
    assert secret
    for told in (SECRET, "4006455566", key.split("_", 2)[2], secret[0].split("_", 2)[2]):
        assert told not in logged
    assert visitor.cookies["fanzha_console"] not in logged
    assert visitor.token not in logged


def test_a_form_larger_than_the_limit_is_refused(start: Running, tmp_path: Path) -> None:
    client = start(data=tmp_path, max_body_bytes=2048, max_post_chars=100)
    visitor = Visitor(client)
    visitor.get("/console/try")
    assert visitor.post("/console/try", {"body": "x" * 3000}, 413).headers["connection"] == "close"
    assert "too long" in visitor.post("/console/try", {"body": "x" * 101}, 422).text
