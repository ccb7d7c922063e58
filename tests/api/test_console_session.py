"""Who may see what in the console, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from api.conftest import Client, Running
from api.visitor import Visitor, make_key, words
from fanzha_api.problems import Problem
from fanzha_api.store import Storage, tables

PAGES = {
    "/console/try": {"moderate", "review", "admin"},
    "/console/review": {"review"},
    "/console/appeals": {"review"},
    "/console/campaigns": {"review"},
    "/console/policies": {"review", "admin"},
    "/console/policies/default": {"review", "admin"},
    "/console/policies/default/history": {"review", "admin"},
    "/console/jobs": {"review", "admin"},
    "/console/keys": {"admin"},
    "/console/audit": {"admin"},
}


def actions(client: Client) -> list[str]:
    storage = client.app.state.service.keeping.storage
    with storage.transaction(writes=False) as connection:
        rows = connection.execute(select(tables.audit).order_by(tables.audit.c.id))
        return [f"{row.actor} {row.action}" for row in rows]


def test_without_a_key_anybody_may_use_the_console(kept: Client) -> None:
    visitor = Visitor(kept)
    assert "Overview" in visitor.get("/console")
    for path in PAGES:
        visitor.get(path)


def test_without_a_database_there_is_only_the_trying_of_texts(client: Client) -> None:
    visitor = Visitor(client)
    assert visitor.request("GET", "/console").headers["location"] == "/console/try"
    page = visitor.get("/console/try")
    assert "FANZHA_DATA" in page
    assert 'href="/console/review"' not in page
    for path in PAGES.keys() - {"/console/try"}:
        assert "no database" in words(visitor.get(path, 404))
    assert "block" in words(visitor.post("/console/try", {"body": "套现"}, 200).text)


def test_with_a_key_everybody_has_to_sign_in_and_comes_back_to_the_page(kept: Client) -> None:
    key = make_key(kept, "review")
    visitor = Visitor(kept)
    sent = visitor.request("GET", "/console/review?board=cars")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/console/sign-in?next=/console/review%3Fboard%3Dcars"
    page = visitor.get(sent.headers["location"])
    assert 'name="next" value="/console/review?board=cars"' in page
    answer = visitor.post(
        "/console/sign-in", {"key": f" {key} ", "next": "/console/review?board=cars"}
    )
    assert answer.headers["location"] == "/console/review?board=cars"
    assert "li" in words(visitor.get("/console/review"))
    assert actions(kept)[-1] == "li console.sign_in"


@pytest.mark.parametrize("scope", ["moderate", "review", "admin"])
def test_a_page_opens_to_the_scopes_that_may_see_it(lite: Client, scope: str) -> None:
    visitor = Visitor(lite).sign_in(make_key(lite, scope))
    shown = visitor.get("/console/try")
    for path, scopes in PAGES.items():
        if scope in scopes:
            visitor.get(path)
        else:
            assert "scope" in words(visitor.get(path, 403)), path
        assert (f'href="{path}"' in shown) == (scope in scopes and path.count("/") == 2), path


def test_a_key_that_may_only_judge_is_led_to_the_trying_of_texts(lite: Client) -> None:
    key = make_key(lite, "moderate")
    visitor = Visitor(lite)
    visitor.get("/console/sign-in")
    answer = visitor.post("/console/sign-in", {"key": key, "next": ""})
    assert answer.headers["location"] == "/console/try"


def test_a_wrong_key_opens_nothing(lite: Client) -> None:
    made = make_key(lite, "admin")
    visitor = Visitor(lite)
    visitor.get("/console/sign-in")
    for key in ("", "fz_00000000_x", "no key", "套" * 200, made[:-1], made.upper()):
        answer = visitor.post("/console/sign-in", {"key": key}, 401)
        assert "wrong, revoked" in words(answer.text)
        assert visitor.request("GET", "/console/review").status_code == 303, key


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(lite: Client) -> None:
    key = make_key(lite, "review")
    for scheme in ("http", "https"):
        visitor = Visitor(lite)
        visitor.request("GET", f"{scheme}://test/console/sign-in")
        answer = visitor.post(f"{scheme}://test/console/sign-in", {"key": key})
        (line,) = answer.headers.get_list("set-cookie")
        flags = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/console", "max-age=43200"} <= flags
        assert ("secure" in flags) == (scheme == "https")


def test_signing_in_gives_a_new_cookie_and_ends_the_session_before(kept: Client) -> None:
    key = make_key(kept, "review")
    visitor = Visitor(kept)
    visitor.cookies["fanzha_console"] = planted = "A" * 43
    visitor.get("/console/sign-in")
    visitor.post("/console/sign-in", {"key": key})
    first = visitor.cookies["fanzha_console"]
    assert first != planted
    visitor.get("/console/review")
    visitor.sign_in(key)
    assert visitor.cookies["fanzha_console"] not in {first, planted}
    for old in (first, planted):
        other = Visitor(kept)
        other.cookies["fanzha_console"] = old
        assert other.request("GET", "/console/review").status_code == 303


def test_only_the_hash_of_a_session_is_stored(kept: Client) -> None:
    visitor = Visitor(kept).sign_in(make_key(kept, "review"))
    with kept.app.state.service.keeping.storage.transaction(writes=False) as connection:
        (row,) = connection.execute(select(tables.sessions))
    assert visitor.cookies["fanzha_console"] not in str(row)


def test_signing_out_ends_the_session_and_not_only_the_cookie(kept: Client) -> None:
    visitor = Visitor(kept).sign_in(make_key(kept, "review"))
    visitor.get("/console/review")
    cookie = visitor.cookies["fanzha_console"]
    answer = visitor.post("/console/sign-out", {})
    assert answer.headers["location"] == "/console/sign-in"
    assert "fanzha_console" not in visitor.cookies
    visitor.cookies["fanzha_console"] = cookie
    assert visitor.request("GET", "/console/review").status_code == 303
    assert actions(kept)[-2:] == ["li console.sign_in", "li console.sign_out"]


def test_a_session_ends_when_its_key_is_revoked(kept: Client) -> None:
    admin = make_key(kept, "admin", name="admin")
    key = make_key(kept, "review", key=admin)
    visitor = Visitor(kept).sign_in(key)
    visitor.get("/console/review")
    gone = kept.delete(
        f"/v1/keys/{key.split('_')[1]}", headers={"Authorization": f"Bearer {admin}"}
    )
    assert gone.status_code == 204
    assert visitor.request("GET", "/console/review").status_code == 303


def test_a_session_ends_after_its_time(kept: Client) -> None:
    visitor = Visitor(kept).sign_in(make_key(kept, "review"))
    storage: Storage = kept.app.state.service.keeping.storage
    with storage.transaction() as connection:
        over = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(tables.sessions).values(expires_at=over))
    assert visitor.request("GET", "/console/review").status_code == 303


def test_a_session_holds_in_every_worker(start: Running, address: str) -> None:
    one, other = start(database_url=address), start(database_url=address)
    visitor = Visitor(one).sign_in(make_key(one, "review"))
    other.settle()
    visitor.client = other
    visitor.get("/console/review")


def test_failed_sign_ins_are_slowed_down_and_good_ones_are_not(lite: Client) -> None:
    key = make_key(lite, "review")
    visitor = Visitor(lite)
    for _ in range(15):
        visitor.sign_in(key)
    visitor.get("/console/sign-in")
    codes = [
        visitor.request(
            "POST", "/console/sign-in", content=f"key=wrong&token={visitor.token}",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ).status_code
        for _ in range(12)
    ]  # fmt: skip
    assert codes[:10] == [401] * 10
    assert codes[-1] == 429
    limited = visitor.post("/console/sign-in", {"key": key}, 429)
    assert int(limited.headers["retry-after"]) > 0


def test_a_link_from_elsewhere_comes_back_with_the_strict_cookie(lite: Client) -> None:
    make_key(lite, "review")
    visitor = Visitor(lite)
    page = visitor.get("/console/review?label=cash_out", headers={"Sec-Fetch-Site": "cross-site"})
    assert 'http-equiv="refresh" content="0; url=/console/review?label=cash_out"' in page


def test_a_database_that_is_away_is_said_and_does_not_hide_the_overview(
    kept: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise Problem(503, "storage-unavailable", "away", headers={"Retry-After": "5"})

    monkeypatch.setattr(Storage, "read", away)
    visitor = Visitor(kept)
    assert "The database is away" in words(visitor.get("/console"))
    answer = visitor.request("GET", "/console/review")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "nothing was stored" in words(answer.text)
    visitor.get("/console/try")
    assert "block" in words(visitor.post("/console/try", {"body": "套现"}, 200).text)


@pytest.mark.parametrize(
    ("wanted", "cookie", "offered", "expected"),
    [
        ("", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("", "", "en-GB,en;q=0.9", "en"),
        ("", "", "fr", "zh-CN"),
        ("", "", "", "zh-CN"),
        ("", "en", "zh", "en"),
        ("zh", "en", "en", "zh-CN"),
        ("xx", "yy", "en;q=0.1;q=x,zh;q=.,en;q=0.2", "en"),
    ],
)
def test_the_language_is_the_asked_the_remembered_or_the_browsers(
    client: Client, wanted: str, cookie: str, offered: str, expected: str
) -> None:
    visitor = Visitor(client, **{"Accept-Language": offered})
    if cookie:
        visitor.cookies["fanzha_console_language"] = cookie
    page = visitor.get(f"/console/try?lang={wanted}" if wanted else "/console/try")
    assert f'<html lang="{expected}">' in page
    if wanted == "zh":
        assert visitor.cookies["fanzha_console_language"] == "zh"
        assert '<html lang="zh-CN">' in visitor.get("/console/try")
