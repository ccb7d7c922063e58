"""The console's page of webhooks: added, watched, sent again, deleted; on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.conftest import Client
from api.test_console_security import EVIL, Outline
from api.visitor import Visitor, make_key, words
from fanzha_api.store import tables
from fanzha_api.store.audit import Actor
from fanzha_api.store.webhooks import (
    STATES,
    Traffic,
    add_webhook,
    count_deliveries,
    emit,
    last_tried,
    lease_deliveries,
    list_deliveries,
    settle_delivery,
)

PLACE = "/console/webhooks"
URL = "http://127.0.0.1:9/hooks"
GONE: dict[str, Any] = {"state": "dead", "attempts": 12, "last_status": "ConnectionRefusedError"}
EVIL_URL = "http://x/" + EVIL.replace(" ", "")


@pytest.fixture(autouse=True)
def _nobody_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fanzha_api.sender.any_due", lambda connection: False)


def add(client: Client, url: str = URL, *events: str) -> str:
    storage = client.app.state.service.keeping.storage
    with storage.transaction() as connection:
        made = add_webhook(connection, Actor(), url=url, events=list(events) or ["job.ended"])
    return str(made["webhook"])


def happen(client: Client, event: str = "job.ended", **data: Any) -> str:
    """Put an event on its way to the one address there is, and give its delivery."""
    storage = client.app.state.service.keeping.storage
    with storage.transaction() as connection:
        before = set(connection.execute(select(tables.deliveries.c.id)).scalars())
        emit(connection, event, data)
        (made,) = set(connection.execute(select(tables.deliveries.c.id)).scalars()) - before
    return str(made)


def settle(client: Client, delivery: str, **values: Any) -> None:
    storage = client.app.state.service.keeping.storage
    with storage.transaction() as connection:
        table = tables.deliveries
        connection.execute(update(table).where(table.c.id == delivery).values(**values))


def shown(page: str) -> list[str]:
    return re.findall('<p class="quiet"><code>([0-9a-f]{32})</code>', page)


def test_an_address_is_added_with_its_secret_shown_once(kept: Client) -> None:
    visitor = Visitor(kept).sign_in(make_key(kept, "admin", name="chef"))
    assert "There are none yet" in words(visitor.get(PLACE))
    events = ["policy.changed", "job.ended", "job.ended"]
    page = visitor.post(PLACE, {"url": f" {URL}?a=1&b=2 ", "event": events}, 200).text
    with kept.app.state.service.keeping.storage.transaction(writes=False) as connection:
        row = connection.execute(select(tables.webhooks)).one()
    assert (row.url, row.events) == (f"{URL}?a=1&b=2", ["job.ended", "policy.changed"])
    assert row.created_by == "chef"
    assert f'<code class="secret" tabindex="0">{row.secret}</code>' in page
    again = visitor.get(PLACE)
    assert row.secret not in again
    assert row.secret not in visitor.get(f"{PLACE}/{row.id}")
    assert f"{URL}?a=1&b=2 added by chef" in words(again)
    assert "nothing sent yet" in words(again)
    assert "chef added a webhook" in words(visitor.get("/console/audit"))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"url": "ftp://x/y", "event": "job.ended"}, ["url"]),
        ({"url": "http://a b", "event": "job.ended"}, ["url"]),
        ({"url": "http://例子/", "event": "job.ended"}, ["url"]),
        ({"url": "http://x/" + "a" * 2000, "event": "job.ended"}, ["url"]),
        ({"url": "", "event": "job.ended"}, ["url"]),
        ({"url": URL}, ["events"]),
        ({"url": URL, "event": ["job.ended", "post.seen"]}, ["events"]),
        ({"url": URL, "event": ["job.ended"] * 7}, ["events"]),
        ({}, ["url", "events"]),
    ],
    ids=["scheme", "space", "not ascii", "long", "empty", "no event", "unknown", "many", "both"],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_wrong_is_told_at_its_field_and_stays_in_the_form(
    lite: Client, fields: dict[str, Any], wrong: list[str], language: str
) -> None:
    visitor = Visitor(lite, **{"Accept-Language": language})
    visitor.get(PLACE)
    page = visitor.post(PLACE, fields, 422).text
    tags = [attrs for _, attrs in Outline(page).tags]
    marked = [attrs for attrs in tags if attrs.get("aria-invalid")]
    assert [attrs["id"] for attrs in marked] == wrong
    for attrs in marked:
        (told,) = (one for one in tags if one.get("id") == attrs["aria-describedby"])
        assert "wrong" in (told["class"] or "")
    says = {
        "zh": {"url": "地址须以 http", "events": "至少选一种"},
        "en": {"url": "An address begins with", "events": "Choose at least one"},
    }[language]
    for name, text in says.items():
        # Above the form with a link to the field, and at the field itself.
        assert words(page).count(text) == 2 * (name in wrong)
    (entered,) = (attrs for attrs in tags if attrs.get("id") == "url")
    assert entered["value"] == fields.get("url", "")
    ticked = [attrs["value"] for attrs in tags if "checked" in attrs]
    assert ("job.ended" in ticked) == ("job.ended" in fields.get("event", ""))
    assert Outline(page).unlabelled() == []
    with lite.app.state.service.keeping.storage.transaction(writes=False) as connection:
        assert connection.execute(select(tables.webhooks)).all() == []


def test_the_list_tells_how_each_address_fares(kept: Client) -> None:
    webhook = add(kept)
    visitor = Visitor(kept)
    assert "nothing sent yet" in words(visitor.get(PLACE))
    first = happen(kept)
    assert "on its way 1 on the way" in words(visitor.get(PLACE))
    settle(kept, first, attempts=1, last_status="500")
    assert "trying again 1 on the way" in words(visitor.get(PLACE))
    settle(kept, first, state="done", attempts=2, last_status="204")
    assert "all taken 1 taken" in words(visitor.get(PLACE))
    for _ in range(2):
        settle(kept, happen(kept), **GONE)
    happen(kept)
    assert "some given up 1 on the way 2 given up 1 taken" in words(visitor.get(PLACE))
    zh = words(Visitor(kept, **{"Accept-Language": "zh"}).get(PLACE))
    assert "有已放弃的 1 条待发送 2 条已放弃 1 条已接收" in zh
    with kept.app.state.service.keeping.storage.transaction(writes=False) as connection:
        assert count_deliveries(connection) == {webhook: Traffic(waiting=1, done=1, dead=2)}


def test_deliveries_are_shown_by_state_the_newest_first(kept: Client) -> None:
    add(kept, "http://x/other", "drift.changed")
    webhook = add(kept)
    sent = [happen(kept, job=f"j{number}") for number in range(4)]
    at = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    settle(kept, sent[0], **GONE, next_at=at + timedelta(hours=1))
    settle(kept, sent[1], state="done", attempts=3, last_status="204",
           next_at=at + timedelta(seconds=20))  # fmt: skip
    settle(kept, sent[2], attempts=2, last_status="503", next_at=at + timedelta(minutes=1))
    visitor = Visitor(kept)
    page = visitor.get(f"{PLACE}/{webhook}")
    assert shown(page) == sent[::-1]
    assert 'class="language" href="?lang=zh"' in page
    dead = visitor.get(f"{PLACE}/{webhook}?state=dead")
    assert shown(dead) == sent[:1]
    told = words(dead)
    assert "on its way (2) taken (1) given up (1)" in told
    assert "given up 12 no answer (ConnectionRefusedError)" in told
    assert "given up 2026-11-01 12:00 Send again" in told
    assert '"job": "j0"' in told
    told = words(visitor.get(f"{PLACE}/{webhook}?state=done"))
    assert "taken 3 HTTP 204" in told
    assert "taken 2026-11-01 12:00" in told
    assert "Send again" not in told.rpartition("Attempts")[0]
    assert 'class="small"' not in visitor.get(f"{PLACE}/{webhook}?state=done")
    told = words(visitor.get(f"{PLACE}/{webhook}?state=waiting"))
    assert "on its way 2 HTTP 503" in told
    assert "next 2026-11-01 12:01" in told
    assert "on its way 0 –" in told
    zh = Visitor(kept, **{"Accept-Language": "zh"})
    assert "没有收到应答（ConnectionRefusedError）" in words(
        zh.get(f"{PLACE}/{webhook}?state=dead")
    )


def test_a_page_follows_what_is_sent_soon_and_leaves_the_rest_alone(kept: Client) -> None:
    webhook = add(kept)
    delivery = happen(kept)
    visitor = Visitor(kept)
    page = visitor.get(f"{PLACE}/{webhook}")
    assert "data-live" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    with kept.app.state.service.keeping.storage.transaction() as connection:
        assert lease_deliveries(connection)
    assert "data-live" in visitor.get(f"{PLACE}/{webhook}")
    settle(kept, delivery, next_at=datetime.now(UTC) + timedelta(minutes=5))
    assert "data-live" not in visitor.get(f"{PLACE}/{webhook}")


def test_many_deliveries_have_pages_also_where_they_came_at_once(kept: Client) -> None:
    webhook = add(kept)
    storage = kept.app.state.service.keeping.storage
    with storage.transaction() as connection:
        for _ in range(120):
            emit(connection, "job.ended", {})
        same = datetime.now(UTC)
        connection.execute(update(tables.deliveries).values(created_at=same, **GONE))
    visitor, pages, query = Visitor(kept), [], "?state=dead"
    while query:
        page = visitor.get(f"{PLACE}/{webhook}{query}")
        pages.append(shown(page))
        found = re.search(r'class="button" href="(\?state=dead&amp;before=[0-9a-f]{32})"', page)
        query = found[1].replace("&amp;", "&") if found else ""
    assert [len(one) for one in pages] == [50, 50, 20]
    assert len({one for page_of in pages for one in page_of}) == 120


def test_what_was_given_up_is_sent_again_once(kept: Client) -> None:
    webhook = add(kept)
    delivery = happen(kept)
    visitor = Visitor(kept).sign_in(make_key(kept, "admin", name="chef"))
    place = f"{PLACE}/{webhook}"
    visitor.get(place)
    assert "somebody else" in words(visitor.post(f"{place}/deliveries/{delivery}", {}, 404).text)
    settle(kept, delivery, **GONE)
    page = visitor.get(f"{place}?state=dead")
    assert f'action="{place}/deliveries/{delivery}"' in page
    answer = visitor.post(f"{place}/deliveries/{delivery}", {"state": "dead"})
    assert answer.headers["location"] == f"{place}?state=dead&again=1"
    page = visitor.get(answer.headers["location"])
    assert "It is on its way again" in words(page)
    assert shown(page) == []
    with kept.app.state.service.keeping.storage.transaction(writes=False) as connection:
        row = connection.execute(select(tables.deliveries)).one()
    assert (row.state, row.attempts) == ("waiting", 0)
    visitor.post(f"{place}/deliveries/{delivery}", {}, 404)
    settle(kept, delivery, **GONE)
    answer = visitor.post(f"{place}/deliveries/{delivery}", {"state": "//evil.example"})
    assert answer.headers["location"] == f"{place}?again=1"
    assert "chef sent an event again" in words(visitor.get("/console/audit"))


def test_an_address_is_deleted_after_a_question_with_all_that_is_on_its_way(kept: Client) -> None:
    webhook = add(kept)
    happen(kept)
    visitor = Visitor(kept)
    page = visitor.get(PLACE)
    assert "Sure?" in words(page)
    assert visitor.post(f"{PLACE}/{webhook}", {}).headers["location"] == PLACE
    assert "There are none yet" in words(visitor.get(PLACE))
    with kept.app.state.service.keeping.storage.transaction(writes=False) as connection:
        assert connection.execute(select(tables.deliveries)).all() == []
    assert "no such address" in words(visitor.post(f"{PLACE}/{webhook}", {}, 404).text)
    visitor.get(f"{PLACE}/{webhook}", 404)
    assert "deleted a webhook" in words(visitor.get("/console/audit"))


def test_markup_in_an_address_an_answer_and_an_event_is_shown_as_text(kept: Client) -> None:
    visitor = Visitor(kept)
    visitor.get(PLACE)
    pages = [visitor.post(PLACE, {"url": EVIL_URL, "event": "policy.changed"}, 200).text]
    pages.append(visitor.post(PLACE, {"url": EVIL, "event": EVIL}, 422).text)
    delivery = happen(kept, "policy.changed", note=f"{EVIL}\u202e", **{EVIL: EVIL})
    settle(kept, delivery, **{**GONE, "last_status": EVIL[:64]})
    (webhook,) = re.findall(f'href="{PLACE}/([0-9a-f]{{32}})"', visitor.get(PLACE))
    pages += [visitor.get(PLACE), visitor.get(f"{PLACE}/{webhook}")]
    for page in pages:
        outline = Outline(page)
        scripts = [attrs for tag, attrs in outline.tags if tag == "script"]
        assert [set(attrs) for attrs in scripts] == [{"src", "defer"}]
        assert not [tag for tag, _ in outline.tags if tag == "img"]
        assert not [name for _, attrs in outline.tags for name in attrs if name.startswith("on")]
        targets = [attrs.get(name) for _, attrs in outline.tags for name in ("href", "src")]
        assert all(one is None or one.startswith(("/console", "?", "#")) for one in targets)
        ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
        assert len(ids) == len(set(ids))
        assert "&lt;script&gt;alert(1)" in page
        assert "\u202e" not in page


@pytest.mark.parametrize("scope", ["moderate", "review"])
def test_only_an_admin_sees_and_changes_webhooks(lite: Client, scope: str) -> None:
    webhook = add(lite)
    delivery = happen(lite)
    settle(lite, delivery, **GONE)
    key = make_key(lite, scope)
    visitor = Visitor(lite).sign_in(key)
    assert PLACE not in visitor.get("/console/try")
    for path in (PLACE, f"{PLACE}/{webhook}"):
        page = visitor.get(path, 403)
        assert URL not in page
    for path in (PLACE, f"{PLACE}/{webhook}", f"{PLACE}/{webhook}/deliveries/{delivery}"):
        visitor.post(path, {"url": URL, "event": "job.ended"}, 403)
    with lite.app.state.service.keeping.storage.transaction(writes=False) as connection:
        assert [row.id for row in connection.execute(select(tables.webhooks))] == [webhook]
        assert connection.execute(select(tables.deliveries)).one().state == "dead"


@pytest.mark.parametrize(
    "query",
    ["state=x", "before=1", "before=" + "g" * 32, "again=maybe", "state=dead%27--"],
)
def test_odd_parts_of_an_address_are_refused(lite: Client, query: str) -> None:
    webhook = add(lite)
    assert Visitor(lite).request("GET", f"{PLACE}/{webhook}?{query}").status_code == 422


def test_a_delivery_that_is_unknown_has_none_behind_it(lite: Client) -> None:
    webhook = add(lite)
    happen(lite)
    page = Visitor(lite).get(f"{PLACE}/{webhook}?before={'0' * 32}")
    assert shown(page) == []


def test_the_time_of_the_last_attempt_is_told_from_the_next(kept: Client) -> None:
    webhook = add(kept)
    storage = kept.app.state.service.keeping.storage
    seen = set()
    for attempts, done in ((0, True), (4, True), (11, False), (3, False)):
        happen(kept)
        with storage.transaction() as connection:
            (leased,) = lease_deliveries(connection)
            connection.execute(
                update(tables.deliveries)
                .where(tables.deliveries.c.id == leased.id)
                .values(attempts=attempts)
            )
        settled = type(leased)(
            leased.id, leased.event, leased.payload, attempts, leased.created_at, URL, ""
        )
        before = datetime.now(UTC)
        with storage.transaction() as connection:
            settle_delivery(connection, settled, status="204", done=done)
            (told, *_) = list_deliveries(connection, webhook_id=webhook, state=None, most=1)
        tried = last_tried(told)
        seen.add(told["state"])
        if told["state"] == "waiting":
            assert tried is None
        else:
            assert tried is not None
            assert before <= tried <= datetime.now(UTC)
    assert seen == set(STATES)
