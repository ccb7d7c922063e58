"""What waits at the same time is done in one call, and nobody pays for another's case."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from anyio.lowlevel import checkpoint

from api.conftest import FakeDetector, Running
from fanzha.errors import InputError
from fanzha.post import Post
from fanzha.verdict import Verdict
from fanzha_api.gate import Gate
from fanzha_api.problems import Problem
from fanzha_api.together import (
    LONGEST_WAIT_S,
    MOST_CASES,
    MOST_SIZE,
    PATIENCE,
    SHORT_SIZE,
    Together,
)


def run_in_loop(test: Callable[[], object]) -> None:
    anyio.run(test)  # type: ignore[arg-type]


class Work:
    """Doubles numbers once it may; a negative one is its own failure, and 1313 is everybody's."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.go = threading.Event()

    def __call__(self, cases: Sequence[int]) -> Sequence[int | Exception]:
        self.calls.append(list(cases))
        assert self.go.wait(30)
        if 1313 in cases:
            raise ZeroDivisionError
        return [ValueError(case) if case < 0 else case * 2 for case in cases]


def made(
    work: Work, waiting: int = 100, wait_s: float = 30, threads: int = 2
) -> tuple[Gate, Together[int, int]]:
    gate = Gate(threads=threads, waiting=waiting, wait_s=wait_s)
    return gate, Together(gate, work)


async def give(
    work: Work, together: Together[int, int], cases: Sequence[int], size: int = 1
) -> list[object]:
    """Give the first case, the others once that is being done, and let the work go on then.

    What came of each is its result or its exception.
    """
    found: list[object] = [None] * len(cases)
    done = 0

    async def one(place: int) -> None:
        nonlocal done
        try:
            found[place] = await together.run(cases[place], size)
        except (Problem, ValueError, ZeroDivisionError) as error:
            found[place] = error
        done += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one, 0)
        while not work.calls:
            await checkpoint()
        for place in range(1, len(cases)):
            tasks.start_soon(one, place)
        while len(together._waiting) + done < len(cases) - 1:
            await checkpoint()
        work.go.set()
    return found


