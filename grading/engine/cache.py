"""A place for values that are worked out once and shared by threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Values by key, each made when it is first asked for. Threads may share a cache.

    A cache belongs to an object that never changes, and a value follows from that object and its
    key alone. So a cache saves time and changes no result: when it is full it starts anew, and two
    threads that miss the same value at once may both make it.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity  # number of values
        self._values: dict[Key, Value] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key, make: Callable[[Key], Value]) -> Value:
        """The value of a key, which `make` makes from the key if it is not there."""
        with self._lock:
            if key in self._values:
                return self._values[key]
        value = make(key)  # outside the lock: it may take long
        with self._lock:
            if len(self._values) >= self._capacity:
                self._values.clear()
            return self._values.setdefault(key, value)
