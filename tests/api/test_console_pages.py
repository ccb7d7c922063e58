"""What the console's pages show and do; the same on both databases where they keep something."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update

from api.conftest import Client, FakeDetector, Running
from api.visitor import FORM, Visitor, judge, keep, make_key, words
from fanzha.labels import LABELS
from fanzha.registry import Registry
from fanzha.rules import RuleSet
from fanzha_api.console import phrases
from fanzha_api.console.marks import Mark, cut
from fanzha_api.console.phrases import LANGUAGES, Phrases
from fanzha_api.console.verdicts import show_verdict
from fanzha_api.store import Storage, tables
from fanzha_api.store.jobs import end_job
from fanzha_api.store.statistics import count_posts

CONSOLE = Path(phrases.__file__).parent
SETTINGS: dict[str, str] = {
    "based_on": "0", "record": "all", "keep_texts": "1", "retention_days": "30",
    **{f"on-{label}": "1" for label in LABELS},
}  # fmt: skip


def record(client: Client, request_id: str) -> dict[str, Any]:
    (found,) = client.get(f"/v1/records/{request_id}").json()["records"]
    return dict(found)


def queue(page: str) -> list[str]:
    return re.findall('name="request_id" value="([^"]+)"', page)


def policy(client: Client, board: str) -> dict[str, Any]:
    return dict(client.get(f"/v1/policies/{board}").json())


def test_a_tried_text_is_marked_numbered_and_not_kept(kept: Client) -> None:
    keep(kept, "cars")
    visitor = Visitor(kept)
    visitor.get("/console/try")
    fields = {"title": "急", "body": "花呗套现\r\n秒到", "board": "cars"}
    page = visitor.post("/console/try", fields, 200).text
    assert (
        'href="#evidence-1" id="mark-1">1</a></sup><mark class="contact number rule">套现' in page
    )
    assert '<li id="evidence-1" value="1">' in page
    assert "policy cars@1" in words(page)
    assert "抖音 publishes: 95152" in words(page)
    assert "Without these characters the suggestion would be “pass”" in words(page)
    assert ">\n花呗套现\n秒到</textarea>" in page
    assert kept.app.state.service.keeping.recorder.queued == 0
    assert kept.get("/v1/reviews").json()["waiting"] == 0


def test_an_empty_try_says_what_is_wanted(client: Client) -> None:
    visitor = Visitor(client)
    visitor.get("/console/try")
    assert "at least one field" in words(visitor.post("/console/try", {"body": " "}, 200).text)


def test_trying_counts_against_the_rate_of_the_key(lite: Client) -> None:
    answer = lite.post("/v1/keys", json={"name": "li", "scopes": ["moderate"], "rate_per_s": 0.01})
    visitor = Visitor(lite).sign_in(answer.json()["key"])
    visitor.get("/console/try")
    visitor.post("/console/try", {"body": "好"}, 200)
    assert visitor.post("/console/try", {"body": "好"}, 429).headers["retry-after"]


def test_decisions_from_the_queue_are_those_of_the_api(kept: Client) -> None:
    keep(kept)
    texts = {"a": "套现甲", "b": "套现乙", "c": "套现丙"}
    for request_id, text in texts.items():
        judge(kept, text, request_id, reach=1)
    key = make_key(kept, "review", "admin", "moderate")
    visitor = Visitor(kept).sign_in(key)
    page = visitor.get("/console/review")
    api = kept.get("/v1/reviews", headers={"Authorization": f"Bearer {key}"}).json()
    assert queue(page) == [one["request_id"] for one in api["records"]]
    assert "3 waiting" in words(page)
    back = {"back": "/console/review?label=cash_out"}
    done = visitor.post(
        "/console/review", {"request_id": "a", "deed": "right", "given": "cash_out", **back}
    )
    assert done.headers["location"] == "/console/review?label=cash_out&done=1"
    assert "1 decided." in words(visitor.get(done.headers["location"]))
    visitor.post("/console/review", {"request_id": "b", "deed": "wrong"})
    visitor.post(
        "/console/review",
        {"request_id": "c", "deed": "block", "label": ["phishing", "job_scam"], "note": "钓鱼"},
    )
    with kept.app.state.service.keeping.storage.transaction(writes=False) as connection:
        rows = {row.request_id: row for row in connection.execute(select(tables.records))}
        deeds = [row.action for row in connection.execute(select(tables.audit))]
    told = {
        name: (row.decision, row.decided_labels, row.decided_by, row.note)
        for name, row in rows.items()
    }
    assert told == {
        "a": ("block", ["cash_out"], "li", ""),
        "b": ("pass", [], "li", ""),
        "c": ("block", ["phishing", "job_scam"], "li", "钓鱼"),
    }
    assert deeds.count("review.decide") == 3
    assert "Nothing waits" in words(visitor.get("/console/review"))


def test_the_queue_is_filtered_by_board_and_label_and_has_pages(kept: Client) -> None:
    keep(kept)
    for number in range(25):
        judge(kept, f"套现 {number}", f"r{number}", board="cars" if number < 22 else "pets")
    visitor = Visitor(kept)
    assert len(queue(visitor.get("/console/review?board=pets"))) == 3
    assert queue(visitor.get("/console/review?label=gambling")) == []
    first = visitor.get("/console/review?board=cars&label=cash_out")
    assert len(queue(first)) == 20
    (following,) = re.findall('href="(/console/review[^"]*after=[^"]*)"', first)
    rest = queue(visitor.get(following.replace("&amp;", "&")))
    assert len(rest) == 2
    assert set(rest).isdisjoint(queue(first))
    assert visitor.request("GET", "/console/review?label=x%27--").status_code == 422


def test_evidence_of_a_label_that_is_off_by_now_is_marked_all_the_same(kept: Client) -> None:
    keep(kept)
    judge(kept, "快来套现", "r1")
    keep(kept, labels={"cash_out": {"review": 0.99, "block": None}})
    page = Visitor(kept).get("/console/review")
    assert "the suggestion would be “pass”" in words(page)
    assert re.search('快来<mark class="[a-z ]*rule[a-z ]*">套现', page)
    keep(kept, labels={"cash_out": {"on": False}})
    assert re.search('<mark class="[a-z ]*rule[a-z ]*">套现', Visitor(kept).get("/console/review"))


def test_one_wording_is_decided_on_at_once(kept: Client) -> None:
    keep(kept)
    for number in range(3):
        judge(kept, f"套现，找我 {number}", f"r{number}")
    judge(kept, "套现，别的文案", "other")
    visitor = Visitor(kept)
    page = visitor.get("/console/review")
    assert page.count("3 of one wording") == 3
    digest = record(kept, "r0")["digest"]
    visitor.post("/console/review", {"same": "1", "digest": digest, "deed": "wrong"})
    assert queue(visitor.get("/console/review")) == ["other"]


def test_feedback_and_appeals_bring_a_verdict_back_and_are_shown(kept: Client) -> None:
    keep(kept)
    judge(kept, "套现", "r1")
    visitor = Visitor(kept)
    visitor.get("/console/review")
    visitor.post("/console/review", {"request_id": "r1", "deed": "right", "given": "cash_out"})
    visitor.get("/console/records/r1")
    visitor.post("/console/records/r1", {"deed": "right", "note": "没错"})
    visitor.post("/console/records/r1", {"deed": "appeal", "note": "这是问题，不是广告"})
    page = words(visitor.get("/console/review"))
    assert "said right local" in page
    assert "这是问题，不是广告" in page
    assert "1" in re.findall("([0-9]+) open appeals", words(visitor.get("/console")))
    assert "#1" in words(visitor.get("/console/appeals"))
    visitor.post("/console/appeals/1", {"deed": "grant", "note": "有理"})
    assert (record(kept, "r1")["decision"], record(kept, "r1")["state"]) == ("pass", "closed")
    assert "有理" in words(visitor.get("/console/appeals?state=granted"))
    assert "somebody else" in words(visitor.post("/console/appeals/1", {"deed": "grant"}, 404).text)
    assert visitor.post("/console/records/r1", {"deed": "maybe"}, 422)
    found = visitor.request("GET", "/console/records", params={"request_id": " r1 "})
    assert found.headers["location"] == "/console/records/r1"
    visitor.get("/console/records/none", 404)
    visitor.get("/console/records?request_id=../x", 404)


def test_a_policy_is_changed_in_force_and_told(kept: Client) -> None:
    visitor = Visitor(kept)
    visitor.get("/console/policies/cars")
    form = {k: v for k, v in SETTINGS.items() if k != "on-job_scam"}
    saved = visitor.post(
        "/console/policies/cars",
        {**form, "review-cash_out": "0.3", "block-phishing": "0.99", "never-gambling": "1",
         "note": "三月突袭"},
    )  # fmt: skip
    assert saved.headers["location"] == "/console/policies/cars?saved=1"
    assert policy(kept, "cars")["policy"] == {
        "labels": {
            "cash_out": {"review": 0.3}, "job_scam": {"on": False}, "gambling": {"block": None},
            "phishing": {"block": 0.99},
        },
        "record": "all", "keep_texts": True, "retention_days": 30,
    }  # fmt: skip
    page = visitor.get(saved.headers["location"])
    assert "version 1 is in force" in words(page)
    assert 'name="review-cash_out" inputmode="decimal"' in page
    assert 'value="0.3"' in page
    verdict = kept.post("/v1/moderations", json={"text": "套现", "board": "cars"}).json()
    assert verdict["model"]["policy"] == "cars@1"
    told = words(visitor.get("/console/policies/cars/history"))
    assert "三月突袭" in told
    assert "in force" in told
    assert "/labels/cash_out/review – → 0.3" in told
    assert "cars" in words(visitor.get("/console/policies"))


def test_what_cannot_be_used_is_refused_with_what_was_entered(kept: Client) -> None:
    visitor = Visitor(kept)
    visitor.get("/console/policies/cars")
    for field, value in (
        ("review-cash_out", "2"), ("review-cash_out", "viel"), ("review-cash_out", "nan"),
        ("block-cash_out", "0.1"), ("retention_days", "0"), ("record", "some"),
    ):  # fmt: skip
        page = visitor.post(
            "/console/policies/cars", {**SETTINGS, "note": "so", field: value}, 422
        ).text
        assert "Not saved" in words(page)
        assert 'value="so"' in page
        if field != "record":
            assert f'value="{value}"' in page
    assert kept.get("/v1/policies/cars").status_code == 404


def test_odd_values_are_refused_and_break_nothing(kept: Client) -> None:
    keep(kept)
    judge(kept, "套现", "r1")
    visitor = Visitor(kept)
    visitor.get("/console/try")
    entry = {"kind": "term", "value": "x", "effect": "block", "reason": "r"}
    odd = ("", "²", "9" * 5000, "-1", "nan", "1e999", "\x00", "\ud800", "a" * 3000, "9999-12-31")
    forms: tuple[tuple[str, dict[str, str], tuple[str, ...]], ...] = (
        ("/console/policies/cars", SETTINGS,
         ("based_on", "retention_days", "record", "note", "review-cash_out")),
        ("/console/policies/cars/entries", entry,
         ("kind", "value", "effect", "reason", "owner", "expires", "remove")),
        ("/console/policies/default/history", {}, ("version",)),
        ("/console/review", {"request_id": "r1", "deed": "wrong"},
         ("request_id", "deed", "note", "digest", "back")),
        ("/console/records/r1", {"deed": "wrong"}, ("deed", "label", "note")),
        ("/console/campaigns", {"contact": "tx", "board": "cars"}, ("contact", "board", "reason")),
        ("/console/try", {"body": "好"}, ("body", "title", "board", "signature")),
    )  # fmt: skip
    for path, fields, names in forms:
        for name in names:
            for value in odd:
                body = urlencode(
                    {"token": visitor.token, **fields, name: value}, errors="surrogatepass"
                )
                answer = visitor.request("POST", path, content=body, headers={"Content-Type": FORM})
                assert answer.status_code < 500, (path, name, value[:10])
    for name in ("board", "label", "after", "done", "before", "days", "page", "state", "lang"):
        for value in odd[1:4]:
            for path in ("/console", "/console/review", "/console/appeals", "/console/campaigns",
                         "/console/policies/default", "/console/audit"):  # fmt: skip
                query = urlencode({name: value}, errors="surrogatepass")
                assert visitor.request("GET", f"{path}?{query}").status_code < 500, (path, name)


def test_somebody_elses_change_is_shown_and_nothing_entered_is_lost(kept: Client) -> None:
    visitor = Visitor(kept)
    visitor.get("/console/policies/cars")
    kept.put("/v1/policies/cars", json={"policy": {"retention_days": 7}, "note": "kürzer"})
    page = visitor.post(
        "/console/policies/cars", {**SETTINGS, "review-cash_out": "0.31", "note": "mein"}, 412
    ).text
    assert "changed after you opened this page" in words(page)
    assert "/retention_days – → 7" in words(page)
    assert 'value="0.31"' in page
    assert 'value="mein"' in page
    assert 'name="based_on" value="1"' in page
    assert policy(kept, "cars")["version"] == 1
    visitor.post("/console/policies/cars", {**SETTINGS, "review-cash_out": "0.31", "based_on": "1"})
    assert policy(kept, "cars")["policy"]["labels"] == {"cash_out": {"review": 0.31}}


def test_entries_come_and_go_beside_other_changes(kept: Client) -> None:
    visitor = Visitor(kept).sign_in(make_key(kept, "review", "admin", "moderate"))
    visitor.get("/console/policies/cars")
    entry = {"kind": "contact", "value": "tx_888", "effect": "block", "reason": "三月"}
    place = visitor.post("/console/policies/cars/entries", {**entry, "expires": "2027-06-30"})
    assert place.headers["location"] == "/console/policies/cars?saved=1#lists"
    visitor.post(
        "/console/policies/cars/entries",
        {"kind": "domain", "value": "shop.example.com", "effect": "pass", "reason": "ours",
         "owner": "wang"},
    )  # fmt: skip
    page = visitor.get("/console/policies/cars")
    with kept.app.state.service.keeping.storage.transaction(writes=False) as connection:
        newest = select(tables.policies.c.document).order_by(tables.policies.c.version.desc())
        document = connection.execute(newest).scalars().first()
    assert document == {
        "deny": [{**entry, "owner": "li", "expires": "2027-07-01T00:00:00+08:00"}],
        "allow": [
            {"kind": "domain", "value": "shop.example.com", "effect": "pass", "owner": "wang",
             "reason": "ours"}
        ],
    }  # fmt: skip
    (first, _) = re.findall('name="remove" value="([0-9a-f]{32})"', page)
    visitor.post("/console/policies/cars/entries", {"remove": first})
    assert "tx_888" not in words(visitor.get("/console/policies/cars"))
    assert "tx_888" in words(visitor.get("/console/policies/cars/history"))
    assert "names nothing" in words(
        visitor.post("/console/policies/cars/entries", {**entry, "value": "@"}, 422).text
    )
    visitor.get("/console/policies/cars/history")
    visitor.post("/console/policies/cars/history", {"version": "1"})
    assert "tx_888" in words(visitor.get("/console/policies/cars"))
    assert visitor.post("/console/policies/cars/history", {"version": "99"}, 404)


def test_a_board_is_given_its_own_numbers(kept: Client) -> None:
    visitor = Visitor(kept)
    place = "/console/policies/cars"
    assert "It has none of its own" in words(visitor.get(place))
    own = {"brand": "江北二手车行", "number": "400-620 7731", "sources": "board meeting",
           "role": "customer_service", "part": "hotlines"}  # fmt: skip
    answer = visitor.post(f"{place}/entries", own)
    assert answer.headers["location"] == f"{place}?saved=1#hotlines"
    (row,) = policy(kept, "cars")["policy"]["hotlines"]
    assert re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", row.pop("as_of"))
    assert row == {"brand": "江北二手车行", "number": "4006207731", "sources": "board meeting"}
    visitor.get(place)
    gone = {**own, "brand": "工商银行", "number": "95588", "role": "removed"}
    visitor.post(f"{place}/entries", gone)
    assert policy(kept, "cars")["policy"]["hotlines"][1]["role"] == "removed"
    (first, _) = re.findall('name="remove" value="([0-9a-f]{32})"', visitor.get(place))
    visitor.post(f"{place}/entries", {"remove": first, "part": "hotlines"})
    assert [one["number"] for one in policy(kept, "cars")["policy"]["hotlines"]] == ["95588"]
    assert "江北二手车行" in words(visitor.get(f"{place}/history"))


@pytest.mark.parametrize("number", ["", "4006207731转2", "1" * 21], ids=["none", "words", "long"])
def test_what_is_no_number_is_refused_and_stays_in_the_form(kept: Client, number: str) -> None:
    visitor = Visitor(kept)
    place = "/console/policies/cars"
    visitor.get(place)
    own = {"brand": "江北车行", "number": number, "sources": "x", "part": "hotlines"}
    page = visitor.post(f"{place}/entries", own, 422).text
    assert "/number" in words(page)
    assert 'value="江北车行"' in page


def test_a_reviewer_sees_policies_and_changes_none(lite: Client) -> None:
    keep(lite, deny=[{"kind": "term", "value": "羊小咩", "owner": "li", "reason": "x"}])
    visitor = Visitor(lite).sign_in(make_key(lite, "review"))
    page = visitor.get("/console/policies/default")
    assert "may only look" in words(page)
    assert 'name="remove"' not in page
    visitor.get("/console/try")
    for path in ("", "/entries", "/history"):
        assert visitor.post(f"/console/policies/default{path}", SETTINGS, 403)


def test_posts_that_share_a_contact_are_one_campaign(kept: Client) -> None:
    keep(kept)
    for number, text in enumerate(("花呗套现找老王", "白条套现请联系", "月付套现快来问问")):
        judge(kept, text, f"r{number}", author_id=f"马甲{number}", board="cars")
    judge(kept, "今天天气不错", "clean")
    visitor = Visitor(kept)
    page = visitor.get("/console/campaigns")
    told = words(page)
    assert "1 campaigns" in told
    assert "WeChat tx_888 ×3" in told
    assert "马甲2" in told
    assert sorted(queue(page)) == ["r0", "r1", "r2"]
    visitor.post(
        "/console/campaigns", {"contact": "wechat:tx_888", "board": "cars", "reason": "raid"}
    )
    (entry,) = policy(kept, "cars")["policy"]["deny"]
    assert (entry["kind"], entry["value"], entry["effect"]) == ("contact", "tx_888", "block")
    fields = {"request_id": queue(page), "deed": "block", "label": "cash_out"}
    place = visitor.post("/console/review", {**fields, "back": "/console/campaigns?days=30"})
    assert place.headers["location"] == "/console/campaigns?days=30&done=3"
    assert {record(kept, name)["decision"] for name in ("r0", "r1", "r2")} == {"block"}


def test_posts_of_one_wording_are_found_without_their_texts(kept: Client) -> None:
    keep(kept, keep_texts=False)
    for number in range(3):
        judge(kept, f"套现 {number}", f"r{number}")
    visitor = Visitor(kept)
    page = visitor.get("/console/campaigns")
    assert "0 campaigns" in words(page)
    (digest,) = re.findall('name="digest" value="([0-9a-f]{64})"', page)
    visitor.post("/console/review", {"same": "1", "digest": digest, "deed": "wrong"})
    assert {record(kept, f"r{number}")["decision"] for number in range(3)} == {"pass"}


def test_the_overview_counts_by_day_in_china(kept: Client) -> None:
    keep(kept)
    for number in range(3):
        judge(kept, f"套现{'甲' * number}", f"r{number}", board="cars")
    storage: Storage = kept.app.state.service.keeping.storage
    today = datetime.now(UTC) + timedelta(hours=8)
    late = today.replace(hour=23, minute=59) - timedelta(hours=8, days=1)
    with storage.transaction() as connection:
        rows = tables.records
        connection.execute(update(rows).where(rows.c.request_id == "r1").values(at=late))
        early = late + timedelta(minutes=2)
        connection.execute(update(rows).where(rows.c.request_id == "r2").values(at=early))
        tallies = count_posts(connection, 30)
    days = {one.day: one.n for one in tallies}
    assert days == {today.date() - timedelta(days=1): 1, today.date(): 2}
    assert {(one.board, one.suggestion, one.labels) for one in tallies} == {
        ("cars", "review", ("cash_out",))
    }
    page = words(Visitor(kept).get("/console?days=7"))
    assert "3 waiting for a decision" in page
    assert f"{today:%Y-%m-%d} 0 2" in page
    assert {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[storage.backend] in page


def test_the_first_key_shuts_the_door_and_is_shown_once(kept: Client) -> None:
    visitor = Visitor(kept)
    assert "anybody who reaches this service" in words(visitor.get("/console/keys"))
    wanted = {"name": "chef", "scope": ["review", "admin"], "expires": "2099-01-31"}
    made = visitor.post("/console/keys", wanted, 200).text
    (key,) = re.findall("fz_[0-9a-f]{8}_[A-Za-z0-9_-]+", made)
    assert "Sign in with this key" in words(made)
    assert visitor.request("GET", "/console/keys").status_code == 303
    visitor.sign_in(key)
    page = visitor.get("/console/keys")
    assert key not in page
    assert "2099-02-01 00:00" in page
    for wrong in ({"scope": "admin"}, {"name": "x"}, {"name": "x", "scope": "root"},
                  {"name": "x", "scope": "admin", "rate": "viel"},
                  {"name": "x", "scope": "admin", "rate": "-1"},
                  {"name": "x", "scope": "admin", "expires": "morgen"},
                  {"name": "x", "scope": "admin", "expires": "2020-01-01"}):  # fmt: skip
        assert "Not saved" in words(visitor.post("/console/keys", wrong, 422).text)
    visitor.post("/console/keys", {"name": "forum", "scope": "moderate", "rate": "200"}, 200)
    (listed,) = [
        one
        for one in kept.get("/v1/keys", headers={"Authorization": f"Bearer {key}"}).json()["keys"]
        if one["name"] == "forum"
    ]
    assert listed["rate_per_s"] == 200
    visitor.post(f"/console/keys/{listed['id']}", {})
    assert "revoked" in words(visitor.get("/console/keys"))
    assert visitor.post(f"/console/keys/{listed['id']}", {}, 404)
    told = words(visitor.get("/console/audit"))
    assert "chef revoked a key" in told
    assert "local made a key" in told


@pytest.fixture
def idle(start: Running, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A service whose jobs nobody runs."""
    monkeypatch.setattr("fanzha_api.jobs.runner.any_waiting", lambda connection, host: False)
    return start(database_url=address, data=tmp_path / "data", job_max_bytes=2048)


