"""The service as its users run it: a process, a port, the shipped bundle."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

import fanzha_data
from fanzha import Detector
from fanzha_api import schemas

pytestmark = pytest.mark.skipif(
    not (fanzha_data.path("bundle") / "manifest.json").is_file(),
    reason="no bundle in data/fanzha_data/bundle; make one with `make train`",
)

CASH_OUT = "花呗套.現秒到账，95回，扣5个点，需要的加薇：tx_888"
FAKE_HOTLINE = "抖音月付关闭怎么操作？拨打抖音客服热线400-6455-566，人工处理，注销额度"
CLEAN = "今天下班去公园走了走，桂花开了，很香。"
POSTS = [
    CASH_OUT,
    FAKE_HOTLINE,
    CLEAN,
    "",
    "花呗可以提现吗？",
    "nul \x00 和 \ud800 代理",
    "😀" * 50 + CASH_OUT,
    "警方提醒：凡是帮你套现的都是骗子",
]


class Service:
    """A running `fanzha-serve`; its log lines are collected as they come."""

    def __init__(self, *options: str, workers: int = 1, **settings: str) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "fanzha_api.serve", "--port", "0",
                "--workers", str(workers), *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **settings},
        )  # fmt: skip
        self.lines: list[str] = []
        self._ready = threading.Semaphore(0)
        self._overlays = threading.Semaphore(0)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", self.process.stdout.readline())
        assert found, self.lines
        self.port = int(found[1])
        self.url = found[0]
        for _ in range(workers):
            assert self._ready.acquire(timeout=60), self.lines

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if '"event":"ready"' in line or '"event":"not ready"' in line:
                self._ready.release()
            if '"event":"registry overlay ' in line:
                self._overlays.release()

    def wait_for_overlay(self, workers: int) -> None:
        """Wait until each worker has laid or refused a changed overlay."""
        for _ in range(workers):
            assert self._overlays.acquire(timeout=60), self.lines

    def end(self, sign: signal.Signals = signal.SIGINT) -> int:
        """End the service and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        code = self.process.wait(30)
        self._reader.join(30)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code


@contextmanager
def serving(workers: int = 1, **settings: str) -> Iterator[Service]:
    service = Service(workers=workers, **settings)
    try:
        yield service
    finally:
        service.end()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load()


def ask(client: httpx.Client, path: str, body: Any) -> httpx.Response:
    # With \u escapes, since UTF-8 cannot carry a lone surrogate.
    return client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("post", POSTS, ids=range(len(POSTS)))
def test_the_service_answers_what_the_library_says(
    client: httpx.Client, detector: Detector, post: str
) -> None:
    answer = ask(client, "/v1/moderations", {"text": post})
    assert answer.status_code == 200, answer.text
    assert answer.json() == orjson.loads(orjson.dumps(detector.check(post).to_json()))
    schemas.Verdict.model_validate_json(answer.content)


@pytest.mark.parametrize(
    ("post", "label"),
    [(CASH_OUT, "cash_out"), (FAKE_HOTLINE, "fake_hotline"), (CLEAN, None)],
    ids=["cash-out", "fake hotline", "clean"],
)
def test_scams_are_flagged_with_evidence_that_slices_the_post(
    client: httpx.Client, post: str, label: str | None
) -> None:
    verdict = ask(client, "/v1/moderations", {"text": post}).json()
    assert (verdict["suggestion"] == "pass") == (label is None)
    assert (label in {given["label"] for given in verdict["labels"]}) == (label is not None)
    for found in verdict["evidence"] + verdict["hotlines"] + verdict["contacts"]:
        assert post[found["start"] : found["end"]] == found["text"]


def test_a_batch_equals_single_moderations(client: httpx.Client) -> None:
    posts = [{"id": number, "text": post} for number, post in enumerate(POSTS * 32)]
    batch = ask(client, "/v1/moderations:batch", {"posts": posts})
    assert batch.status_code == 200, batch.text
    singles = [ask(client, "/v1/moderations", post).json() for post in posts[: len(POSTS)]]
    verdicts = batch.json()["verdicts"]
    assert [verdict["id"] for verdict in verdicts] == list(range(256))
    for start in range(0, 256, len(POSTS)):
        for single, verdict in zip(singles, verdicts[start : start + len(POSTS)], strict=True):
            assert verdict | {"id": 0} == single | {"id": 0}


def test_requests_at_the_same_time_do_not_mix(client: httpx.Client, detector: Detector) -> None:
    expected = [orjson.loads(orjson.dumps(detector.check(post).to_json())) for post in POSTS]

    def check(number: int) -> bool:
        answer = ask(client, "/v1/moderations", {"text": POSTS[number % len(POSTS)]})
        assert answer.status_code == 200, answer.text
        return bool(answer.json() == expected[number % len(POSTS)])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(check, range(200)))


