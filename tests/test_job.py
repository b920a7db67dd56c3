"""ui.job: work beside the page, followed by every page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ui.job import Job
from ui.uploads import UploadRefused


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_job_is_followed_from_its_first_item_by_everyone():
    go = threading.Event()

    def work(stop: threading.Event) -> Iterator[int]:
        yield 1
        go.wait(60)
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
        assert stop.wait(60)
        stopped.set()

    job = Job(work, patience=1.0)
    assert next(job.follow()) == 1
    assert stopped.wait(60)
    wait_for(lambda: job.done)


def test_watched_work_is_left_alone():
    go = threading.Event()

    def work(stop: threading.Event) -> Iterator[bool]:
        go.wait(60)
        yield stop.is_set()

    job = Job(work, patience=1.0)
    seen = []
    start = time.monotonic()
    for item in job.follow(patience=0.02):
        seen.append(item)
        if time.monotonic() - start > 1.5:
            go.set()
    assert seen[-1] is False
