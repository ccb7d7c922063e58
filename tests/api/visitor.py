"""A browser's part in the tests of the console: cookies, forms and their tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx

from api.conftest import Client

FORM = "application/x-www-form-urlencoded"
TOKEN = re.compile('name="token" value="([0-9a-f]{64})"')


class Visitor:
    """Visits the console, with the cookies that it is given."""

    def __init__(self, client: Client, **headers: str) -> None:
        self.client = client
        self.cookies: dict[str, str] = {}
        self.headers = {"Accept-Language": "en", **headers}
        self.token = ""

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**self.headers, **({"Cookie": cookie} if cookie else {}), **(headers or {})}
        answer = self.client.request(method, path, headers=sent, **options)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        found = TOKEN.search(answer.text)
        if found:
            self.token = found[1]
        return answer

    def get(self, path: str, status: int = 200, **options: Any) -> str:
        answer = self.request("GET", path, **options)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]],
        status: int = 303,
        **options: Any,
    ) -> httpx.Response:
        """Send a form with the token of the page seen last."""
        body = urlencode({"token": self.token, **fields}, doseq=True)
        headers = {"Content-Type": FORM, **options.pop("headers", {})}
        answer = self.request("POST", path, content=body, headers=headers, **options)
        assert answer.status_code == status, answer.text
        return answer

    def sign_in(self, key: str) -> Visitor:
        self.get("/console/sign-in")
        self.post("/console/sign-in", {"key": key, "next": "/console"})
        return self


def words(page: str) -> str:
    """Give the words of a page without its tags."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", page)).split())


def make_key(client: Client, *scopes: str, key: str = "", name: str = "li") -> str:
    answer = client.post(
        "/v1/keys",
        json={"name": name, "scopes": list(scopes)},
        headers={"Authorization": f"Bearer {key}"} if key else {},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


KEEPING: dict[str, Any] = {
    "record": "all", "keep_texts": True, "labels": {"cash_out": {"block": None}},
}  # fmt: skip
"""A policy by which a post that says 套现 waits for review, with its text."""


def keep(client: Client, board: str = "default", key: str = "", **more: Any) -> None:
    answer = client.put(
        f"/v1/policies/{board}",
        json={"policy": {**KEEPING, **more}},
        headers={"Authorization": f"Bearer {key}"} if key else {},
    )
    assert answer.status_code == 200, answer.text


def judge(client: Client, text: str, request_id: str, key: str = "", **fields: Any) -> None:
    answer = client.post(
        "/v1/moderations",
        json={"text": text, **fields},
        headers={
            "X-Request-ID": request_id, **({"Authorization": f"Bearer {key}"} if key else {}),
        },
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert client.app.state.service.keeping.recorder.flush(30)
