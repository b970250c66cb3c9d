"""What training frees stays with the process, on Linux."""

from __future__ import annotations

import ctypes
import resource
import sys

import pytest
import torch

from transformer_programs.learn import memory
from transformer_programs.learn.memory import kept_memory

PAGES = 64 * 1024 * 1024 // resource.getpagesize()
"""Pages of the memory that is taken and freed: more than what glibc keeps anyway."""

HUGE_PAGES = PAGES // 512
"""As many at least, should the system hand out large ones."""


def new_pages() -> int:
    """How many pages the system had to hand out for memory taken again."""
    for _ in range(4):  # it need not be the same memory at once
        torch.zeros(PAGES * resource.getpagesize(), dtype=torch.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(PAGES * resource.getpagesize(), dtype=torch.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="only the C library of GNU/Linux is told to keep memory",
)
def test_memory_is_kept_in_the_block_alone() -> None:
    with kept_memory():
        kept = new_pages()
    after = new_pages()
    assert kept < HUGE_PAGES / 2 < after


def test_without_that_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_function", lambda name: None)
    with kept_memory():
        assert torch.zeros(2).tolist() == [0, 0]
