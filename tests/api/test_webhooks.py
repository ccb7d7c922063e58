"""Events come signed, once they are taken not again, and what nobody takes is shown."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from sqlalchemy import select, update

from api.conftest import Client, Running
from fanzha_api import schemas
from fanzha_api.sender import SIGNATURE_HEADER, Sender, sign
from fanzha_api.store import Storage, tables
from fanzha_api.store.audit import Actor
from fanzha_api.store.webhooks import (
    add_webhook,
    delete_old_deliveries,
    emit,
    lease_deliveries,
    list_deliveries,
    retry_delivery,
)
from receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def add(storage: Storage, url: str, *events: str) -> dict[str, Any]:
    with storage.transaction() as connection:
        return add_webhook(connection, Actor(), url=url, events=list(events) or ["job.ended"])


def happen(storage: Storage, event: str = "job.ended", **data: Any) -> None:
    with storage.transaction() as connection:
        emit(connection, event, data)


def send_due(storage: Storage) -> int:
    return anyio.run(Sender(storage).send_due)


def make_due(storage: Storage) -> None:
    with storage.transaction() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(tables.deliveries).values(next_at=past))


def deliveries(storage: Storage, webhook: dict[str, Any], state: str | None = None) -> list[Any]:
    with storage.transaction(writes=False) as connection:
        found = list_deliveries(connection, webhook_id=webhook["webhook"], state=state, most=50)
    schemas.Deliveries.model_validate({"deliveries": found})
    return found


def test_an_event_comes_once_and_signed(storage: Storage, receiver: Receiver) -> None:
    webhook = add(storage, receiver.url)
    happen(storage, job="j1")
    happen(storage, "policy.changed")
    assert [send_due(storage), send_due(storage)] == [1, 0]
    ((headers, body),) = receiver.got
    at = headers[SIGNATURE_HEADER].partition(",")[0].removeprefix("t=")
    mac = hmac.new(webhook["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256)
    assert headers[SIGNATURE_HEADER] == f"t={at},v1={mac.hexdigest()}"
    assert abs(int(at) - datetime.now(UTC).timestamp()) < 60
    told = json.loads(body)
    assert (told["event"], told["data"]) == ("job.ended", {"job": "j1"})
    (delivery,) = deliveries(storage, webhook)
    assert (delivery["state"], delivery["last_status"]) == ("done", "204")
    assert headers["Fanzha-Delivery"] == told["delivery"] == delivery["delivery"]


@pytest.mark.parametrize("status", [302, 400, 500])
def test_what_is_refused_is_sent_again_later(
    storage: Storage, receiver: Receiver, status: int
) -> None:
    webhook = add(storage, receiver.url)
    happen(storage)
    receiver.answers = [status]
    assert [send_due(storage), send_due(storage)] == [1, 0]
    (delivery,) = deliveries(storage, webhook, "waiting")
    assert (delivery["attempts"], delivery["last_status"]) == (1, str(status))
    make_due(storage)
    assert send_due(storage) == 1
    assert deliveries(storage, webhook)[0]["state"] == "done"
    assert len(receiver.got) == 2


def test_what_nobody_takes_is_given_up_and_can_be_sent_again(storage: Storage) -> None:
    webhook = add(storage, "http://127.0.0.1:9/nobody")
    happen(storage)
    pauses = []
    for _ in range(12):
        make_due(storage)
        assert send_due(storage) == 1
        with storage.transaction(writes=False) as connection:
            row = connection.execute(select(tables.deliveries)).one()
        pauses.append(round((row.next_at - datetime.now(UTC)).total_seconds() / 5) * 5)
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == 3600
    (delivery,) = deliveries(storage, webhook, "dead")
    assert delivery["last_status"] == "ConnectionRefusedError"
    make_due(storage)
    assert send_due(storage) == 0
    with storage.transaction() as connection:
        assert retry_delivery(connection, Actor(), delivery["delivery"])
        assert not retry_delivery(connection, Actor(), delivery["delivery"])
    assert send_due(storage) == 1


def test_an_event_is_taken_by_one_sender_and_again_if_that_one_dies(storage: Storage) -> None:
    add(storage, "http://127.0.0.1:9/nobody")
    happen(storage)
    with storage.transaction() as connection:
        assert len(lease_deliveries(connection)) == 1
        assert lease_deliveries(connection) == []
    make_due(storage)
    with storage.transaction() as connection:
        assert len(lease_deliveries(connection)) == 1


def test_what_was_taken_is_kept_for_a_month_and_what_was_given_up_for_good(
    storage: Storage, receiver: Receiver
) -> None:
    webhook = add(storage, receiver.url)
    happen(storage)
    assert send_due(storage) == 1
    with storage.transaction() as connection:
        connection.execute(update(tables.deliveries).values(state="dead"))
    happen(storage)
    assert send_due(storage) == 1
    for days, taken in ((29, 1), (31, 0)):
        with storage.transaction() as connection:
            delete_old_deliveries(connection, datetime.now(UTC) + timedelta(days=days))
        assert len(deliveries(storage, webhook, "done")) == taken
        assert len(deliveries(storage, webhook, "dead")) == 1


def test_the_routes_add_show_and_delete_an_address(
    start: Running, address: str, receiver: Receiver
) -> None:
    client: Client = start(database_url=address)
    made = client.post(
        "/v1/webhooks", json={"url": receiver.url, "events": ["policy.changed"]}
    ).json()
    schemas.NewWebhook.model_validate(made)
    listed = client.get("/v1/webhooks").json()["webhooks"]
    assert listed == [{name: value for name, value in made.items() if name != "secret"}]
    client.put("/v1/policies/cars", json={"policy": {"retention_days": 2}})
    client.portal.call(client.app.state.service.keeping.sender.send_due)
    path = f"/v1/webhooks/{made['webhook']}"
    (sent,) = client.get(f"{path}/deliveries").json()["deliveries"]
    assert sent["payload"] == {"board": "cars", "version": 1, "author": "local", "note": ""}
    assert client.post(f"/v1/deliveries/{sent['delivery']}/retry").status_code == 404
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404


@pytest.mark.parametrize("url", ["ftp://x/y", "x", "http://a b", "http://é/", ""])
def test_an_address_that_is_none_is_refused(start: Running, tmp_path: Any, url: str) -> None:
    client: Client = start(data=tmp_path)
    answer = client.post("/v1/webhooks", json={"url": url, "events": ["job.ended"]})
    assert answer.status_code == 422


def test_a_signature_is_of_the_time_and_the_body() -> None:
    same = sign("s", b"{}", 1)
    assert same == sign("s", b"{}", 1)
    assert len({same, sign("s", b"{}", 2), sign("t", b"{}", 1), sign("s", b"[]", 1)}) == 4
