"""What was worked out once is kept, and whatever is dropped is worked out again."""

import threading
from concurrent.futures import ThreadPoolExecutor

from grading.engine.cache import Cache


def squares(cache, *numbers):
    """The squares by way of the cache, and the numbers that it had not kept."""
    made = []

    def square(number):
        made.append(number)
        return number**2

    return [cache.get(number, square) for number in numbers], made


def test_a_value_is_made_once():
    assert squares(Cache(10), 3, 3, 3) == ([9, 9, 9], [3])


def test_none_is_a_value_like_any_other():
    cache = Cache(10)
    assert cache.get("word", lambda word: None) is None
    assert cache.get("word", lambda word: "made again") is None


def test_a_full_cache_starts_anew():
    cache = Cache(2)
    assert squares(cache, 1, 2, 3, 1, 3) == ([1, 4, 9, 1, 9], [1, 2, 3, 1])
    assert len(cache) == 2


def test_threads_that_miss_a_value_at_once_get_the_same_object():
    cache, both_are_making = Cache(10), threading.Barrier(2, timeout=60)

    def make(key):
        both_are_making.wait()
        return [key]

    with ThreadPoolExecutor(2) as pool:
        one, other = (pool.submit(cache.get, "key", make) for _ in range(2))
        assert one.result() is other.result()