def test_the_longest_post_is_judged_and_a_longer_one_is_refused(client: httpx.Client) -> None:
    longest = (CASH_OUT * 5000)[:100_000]
    assert ask(client, "/v1/moderations", {"text": longest}).json()["suggestion"] != "pass"
    refused = ask(client, "/v1/moderations", {"text": longest + "。"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/text"


def test_a_number_is_looked_up_for_a_brand(client: httpx.Client) -> None:
    fake = client.get("/v1/hotlines/400-6455-566", params={"brand": "抖音"}).json()
    assert (fake["number"], fake["brand"], fake["status"]) == ("4006455566", "抖音", "unlisted")
    assert "95152" in fake["official_numbers"]
    own = client.get("/v1/hotlines/95152", params={"brand": "抖音"}).json()
    assert own["status"] == "official"
    refused = client.get("/v1/hotlines/客服")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == "number"


def test_a_body_that_outgrows_the_limit_closes_the_connection() -> None:
    head = (
        b"POST /v1/moderations HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/json\r\n\r\n"
    )
    with (
        serving(FANZHA_MAX_BODY_BYTES="2048") as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=30) as raw,
    ):
        raw.sendall(head + b"801\r\n" + b" " * 0x801 + b"\r\n")
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"urn:fanzha:problem:body-too-large" in answer


def test_the_log_holds_one_line_a_request_and_no_post(
    service: Service, client: httpx.Client
) -> None:
    ask(client, "/v1/moderations", {"id": "geheim", "text": CASH_OUT})
    client.get("/v1/hotlines/13800138000")
    client.get("/healthz", headers={"X-Request-ID": "last-one"})
    lines = [json.loads(line) for line in list(service.lines)]
    assert lines[0]["event"] == "ready"
    logged = "".join(service.lines)
    assert not re.search("套|geheim|tx_888|13800138000", logged)


def test_the_service_ends_cleanly_when_interrupted() -> None:
    running = Service()
    assert httpx.get(f"{running.url}/readyz", trust_env=False).status_code == 200
    assert running.end(signal.SIGINT) == 0
    assert "Traceback" not in "".join(running.lines)


def test_the_workers_of_one_service_share_their_counts() -> None:
    with serving(workers=2) as running:
        # A connection of its own per request, so that both workers get some.
        for _ in range(20):
            answer = httpx.post(
                f"{running.url}/v1/moderations", json={"text": CLEAN}, trust_env=False
            )
            assert answer.json()["suggestion"] == "pass"
        for _ in range(4):
            text = httpx.get(f"{running.url}/metrics", trust_env=False).text
            assert 'fanzha_verdicts_total{suggestion="pass"} 20.0' in text
            assert len(re.findall("^fanzha_bundle_info{.*} 1.0$", text, re.MULTILINE)) == 1
        assert running.end(signal.SIGTERM) == 0


def run(*options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fanzha_api.serve", *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **settings},
        timeout=60,
        check=False,
    )


def test_a_port_in_use_ends_with_one_line(service: Service) -> None:
    done = run("--port", str(service.port))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(service.port) in done.stderr


def write_overlay(path: Path, number: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(
        "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note\n"
        f"我家商行,bank,家行,{number},400,high,customer_service,,2026-11,our own,\n",
        encoding="utf-8",
    )
    new.replace(path)


def test_every_worker_lays_a_changed_overlay_and_keeps_the_last_good_one(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    write_overlay(path, "4001234567")
    post = {"text": "家行客服热线 400-123-4568"}

    def statuses(running: Service) -> set[tuple[str, str]]:
        # A connection of its own per request, so that both workers get some.
        found = set()
        for _ in range(10):
            state = httpx.get(f"{running.url}/readyz", trust_env=False).json()["registry"]
            verdict = httpx.post(f"{running.url}/v1/moderations", json=post, trust_env=False).json()
            found.add((state["status"], verdict["hotlines"][0]["status"]))
        return found

    with serving(workers=2, FANZHA_REGISTRY=str(path)) as running:
        assert statuses(running) == {("current", "unlisted")}
        write_overlay(path, "4001234568")
        running.wait_for_overlay(2)
        assert statuses(running) == {("current", "official")}
        write_overlay(path, "955889")
        running.wait_for_overlay(2)
        assert statuses(running) == {("stale", "official")}
        refused = [line for line in running.lines if '"event":"registry overlay refused"' in line]
        assert len(refused) == 2
        assert all("own.csv:2:4: " in line for line in refused)


@pytest.mark.parametrize("name", ["FANZHA_BUNDLE", "FANZHA_POLICY", "FANZHA_REGISTRY"])
def test_a_missing_file_ends_the_service_with_code_3(name: str, tmp_path: Path) -> None:
    done = run("--port", "0", **{name: str(tmp_path / "nowhere")})
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("fanzha-serve: ")
    assert "nowhere" in done.stderr.splitlines()[-1]


def test_bytes_that_are_not_http_do_not_end_the_service(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as raw:
        raw.sendall(b"\x16\x03\x01 garbage\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert httpx.get(f"{service.url}/healthz", trust_env=False).status_code == 200
