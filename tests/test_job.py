"""ui.job: work beside the page, and the line in which questions wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ui.job import Busy, Job, Line
from ui.uploads import UploadRefused


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_job_is_followed_from_its_first_item_by_everyone():
    go = threading.Event()

    def work(stop: threading.Event) -> Iterator[int]:
        yield 1
        go.wait(10)
        yield 2

    job = Job(work)
    first = job.follow(patience=0.01)
    assert next(item for item in first if item is not None) == 1
    assert next(first) is None  # nothing new: a sign of life
    go.set()
    assert [item for item in first if item is not None] == [2]
    assert [item for item in job.follow() if item is not None] == [1, 2]


def test_a_job_hands_its_error_to_every_follower():
    def work(stop: threading.Event) -> Iterator[int]:
        yield 1
        raise UploadRefused("no")

    job = Job(work)
    for _ in range(2):
        items = job.follow()
        assert next(items) == 1
        with pytest.raises(UploadRefused, match="no"):
            list(items)


def test_work_that_nobody_watches_is_stopped():
    stopped = threading.Event()

    def work(stop: threading.Event) -> Iterator[int]:
        yield 1
        assert stop.wait(10)
        stopped.set()

    job = Job(work, patience=0.2)
    assert next(job.follow()) == 1
    assert stopped.wait(10)
    wait_for(lambda: job.over)


def test_watched_work_is_left_alone():
    go = threading.Event()

    def work(stop: threading.Event) -> Iterator[bool]:
        go.wait(10)
        yield stop.is_set()

    job = Job(work, patience=0.2)
    seen = []
    start = time.monotonic()
    for item in job.follow(patience=0.02):
        seen.append(item)
        if time.monotonic() - start > 0.6:
            go.set()
    assert seen[-1] is False


def test_a_line_lets_them_through_one_by_one_in_order():
    line, order, inside = Line(), [], []
    tickets = [line.join() for _ in range(5)]
    assert [line.ahead(ticket) for ticket in tickets] == [0, 1, 2, 3, 4]

    def visit(number: int) -> None:
        with line.turn(tickets[number], threading.Event()):
            inside.append(number)
            assert len(inside) == 1
            order.append(number)
            time.sleep(0.01)
            inside.remove(number)

    threads = [threading.Thread(target=visit, args=(number,)) for number in (4, 2, 0, 3, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4]
    assert line.ahead(tickets[4]) == 0


def test_who_stops_waiting_leaves_the_line():
    line, stop = Line(), threading.Event()
    first, second, third = line.join(), line.join(), line.join()
    stop.set()
    with line.turn(second, stop):
        pass
    assert line.ahead(third) == 1
    with line.turn(first, threading.Event()):
        pass
    assert line.ahead(third) == 0


def test_a_full_line_refuses_with_its_length():
    line = Line(most=2)
    line.join(), line.join()
    with pytest.raises(Busy, match=r"^2 questions are waiting already"):
        line.join()
