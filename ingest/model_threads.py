"""Run a model on several inputs with a thread for each core, on a processor.

An input's activations stay in its core's cache, and no thread waits for another within a layer.
Where other programs use the machine too, such waiting takes most of the time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache
from typing import TypeVar

import torch

from ingest.abandonment import check_abandoned

Input = TypeVar("Input")
Output = TypeVar("Output")


def map_in_threads(function: Callable[[Input], Output], inputs: Sequence[Input]) -> list[Output]:
    """The function's result for each input, in their order; gradients are not recorded.

    An input has one core. The threads are shared by all callers, so that many at once start no
    more threads than there are cores. The function must not call `map_in_threads`.

    Raises:
        Abandoned: the caller's client has left; no further input is begun.
    """
    caller = copy_context()

    def infer(value: Input) -> Output:
        caller.copy().run(check_abandoned)
        with torch.inference_mode():  # is set for each thread by itself
            return function(value)

    if not inputs or torch.get_num_threads() < 2:
        return [infer(value) for value in inputs]
    return list(_pool().map(infer, inputs))


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """A thread for each of PyTorch's, in which PyTorch uses no other."""
    cores = torch.get_num_threads()
    all_started = threading.Barrier(cores)

    def start() -> None:
        torch.set_num_threads(1)
        torch.get_num_threads()  # from here on, what others set for later threads passes it by
        all_started.wait()

    pool = ThreadPoolExecutor(cores, "katheder-model", initializer=start)
    list(pool.map(abs, range(cores)))
    torch.set_num_threads(cores)  # the threads set it for all later ones, too
    return pool


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of the threads