def test_what_came_while_a_call_ran_goes_into_the_next_one_in_order() -> None:
    work = Work()

    async def test() -> None:
        gate, together = made(work)
        assert await give(work, together, range(6)) == [0, 2, 4, 6, 8, 10]
        assert gate.inside == 0
        gate.close()

    run_in_loop(test)
    assert work.calls == [[0], [1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("size", "most"),
    [(1, MOST_CASES), (MOST_SIZE // 4, 4), (MOST_SIZE + 1, 1)],
    ids=["short", "long", "very long"],
)
def test_a_call_takes_no_more_than_it_may(size: int, most: int) -> None:
    work = Work()

    async def test() -> None:
        gate, together = made(work)
        found = await give(work, together, range(40), size)
        assert found == [case * 2 for case in range(40)]
        gate.close()

    run_in_loop(test)
    assert [case for call in work.calls for case in call] == list(range(40))
    assert max(map(len, work.calls)) == most


def test_a_failure_is_the_cases_own_or_that_of_its_call() -> None:
    work = Work()

    async def test() -> None:
        gate, together = made(work)
        first, second = await give(work, together, [4, -1])
        assert first == 8
        assert isinstance(second, ValueError)
        with pytest.raises(ZeroDivisionError):
            await together.run(1313, 1)
        assert await together.run(5, 1) == 10
        assert gate.inside == 0
        gate.close()

    run_in_loop(test)


def test_who_waits_too_long_is_refused_and_his_case_is_never_done() -> None:
    work = Work()

    async def test() -> None:
        gate, together = made(work, wait_s=0.01, threads=1)
        async with anyio.create_task_group() as tasks:
            first: list[int] = []

            async def wait() -> None:
                first.append(await together.run(1, 1))

            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Problem, match="more requests"):
                await together.run(2, 1)
            work.go.set()
        assert first == [2]
        assert await together.run(3, 1) == 6
        gate.close()

    run_in_loop(test)
    assert work.calls == [[1], [3]]


def test_a_full_gate_refuses_cases_too() -> None:
    work = Work()

    async def test() -> None:
        gate, together = made(work, waiting=1, threads=1)
        found = await give(work, together, range(5))
        assert found[:2] == [0, 2]
        assert all(isinstance(one, Problem) and one.status == 503 for one in found[2:])
        gate.close()

    run_in_loop(test)


def test_who_goes_away_costs_the_others_nothing() -> None:
    work = Work()

    async def test() -> None:
        gate, together = made(work)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(together.run, 1, 1)
            while not work.calls:
                await checkpoint()
            tasks.cancel_scope.cancel()
        assert gate.inside == 0
        assert await give(work, together, [2, 3]) == [4, 6]
        assert gate.inside == 0
        gate.close()

    run_in_loop(test)


def quick(work: Callable[[Sequence[int]], Sequence[int | Exception]]) -> Together[int, int]:
    """Make one that knows that short cases are quick."""
    together = Together(Gate(threads=1, waiting=100, wait_s=30), work)
    together._pace.learn(100, 100 * 0.0001)
    return together


class Quick(Work):
    """Works at once, and keeps in which threads."""

    def __init__(self) -> None:
        super().__init__()
        self.go.set()
        self.threads: list[int] = []

    def __call__(self, cases: Sequence[int]) -> Sequence[int | Exception]:
        self.threads.append(threading.get_ident())
        return super().__call__(cases)


async def all_of(together: Together[int, int], cases: Sequence[int]) -> list[object]:
    """Give cases in one turn of the event loop; what came of each is its result or exception."""
    tasks = [asyncio.ensure_future(together.run(case, 1)) for case in cases]
    return list(await asyncio.gather(*tasks, return_exceptions=True))


def test_short_cases_move_into_the_event_loop_once_they_are_known_to_be_quick() -> None:
    work = Quick()

    async def test() -> None:
        gate = Gate(threads=1, waiting=100, wait_s=30)
        together = Together(gate, work)
        for case in range(100):
            assert await together.run(case, 1) == case * 2
        here = threading.get_ident()
        assert work.threads[0] != here
        assert work.threads[-1] == here
        assert await together.run(5, SHORT_SIZE) == 10
        assert work.threads[-1] == here
        assert await together.run(5, SHORT_SIZE + 1) == 10
        assert work.threads[-1] != here
        assert gate.inside == 0
        gate.close()

    run_in_loop(test)


def test_quick_cases_that_come_together_are_done_together_in_order() -> None:
    work = Quick()

    async def test() -> None:
        found = await all_of(quick(work), range(40))
        assert found == [case * 2 for case in range(40)]

    run_in_loop(test)
    assert [case for call in work.calls for case in call] == list(range(40))
    assert 1 < max(map(len, work.calls)) <= MOST_CASES


def test_the_event_loop_turns_to_others_between_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each call takes longer than a turn may.
    monkeypatch.setattr("fanzha_api.together.MOST_TURN_S", 0.0)
    work = Quick()
    seen: list[int] = []

    async def test() -> None:
        async def look() -> None:
            while len(seen) < 50:
                seen.append(len(work.calls))
                await checkpoint()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(all_of, quick(work), range(3 * MOST_CASES))
            tasks.start_soon(look)

    run_in_loop(test)
    assert {1, 2} <= set(seen)


def test_a_quick_case_that_fails_costs_the_others_nothing() -> None:
    async def test() -> None:
        together = quick(Quick())
        first, second, third = await all_of(together, [4, -1, 5])
        assert (first, third) == (8, 10)
        assert isinstance(second, ValueError)
        assert [type(one) for one in await all_of(together, [1313, 1])] == [ZeroDivisionError] * 2
        assert await together.run(5, 1) == 10

    run_in_loop(test)


def test_a_quick_case_whose_caller_went_away_is_never_done() -> None:
    work = Quick()

    async def test() -> None:
        together = quick(work)
        tasks = [asyncio.ensure_future(together.run(case, 1)) for case in (1, 2)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        assert await tasks[1] == 4
        assert together._gate.inside == 0

    run_in_loop(test)
    assert work.calls == [[2]]


def test_who_would_wait_too_long_for_quick_cases_is_refused_at_once() -> None:
    work = Quick()

    async def test() -> None:
        together = quick(work)
        together._pace.learn(1000, 1000 * 0.001)
        found = await all_of(together, range(60))
        refused = [one for one in found if isinstance(one, Problem)]
        n_let_in = len(found) - len(refused)
        assert found[:n_let_in] == [case * 2 for case in range(n_let_in)]
        # So many that the last does not wait longer than it may, half of the loop being others'.
        assert (n_let_in - 1) * 2 * 0.0009 < LONGEST_WAIT_S < (n_let_in + 1) * 2 * 0.0011
        assert all(one.status == 503 for one in refused)
        assert not together.late()
        assert together.late(further=60)

    run_in_loop(test)


def test_who_comes_while_the_first_waits_too_long_already_is_refused() -> None:
    async def test() -> None:
        together = quick(Quick())
        some = [asyncio.ensure_future(together.run(case, 1)) for case in range(PATIENCE)]
        await asyncio.sleep(0)
        assert not together.late()
        together._short[0].came_s -= 2 * LONGEST_WAIT_S
        assert together.late()
        with pytest.raises(Problem, match="more requests"):
            await together.run(2, 1)
        assert await asyncio.gather(*some) == [case * 2 for case in range(PATIENCE)]
        assert not together.late()

    run_in_loop(test)


def test_nobody_is_refused_for_the_pace_of_the_first_cases() -> None:
    together = Together(Gate(threads=1, waiting=100, wait_s=30), Quick())
    together._pace.learn(1, 0.25)
    assert not together._pace.quick
    assert not together.late(further=8)


def test_nobody_is_refused_where_few_come_while_cases_are_barely_quick() -> None:
    together = quick(Quick())
    together._pace.learn(1000, 1000 * 0.0039)
    assert together._pace.quick
    assert not together.late(further=PATIENCE - 1)
    assert together.late(further=PATIENCE)


def test_a_pause_of_the_machine_refuses_nobody_where_few_come() -> None:
    async def test() -> None:
        together = quick(Quick())
        some = [asyncio.ensure_future(together.run(case, 1)) for case in range(PATIENCE - 1)]
        await asyncio.sleep(0)
        together._short[0].came_s -= 2 * LONGEST_WAIT_S
        assert not together.late()
        assert await asyncio.gather(*some) == [case * 2 for case in range(PATIENCE - 1)]

    run_in_loop(test)


class Waiting(FakeDetector):
    """Begins to judge when it may, and trips over some posts."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.entered = threading.Event()
        self.together: list[int] = []

    def check(self, post: str | Post) -> Verdict:
        text = Post.of(post).text
        if text == "first":
            self.entered.set()
            assert self.go.wait(30)
        if text == "odd":
            raise InputError("the post cannot be used; write another")
        return super().check(post)

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        given = list(posts)
        self.together.append(len(given))
        return iter([self.check(post) for post in given])


def test_requests_judged_together_get_what_each_would_get_alone(start: Running) -> None:
    detector = Waiting()
    client = start(load=lambda settings: detector, threads=1)
    singles = client.app.state.service.singles
    bodies = [
        b'{"text": "first"}',
        *(json.dumps({"text": f"\u5957\u73b0 {n}", "id": n}).encode() for n in range(5)),
        b'{"text": "odd"}',
        b'{"text": 5}',
        b"no json",
        b'{"title": "\xe5\xa5\xbd", "signature": "\xe5\x8a\xa0\xe5\xbe\xae", "explain": true}',
    ]
    with ThreadPoolExecutor(len(bodies)) as pool:
        first = pool.submit(client.send_raw, bodies[0])
        assert detector.entered.wait(30)
        rest = [pool.submit(client.send_raw, body) for body in bodies[1:]]
        while len(singles._waiting) < len(rest):
            client.portal.call(checkpoint)
        detector.go.set()
        answers = [first.result(30), *(one.result(30) for one in rest)]
    # One post trips, so those that were judged with it are judged one by one.
    assert max(detector.together) == 7
    alone = [client.send_raw(body) for body in bodies]
    assert [one.status_code for one in answers] == [200] * 6 + [422, 422, 400, 200]
    for together, by_itself in zip(answers, alone, strict=True):
        assert together.status_code == by_itself.status_code
        ignored = {"request_id": ""}
        assert together.json() | ignored == by_itself.json() | ignored
