"""Bounds on work, in processor time.

A busy machine makes a test wait, and must not make it fail.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def processor_time_below(limit_s: float) -> Iterator[None]:
    """The block takes less than `limit_s` seconds of this process's processor time.

    Give the limit ample room: it is there for work that grows without bound, not for speed.
    """
    began_s = time.process_time()
    yield
    took_s = time.process_time() - began_s
    assert took_s < limit_s, f"{took_s:.1f} s of processor time, where {limit_s:g} s are enough"