def upload(visitor: Visitor, name: str, content: bytes, status: int, **fields: str) -> str:
    files = {field: (None, value) for field, value in {"token": visitor.token, **fields}.items()}
    answer = visitor.request(
        "POST",
        "/console/jobs",
        files={**files, "file": (name, content)},  # type: ignore[dict-item]
    )
    assert answer.status_code == status, answer.text
    return str(answer.headers.get("location", "")) or words(answer.text)


def test_a_file_is_taken_in_watched_and_fetched(idle: Client) -> None:
    keep(idle, "cars")
    visitor = Visitor(idle)
    visitor.get("/console/jobs")
    content = json.dumps({"id": 1, "text": "套现"}).encode() + b"\r\n--x\r\n"
    place = upload(visitor, "dump.JSONL", content, 303, board="cars", only="flagged")
    job_id = place.rpartition("/")[2]
    folder = idle.app.state.service.keeping.files.of(job_id)
    assert (folder / "input").read_bytes() == content
    page = visitor.get(place)
    assert "waiting" in words(page)
    assert "data-live" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert visitor.request("GET", f"{place}/result").status_code == 409
    assert "waiting" in words(visitor.get("/console/jobs"))
    summary = {"posts": 2, "rejected": 1, "suggestions": {"block": 1, "pass": 1},
               "labels": {"cash_out": 1}, "seconds": 0.5}  # fmt: skip
    with idle.app.state.service.keeping.storage.transaction() as connection:
        connection.execute(update(tables.jobs).values(state="running"))
        end_job(connection, job_id, state="done", summary=summary)
    (folder / "result.jsonl").write_text("{}\n")
    page = visitor.get(place)
    assert "data-live" not in page
    assert "1 unreadable records" in words(page)
    got = visitor.request("GET", f"{place}/result")
    assert got.content == b"{}\n"
    assert got.headers["content-disposition"].startswith("attachment")
    other = Visitor(idle).sign_in(make_key(idle, "review"))
    other.get(place, 404)
    other.get(f"{place}/result", 404)


