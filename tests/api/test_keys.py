"""Keys open what their scopes say, at their rate, until they are revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.conftest import Client
from fanzha.errors import InputError
from fanzha_api import schemas
from fanzha_api.door import Door
from fanzha_api.problems import Problem
from fanzha_api.rates import Rates
from fanzha_api.store import Storage, tables
from fanzha_api.store.audit import Actor
from fanzha_api.store.keys import ApiKey, add_key, digest_of, list_keys, revoke_key, split_key

NOW = datetime(2026, 11, 22, tzinfo=UTC)
POST = {"text": "你好"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make(client: Client, *scopes: str, key: str = "", **fields: object) -> str:
    answer = client.post(
        "/v1/keys",
        json={"name": "forum", "scopes": list(scopes), **fields},
        headers=bearer(key) if key else {},
    )
    assert answer.status_code == 201, answer.text
    schemas.NewKey.model_validate(answer.json())
    return str(answer.json()["key"])


def test_the_first_key_shuts_the_door_and_revoking_the_last_does_not_open_it(kept: Client) -> None:
    assert kept.post("/v1/moderations", json=POST).status_code == 200
    admin = make(kept, "admin")
    refused = kept.post("/v1/moderations", json=POST)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (
        401,
        'Bearer realm="fanzha"',
    )
    (listed,) = kept.get("/v1/keys", headers=bearer(admin)).json()["keys"]
    gone = kept.delete(f"/v1/keys/{listed['id']}", headers=bearer(admin))
    assert (gone.status_code, gone.content) == (204, b"")
    for headers in ({}, bearer(admin)):
        assert kept.get("/v1/keys", headers=headers).status_code == 401


def test_a_key_that_has_already_ended_is_refused_and_leaves_the_door_open(kept: Client) -> None:
    wanted = {"name": "x", "scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z"}
    refused = kept.post("/v1/keys", json=wanted)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["#/expires_at"]
    assert kept.get("/v1/keys").json()["keys"] == []


def test_a_key_opens_what_its_scopes_say(kept: Client) -> None:
    admin = make(kept, "admin")
    own = {scope: make(kept, scope, key=admin) for scope in ("moderate", "review")} | {
        "admin": admin
    }
    asked = {
        "moderate": ("POST", "/v1/moderations", {"json": POST}),
        "review": ("GET", "/v1/policies", {}),
        "admin": ("GET", "/v1/audit", {}),
    }
    for scope, key in own.items():
        for needed, (method, path, options) in asked.items():
            answer = kept.request(method, path, headers=bearer(key), **options)
            assert (answer.status_code == 200) == (scope == needed), (scope, needed)
            if scope != needed:
                assert answer.json()["type"] == "urn:fanzha:problem:forbidden"
        assert kept.get("/metrics", headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json"])
def test_probes_and_documentation_need_no_key(lite: Client, path: str) -> None:
    make(lite, "admin")
    assert lite.get(path).status_code == 200
    assert lite.get("/metrics").status_code == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", "Bearer fz_", "Bearer fz__", "Bearer fz_00000000_secret",
        "Basic Zm9v", "Bearer " + "x" * 5000, "bearer fz_\u00e9_x", "fz_00000000_secret",
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_key_opens_nothing(lite: Client, authorization: str) -> None:
    make(lite, "moderate")
    answer = lite.post(
        "/v1/moderations", json=POST, headers=[(b"authorization", authorization.encode())]
    )
    assert answer.status_code == 401
    assert "secret" not in answer.text


def test_a_wrong_secret_with_a_right_id_opens_nothing(kept: Client) -> None:
    key = make(kept, "moderate")
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert kept.post("/v1/moderations", json=POST, headers=bearer(wrong)).status_code == 401
    assert kept.post("/v1/moderations", json=POST, headers=bearer(key)).status_code == 200


def test_a_body_is_not_read_for_a_caller_without_a_key(kept: Client) -> None:
    make(kept, "moderate")
    assert kept.send_raw(b"not json at all").status_code == 401


def test_a_key_past_its_rate_is_told_when_to_come_again(kept: Client) -> None:
    key = make(kept, "moderate", rate_per_s=2)
    codes = [
        kept.post("/v1/moderations", json=POST, headers=bearer(key)).status_code for _ in range(3)
    ]
    assert codes == [200, 200, 429]
    batch = {"posts": [POST] * 10}
    refused = kept.post("/v1/moderations:batch", json=batch, headers=bearer(key))
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["type"] == "urn:fanzha:problem:too-many-requests"


def test_only_the_hash_of_a_secret_is_kept(storage: Storage) -> None:
    with storage.transaction() as connection:
        key, written = add_key(connection, Actor(), name="forum", scopes=["review", "moderate"])
        found = split_key(written)
        assert found is not None
        assert found[0] == key.id
        (row,) = connection.execute(select(tables.keys)).all()
        assert found[1] not in str(row)
        assert row.digest == digest_of(found[1])
        assert key.scopes == ("moderate", "review")
        assert revoke_key(connection, Actor(), key.id)
        assert not revoke_key(connection, Actor(), key.id)
        assert [one.active(NOW) for one in list_keys(connection)] == [False]


@pytest.mark.parametrize(
    ("scopes", "rate"), [([], None), (["root"], None), (["admin"], 0.0), (["admin"], -1.0)]
)
def test_a_key_that_makes_no_sense_is_not_made(
    storage: Storage, scopes: list[str], rate: float | None
) -> None:
    with storage.transaction() as connection, pytest.raises(InputError):
        add_key(connection, Actor(), name="forum", scopes=scopes, rate_per_s=rate)


def key_of(**values: object) -> ApiKey:
    fields: dict[str, object] = {
        "number": 1, "id": "00000001", "name": "forum", "scopes": ("moderate",),
        "digest": digest_of("s"), "rate_per_s": None, "created_at": NOW, "expires_at": None,
        "revoked_at": None,
    }  # fmt: skip
    return ApiKey(**{**fields, **values})  # type: ignore[arg-type]


def test_a_key_ends_at_its_time() -> None:
    now = NOW
    door = Door(required=False, known=True, rates=Rates(), clock=lambda: now)
    door.use([key_of(expires_at=NOW + timedelta(hours=1))])
    assert door.admit("Bearer fz_00000001_s", "moderate").name == "forum"
    now = NOW + timedelta(hours=1)
    with pytest.raises(Problem) as refused:
        door.admit("Bearer fz_00000001_s", "moderate")
    assert refused.value.status == 401


def test_nobody_comes_in_before_the_keys_are_known() -> None:
    door = Door(required=False, known=False, rates=Rates())
    with pytest.raises(Problem) as refused:
        door.admit(None, None)
    assert refused.value.status == 503
    door.use([])
    assert door.admit(None, None).owner == "-"


def test_a_door_that_requires_a_key_is_shut_without_any() -> None:
    door = Door(required=True, known=True, rates=Rates())
    with pytest.raises(Problem) as refused:
        door.admit(None, None)
    assert refused.value.status == 401


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
def test_a_bucket_fills_at_its_rate_and_no_further(tmp_path: Path, shared: bool) -> None:
    now = 100.0
    path = tmp_path / "rates.bin" if shared else None
    rates = Rates(path, lambda: now)
    other = Rates(path, lambda: now) if shared else rates
    assert [one.take(7, 2.0) for one in (rates, other, rates)] == [0, 0, 0.5]
    assert rates.take(8, 2.0) == 0
    now += 0.5
    assert [other.take(7, 2.0), rates.take(7, 2.0)] == [0, 0.5]
    now += 60
    rates.charge(7, 2.0, 3)
    assert other.take(7, 2.0) == 1.0
    for one in {rates, other}:
        one.close()


def test_a_rate_below_one_still_lets_one_in() -> None:
    now = 100.0
    rates = Rates(clock=lambda: now)
    assert [rates.take(1, 0.1), round(rates.take(1, 0.1), 6)] == [0, 10]
