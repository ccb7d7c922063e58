"""Approves Halo's waiting comments that fanzha lets pass, and obeys its moderators' decisions.

Halo holds every comment back (its setting "new comments need approval"); this program reads what
waits, asks fanzha, approves what passes and leaves the rest to people. A webhook of Halo only
wakes it: nothing in it is believed, the comments come from Halo's own API. Events of fanzha are
taken only with their signature.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
from pydantic import ValidationError

from fanzha.errors import InputError
from fanzha_api.client import Client, ServiceError, verify_event

KINDS: Final = ("comments", "replies")
MARK: Final = "fanzha/suggestion"
MAX_BODY_BYTES: Final = 1 << 20
MAX_CHARS: Final = 50_000
PAGE: Final = 50

_TAG = re.compile("<[^<>]*>")
_log = logging.getLogger("fanzha.halo")


@dataclass
class Receiver:
    """Carries comments from Halo to fanzha and answers back.

    `fail_open` says whether a comment appears when fanzha gives no answer.
    """

    halo: httpx.Client
    fanzha: Client
    records: httpx.Client
    board: str = "halo"
    fail_open: bool = True
    wake: threading.Event = field(default_factory=threading.Event)

    def sweep(self) -> int:
        """Judge what waits, and give how many comments were approved."""
        approved = 0
        for kind in KINDS:
            page = 1
            while True:
                query: dict[str, str | int] = {
                    "fieldSelector": "spec.approved=false",
                    "page": page,
                    "size": PAGE,
                }
                answer = self.halo.get(f"/apis/content.halo.run/v1alpha1/{kind}", params=query)
                found = answer.raise_for_status().json()
                settled = sum(self._settle(kind, comment) for comment in found["items"])
                approved += settled
                if not found.get("hasNext"):
                    break
                # What was approved is gone from the list, and what follows has moved up.
                page += 0 if settled else 1
        return approved

    def obey(self, event: Mapping[str, Any]) -> None:
        """Approve the comments that a moderator of fanzha let pass (`review.decided`)."""
        if event["event"] != "review.decided" or event["data"]["decision"] != "pass":
            return
        for request_id in event["data"]["request_ids"]:
            answer = self.records.get(f"/v1/records/{request_id}").raise_for_status()
            for record in answer.json()["records"]:
                kind, _, name = str(record.get("id", "")).partition("/")
                if record["board"] == self.board and kind in KINDS and name:
                    path = f"/apis/content.halo.run/v1alpha1/{kind}/{name}"
                    self._write(kind, self.halo.get(path).raise_for_status().json(), "pass")

    def run(self, every_s: float) -> None:
        """Sweep when woken, and every `every_s` seconds in any case."""
        while True:
            self.wake.wait(every_s)
            self.wake.clear()
            try:
                _log.info("approved %d", self.sweep())
            except (httpx.HTTPError, KeyError, ValueError) as error:
                _log.error("a sweep broke off: %s", type(error).__name__)

    def _settle(self, kind: str, comment: dict[str, Any]) -> bool:
        metadata, spec = comment["metadata"], comment["spec"]
        if metadata.get("deletionTimestamp") or (metadata.get("annotations") or {}).get(MARK):
            return False
        owner = spec.get("owner") or {}
        post = {
            "id": f"{kind}/{metadata['name']}",
            "body": _TAG.sub("", spec.get("raw") or spec.get("content") or "")[:MAX_CHARS],
            "author_name": (owner.get("displayName") or "")[:MAX_CHARS],
        }
        try:
            # A comment whose answer was lost on its way is recorded once.
            once = f"{post['id']}/{metadata.get('version', 0)}"[-128:]
            verdict = self.fanzha.moderate(post, board=self.board, idempotency_key=once)
            suggestion: str = verdict.suggestion
        except (ServiceError, ValidationError, httpx.HTTPError) as error:
            # The class only: a message may repeat what was sent.
            _log.warning("no verdict: %s", type(error).__name__)
            if not self.fail_open:
                return False
            suggestion = "unchecked"
        return self._write(kind, comment, suggestion)

    def _write(self, kind: str, comment: dict[str, Any], suggestion: str) -> bool:
        approved = suggestion in {"pass", "unchecked"}
        metadata, spec = dict(comment["metadata"]), dict(comment["spec"])
        metadata["annotations"] = {**(metadata.get("annotations") or {}), MARK: suggestion}
        if approved:
            spec["approved"] = True
            spec["approvedTime"] = spec.get("creationTime")
        path = f"/apis/content.halo.run/v1alpha1/{kind}/{metadata['name']}"
        # Halo refuses (409) if somebody changed the comment meanwhile; the next sweep sees that.
        answer = self.halo.put(path, json={**comment, "metadata": metadata, "spec": spec})
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        answer.raise_for_status()
        return approved


def make_handler(
    receiver: Receiver, *, token: str, secret: str | None
) -> type[BaseHTTPRequestHandler]:
    """Make the HTTP side: `POST /halo/<token>` wakes, `POST /events` brings fanzha's events."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
                self._answer(413)
                return
            body = self.rfile.read(int(length))
            if hmac.compare_digest(self.path.encode(), f"/halo/{token}".encode()):
                receiver.wake.set()
                self._answer(202)
            elif self.path == "/events" and secret is not None:
                self._answer(self._take(body, secret))
            else:
                self._answer(404)

        def _take(self, body: bytes, secret: str) -> int:
            try:
                verify_event(body, self.headers.get("Fanzha-Signature", ""), secret)
            except InputError:
                return 401
            try:
                receiver.obey(json.loads(body))
            except httpx.HTTPError as error:
                # fanzha sends the event again.
                _log.warning("an event was not obeyed: %s", type(error).__name__)
                return 503
            return 204

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass  # The path holds the token.

    return Handler


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # httpx would log each address with its query.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    env = os.environ
    timeout_s = float(env.get("TIMEOUT_S", "1.5"))
    service, review_key = env["SERVICE_URL"], env.get("REVIEW_KEY", "")
    receiver = Receiver(
        halo=httpx.Client(
            base_url=env["HALO_URL"],
            headers={"Authorization": f"Bearer {env['HALO_TOKEN']}"},
            timeout=10.0,
        ),
        fanzha=Client(service, env.get("MODERATE_KEY") or None, timeout_s=timeout_s),
        records=httpx.Client(
            base_url=service, headers={"Authorization": f"Bearer {review_key}"}, timeout=10.0
        ),
        board=env.get("BOARD", "halo"),
        fail_open=env.get("FAIL_OPEN", "true") == "true",
    )
    handler = make_handler(receiver, token=env["TOKEN"], secret=env.get("EVENT_SECRET") or None)
    server = ThreadingHTTPServer(
        (env.get("HOST", "127.0.0.1"), int(env.get("PORT", "8090"))), handler
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.run(float(env.get("EVERY_S", "30")))


if __name__ == "__main__":
    main()
