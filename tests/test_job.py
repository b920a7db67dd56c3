"""ui.job: work beside the page, followed by every page."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ingest.abandonment import check_abandoned
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


def test_work_ends_at_its_next_step_once_its_pages_are_closed():
    first_page, second_page = threading.Event(), threading.Event()  # set: closed
    steps = itertools.count()
    abandoned = threading.Event()

    def work(stop: threading.Event) -> Iterator[int]:
        try:
            while True:
                yield next(steps)
                check_abandoned()
                time.sleep(0.01)
        finally:
            abandoned.set()

    job = Job(work, lambda: not first_page.is_set())
    other = job.follow(page=lambda: not second_page.is_set())
    assert next(item for item in other if item is not None) == 0
    first_page.set()
    time.sleep(0.5)  # several looks
    assert not job.done, "the second page is open still"
    second_page.set()
    wait_for(lambda: job.done)
    assert (abandoned.is_set(), job.is_abandoned, job.stop.is_set()) == (True, True, True)
    reached = next(steps)
    time.sleep(0.1)
    assert next(steps) == reached + 1, "something works on"
    list(other)  # a follower that is left gets no error


def test_work_for_whoever_looks_on_and_work_of_an_open_page_are_left_alone():
    for pages in ((), (lambda: True,)):
        go = threading.Event()

        def work(stop: threading.Event, go: threading.Event = go) -> Iterator[bool]:
            go.wait(60)
            yield stop.is_set()

        job = Job(work, *pages)
        time.sleep(0.5)
        go.set()
        assert [item for item in job.follow() if item is not None] == [False]
        assert not job.is_abandoned
