"""The gate lets a bounded number in and refuses the rest at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import anyio
import pytest

from api.conftest import FakeDetector, Running
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api.gate import Gate
from fanzha_api.problems import Problem


def run_in_loop(test: Callable[[], object]) -> None:
    anyio.run(test)  # type: ignore[arg-type]


def test_no_more_than_the_given_number_run_at_once() -> None:
    running = 0
    most = 0
    lock = threading.Lock()
    pair = threading.Barrier(2)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        pair.wait(30)
        with lock:
            running -= 1

    async def test() -> None:
        gate = Gate(threads=2, waiting=10, wait_s=30)
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(gate.run, work)
        assert gate.inside == 0

    run_in_loop(test)
    assert most == 2


def test_a_full_gate_refuses_at_once_and_opens_again() -> None:
    go = threading.Event()

    async def test() -> None:
        gate = Gate(threads=1, waiting=1, wait_s=30)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(gate.run, lambda: go.wait(30))
            tasks.start_soon(gate.run, lambda: go.wait(30))
            await anyio.wait_all_tasks_blocked()
            assert gate.inside == 2
            with pytest.raises(Problem, match="more requests") as refused:
                await gate.run(lambda: None)
            assert refused.value.status == 503
            assert refused.value.headers == {"Retry-After": "1"}
            go.set()
        assert await gate.run(lambda: 5) == 5

    run_in_loop(test)


def test_who_waits_too_long_is_refused_and_leaves_his_place() -> None:
    go = threading.Event()

    async def test() -> None:
        gate = Gate(threads=1, waiting=1, wait_s=0.01)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(gate.run, lambda: go.wait(30))
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Problem, match="more requests"):
                await gate.run(lambda: None)
            assert gate.inside == 1
            go.set()
        assert gate.inside == 0

    run_in_loop(test)


def test_work_that_fails_leaves_its_place() -> None:
    async def test() -> None:
        gate = Gate(threads=1, waiting=0, wait_s=1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await gate.run(lambda: 1 // 0)
        assert gate.inside == 0

    run_in_loop(test)


def test_a_service_with_a_full_gate_answers_503_and_goes_on(start: Running) -> None:
    go = threading.Event()
    entered = threading.Event()

    class Slow(FakeDetector):
        def check(self, post: str | Post) -> Verdict:
            if Post.of(post).text == "slow":
                entered.set()
                assert go.wait(30)
            return super().check(post)

    client = start(load=lambda settings: Slow(), threads=1, waiting=0)
    answers: list[int] = []

    def ask() -> None:
        answers.append(client.post("/v1/moderations", json={"text": "slow"}).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert entered.wait(30)
        busy = client.post("/v1/moderations", json={"text": "你好"})
        assert client.get("/healthz").status_code == 200
    finally:
        go.set()
        asking.join()
    assert busy.status_code == 503
    assert busy.json()["type"] == "urn:fanzha:problem:busy"
    assert busy.headers["retry-after"] == "1"
    assert answers == [200]