def test_a_job_is_dropped_and_a_wrong_file_leaves_nothing(idle: Client) -> None:
    visitor = Visitor(idle)
    visitor.get("/console/jobs")
    jobs: Path = idle.app.state.service.keeping.files.root
    place = upload(visitor, "a.txt", b"x", 303)
    visitor.get(place)
    assert visitor.post(place, {}).headers["location"] == "/console/jobs"
    visitor.get(place, 404)
    assert list(jobs.iterdir()) == []
    assert "does not tell its format" in upload(visitor, "a.exe", b"x", 422)
    assert upload(visitor, "a.txt", b"x", 422, encoding="utf-9")
    assert "larger than the limit" in upload(visitor, "a.txt", b"x" * 4096, 413)
    assert upload(visitor, "a.txt", b"x", 413, board="x" * 70_000)
    assert list(jobs.iterdir()) == []
    place = upload(visitor, "a.exe", b"x", 303, format="text")
    assert place.startswith("/console/jobs/")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"--b\r\nContent-Disposition: form-data; name=token\r\n\r\nTOKEN\r\n--b--\r\n", 400),
        (b"--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nTOKEN\r\n--b\r\n"
         b"Content-Disposition: form-data; name=f; filename=a.txt\r\n\r\nabc", 400),
        (b"--b\r\nContent-Disposition: form-data; name=token\r\n\r\nTOKEN\r\n--b\r\n"
         b"Content-Disposition: form-data; name=f; filename=\"\"\r\n\r\n\r\n--b--\r\n", 422),
        (b"no form at all", 422),
        (b"--b\r\n" + b"X" * 20_000 + b": y\r\n\r\n", 422),
        (b"", 400),
    ],
    ids=["no file", "cut off", "none chosen", "no form", "long header", "empty"],
)  # fmt: skip
def test_a_broken_upload_is_refused(
    start: Running, tmp_path: Path, content: bytes, status: int
) -> None:
    client = start(data=tmp_path)
    visitor = Visitor(client)
    visitor.get("/console/jobs")
    answer = visitor.request(
        "POST",
        "/console/jobs",
        content=content.replace(b"TOKEN", visitor.token.encode()),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == status, answer.text
    assert list((tmp_path / "jobs").glob("*")) == []


def test_marks_lie_where_they_were_found_and_lose_no_character() -> None:
    text = "花呗套现\n秒到，加薇"
    marks = [
        Mark(0, 4, "rule", 1),
        Mark(2, 9, "model", 2),
        Mark(2, 4, "rule", 3),
        Mark(50, 60, "x"),
    ]
    pieces = cut(text, marks)
    assert [(one.text, one.kinds, one.numbers) for one in pieces] == [
        ("花呗", "rule", (1,)),
        ("套现", "model rule", (2, 3)),
        ("\n秒到，加", "model", ()),
        ("薇", "", ()),
    ]
    assert cut("", [Mark(0, 1, "rule", 1)]) == []


def test_evidence_over_two_fields_is_marked_in_both() -> None:
    detector = FakeDetector()
    verdict = detector.check("套现").to_json()
    (evidence,) = verdict["evidence"]
    evidence |= {
        "field": "title", "start": 1, "end": 2,
        "continues": [{"field": "body", "start": 0, "end": 1, "text": "现"}],
    }  # fmt: skip
    verdict |= {"hotlines": [], "contacts": []}
    shown = show_verdict(
        verdict, {"title": "快套", "body": "现吧"}, detector.policy, Registry.load(), Phrases("zh")
    )
    title, body = shown["fields"]
    assert [(one.text, one.kinds) for one in title["pieces"]] == [("快", ""), ("套", "rule")]
    assert [(one.text, one.numbers) for one in body["pieces"]] == [("现", ()), ("吧", ())]
    assert body["pieces"][0].kinds == "rule"


def test_every_phrase_is_in_both_languages_with_the_same_gaps() -> None:
    table = phrases._table()["phrases"]
    for name, texts in table.items():
        assert len(texts) == len(LANGUAGES), name
        gaps = [set(re.findall("{([a-z]+)}", text)) for text in texts]
        assert gaps[0] == gaps[1], name
        assert all(texts), name


def test_every_phrase_that_a_page_says_is_there_and_every_one_is_said() -> None:
    sources = "\n".join(
        path.read_text("utf-8") for path in (*CONSOLE.rglob("*.j2"), *CONSOLE.rglob("*.py"))
    )
    said = set(re.findall(r"(?:say|phrases|visit\.phrases)\(\s*'([a-z_0-9]+)'\s*[,)]", sources))
    said |= set(re.findall(r"(?:say|phrases)\(\s*\"([a-z_0-9]+)\"\s*[,)]", sources))
    built = set(re.findall(r"'([a-z_]+_)' ~", sources)) | set(re.findall(r'f"([a-z_]+_){', sources))
    table = phrases._table()["phrases"]
    assert sorted(said - table.keys()) == []
    quoted = set(re.findall("[\"']([a-z_0-9]+)[\"']", sources))
    unsaid = {
        name
        for name in table.keys() - said - quoted
        if not any(name.startswith(prefix) for prefix in built)
    }
    assert sorted(unsaid) == []


def test_every_rule_is_explained_in_chinese_and_disguises_are_kept() -> None:
    table = phrases._table()
    assert {rule.name for rule in RuleSet.load().rules} | {"MODEL_WORDING"} == set(table["rules"])
    say = Phrases("zh")
    told = say.why("CASH_OUT_OFFER", "an offer; 套.現 → 套现, inserted mark + traditional")
    assert told == f"{table['rules']['CASH_OUT_OFFER']}；套.現 → 套现（插入符号、繁体）"
    assert say.why("NEW_RULE", "says this") == "says this"
    assert Phrases("en").why("CASH_OUT_OFFER", "an offer; x") == "an offer; x"


def test_a_recorded_action_has_a_name_on_the_page() -> None:
    sources = "\n".join(
        path.read_text("utf-8") for path in (CONSOLE.parent / "store").rglob("*.py")
    )
    actions = set(re.findall(r'write_audit\(\s*connection, actor, "([a-z._]+)"', sources))
    assert {"policy.put", "review.decide", "console.sign_in"} <= actions
    table = phrases._table()["phrases"]
    assert [one for one in actions if f"deed_{one.replace('.', '_')}" not in table] == []
