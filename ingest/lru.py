"""A cache of bounded size that drops what was not used for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class LruCache(Generic[Key, Value]):
    """A least-recently-used cache; its methods can be called from several threads at once.

    A value must not be None, which `get` returns for a missing key.
    """

    def __init__(self, capacity: int, size: Callable[[Key, Value], int] = lambda *_: 1) -> None:
        """Bound the sum of the entries' sizes.

        Args:
            capacity: The largest sum of sizes; an entry that is larger alone is not stored.
            size: The size of an entry, at least 0. By default every entry counts 1, so that
                `capacity` is the largest number of entries.
        """
        self._capacity = capacity
        self._size = size
        self._entries: OrderedDict[Key, Value] = OrderedDict()  # the next to be dropped first
        self._total = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    @property
    def total_size(self) -> int:
        """The sum of the entries' sizes, at most the capacity."""
        return self._total

    @property
    def capacity(self) -> int:
        """The largest sum of sizes."""
        return self._capacity

    def get(self, key: Key) -> Value | None:
        """The value of a key, which counts as a use; None where it is not stored."""
        with self._lock:
            value = self._entries.get(key)
            if value is not None:
                self._entries.move_to_end(key)
            return value

    def put(self, key: Key, value: Value) -> None:
        """Store a value, and drop the entries used longest ago until the capacity suffices."""
        with self._lock:
            if key in self._entries:
                self._total -= self._size(key, self._entries.pop(key))
            self._entries[key] = value
            self._total += self._size(key, value)
            while self._total > self._capacity:
                oldest, dropped = self._entries.popitem(last=False)
                self._total -= self._size(oldest, dropped)

    def get_or_compute(
        self, keys: Sequence[Key], compute: Callable[[list[Key]], Iterable[Value]]
    ) -> list[Value]:
        """The values of some keys, in their order; those that are missing are computed together.

        Args:
            keys: May repeat one another.
            compute: Gets the missing keys, each once and at least one, and gives their values
                in that order. It runs without the lock, so two threads may compute the same.
        """
        values: dict[Key, Value] = {}
        missing = []
        for key in dict.fromkeys(keys):
            value = self.get(key)
            if value is None:
                missing.append(key)
            else:
                values[key] = value
        if missing:
            for key, value in zip(missing, compute(missing), strict=True):
                values[key] = value
                self.put(key, value)
        return [values[key] for key in keys]

    def clear(self) -> None:
        """Drop all entries."""
        with self._lock:
            self._entries.clear()
            self._total = 0
