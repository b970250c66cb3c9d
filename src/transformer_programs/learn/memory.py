"""Memory that training frees, kept by the process until training ends.

A step then takes 0 to 15% less time (the most for large batches and long sequences).
It changes the allocator of the whole process for that time, so that no function of this
package does it by itself: ``tprog`` and the workers of sweeps do, whose process it is;
in a process of your own, put ``with kept_memory():`` around a training.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Parameters of mallopt(3), and what they are at first.
_TRIM_THRESHOLD, _DEFAULT_THRESHOLD = -1, 128 * 1024
_MMAP_MAX, _DEFAULT_MMAP_MAX = -4, 65536
_NEVER = 2**31 - 1


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep what is freed in the block, and hand it back to the system after it.

    Every step of training takes and frees the same hundreds of megabytes. The C library
    of Linux hands large pieces back at once; to get them again, page by page, costs
    time at every step. Where there is another C library nothing is done.
    """
    set_option = _function("mallopt")
    if set_option is None:
        yield
        return
    set_option(_TRIM_THRESHOLD, _NEVER)
    set_option(_MMAP_MAX, 0)
    try:
        yield
    finally:
        set_option(_TRIM_THRESHOLD, _DEFAULT_THRESHOLD)
        set_option(_MMAP_MAX, _DEFAULT_MMAP_MAX)
        trim = _function("malloc_trim")
        if trim is not None:
            trim(0)


def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has none of that name."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # no glibc; TypeError: Windows
        return None
    return found
