"""ingest.model_threads: results in order, one thread of PyTorch for each, and the caller's setting kept."""

from __future__ import annotations

import threading

import pytest
import torch

from ingest import model_threads
from ingest.abandonment import Abandoned, abandonable
from ingest.model_threads import map_in_threads


@pytest.fixture(autouse=True)
def two_cores():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    model_threads._pool.cache_clear()
    yield
    model_threads._pool.cache_clear()
    torch.set_num_threads(threads)


def test_results_come_in_the_inputs_order_each_from_a_thread_that_uses_one_core():
    meeting = threading.Barrier(2, timeout=20)  # passes only where two threads are at work

    def run(number):
        meeting.wait()
        return number * 10, torch.get_num_threads(), torch.is_grad_enabled()

    assert map_in_threads(run, range(4)) == [(n * 10, 1, False) for n in range(4)]
    assert torch.get_num_threads() == 2
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [2]


def test_one_input_does_not_wait_for_a_second_core_either():
    assert map_in_threads(lambda _: torch.get_num_threads(), [0]) == [1]
    assert map_in_threads(lambda _: torch.get_num_threads(), []) == []


def test_an_error_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        map_in_threads(lambda number: 1 // number, [1, 0])


def test_no_input_is_begun_for_a_caller_whose_client_has_left():
    left, begun = threading.Event(), []

    def run(number):
        begun.append(number)
        left.set()

    with abandonable(left.is_set), pytest.raises(Abandoned):
        map_in_threads(run, range(1000))
    assert 1 <= len(begun) <= 2  # one for each thread
    assert map_in_threads(abs, [-1]) == [1]  # another caller is not concerned
