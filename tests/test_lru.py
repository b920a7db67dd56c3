"""ingest.lru: what is dropped, what counts as a use, and that threads do not break the sum."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lru import LruCache


def test_the_entry_used_longest_ago_is_dropped():
    cache = LruCache[str, int](2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1  # now "b" was used longest ago
    cache.put("c", 3)
    assert "b" not in cache
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (1, None, 3, 2)


def test_a_size_function_bounds_the_sum_of_sizes():
    cache = LruCache[str, str](5, size=lambda key, value: len(value))
    for key, value in (("a", "xx"), ("b", "xx"), ("c", "xx")):
        cache.put(key, value)
    assert ("a" in cache, cache.total_size) == (False, 4)
    cache.put("b", "x")  # a new value counts in place of the old one
    assert cache.total_size == 3
    cache.put("d", "xxxxxx")  # larger than the capacity
    assert (len(cache), cache.total_size) == (0, 0)


def test_missing_values_are_computed_together_and_once():
    cache, requests = LruCache[int, int](10), []

    def squares(keys):
        requests.append(keys)
        return [key * key for key in keys]

    assert cache.get_or_compute([3, 1, 3], squares) == [9, 1, 9]
    assert cache.get_or_compute([1, 2], squares) == [1, 4]
    assert cache.get_or_compute([], squares) == []
    assert requests == [[3, 1], [2]]


def test_more_keys_than_fit_are_still_computed():
    cache = LruCache[int, int](2)
    assert cache.get_or_compute(range(5), lambda keys: [-key for key in keys]) == [
        0,
        -1,
        -2,
        -3,
        -4,
    ]
    assert [key for key in range(5) if key in cache] == [3, 4]


def test_a_compute_that_gives_too_few_values_is_an_error():
    with pytest.raises(ValueError):
        LruCache[int, int](2).get_or_compute([1, 2], lambda keys: [1])


def test_clear_forgets_all():
    cache = LruCache[int, int](2)
    cache.put(1, 1)
    cache.clear()
    assert (len(cache), cache.total_size, cache.get(1)) == (0, 0, None)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6))), st.integers(1, 4))
def test_it_holds_the_last_used_keys_as_a_plain_list_would(steps, capacity):
    cache, used = LruCache[int, int](capacity), []
    for stores, key in steps:
        if stores:
            cache.put(key, key + 1)
        elif cache.get(key) is None:
            assert key not in used
            continue
        used = [*(k for k in used if k != key), key][-capacity:]
    assert [key for key in range(7) if key in cache] == sorted(used)


def test_threads_leave_a_sum_that_is_right():
    cache = LruCache[int, int](50)

    def work(start: int) -> None:
        for step in range(2000):
            cache.get_or_compute([(start + step * 7) % 90], lambda keys: [key + 1 for key in keys])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert cache.total_size == len(cache) == 50
