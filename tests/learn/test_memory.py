"""What training frees stays with the process, on Linux."""

from __future__ import annotations

import ctypes
import resource
import subprocess
import sys

import pytest
import torch

from transformer_programs import tasks
from transformer_programs.learn import memory, train
from transformer_programs.learn.memory import kept_memory
from transformer_programs.settings import ModelSettings, TrainSettings

SIZE = 32 * 1024 * 1024
"""Bytes that are taken and freed: more than what glibc keeps anyway."""

HUGE_PAGES = SIZE // resource.getpagesize() // 512
"""As many pages at least, should the system hand out large ones."""

MEASURE = f"""
import resource, torch
from transformer_programs.learn.memory import kept_memory

def new_pages():
    found = []
    # What is freed serves again once the pieces beside it are free as well, which can
    # take a few rounds; memory that is not kept is handed out anew in every one.
    for _ in range(32):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.zeros({SIZE}, dtype=torch.uint8)
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return found

with kept_memory():
    kept = new_pages()
print(min(kept), max(new_pages()))
"""
"""Prints how many pages the system hands out for memory that is taken again.

The fewest while memory is kept; the most afterwards, since what is left of it may serve
some times more."""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="only the C library of GNU/Linux is told to keep memory",
)
def test_memory_is_kept_in_the_block_alone() -> None:
    """In a process of its own, where no test before has scattered the memory."""
    command = [sys.executable, "-c", MEASURE]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    kept, after = map(int, done.stdout.split())
    assert kept < HUGE_PAGES / 2 < after


def test_without_that_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_function", lambda name: None)
    with kept_memory():
        assert torch.zeros(2).tolist() == [0, 0]


def test_training_leaves_the_allocator_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of the user's process: commands change it, functions do not."""
    asked: list[str] = []
    monkeypatch.setattr(memory, "_function", lambda name: asked.append(name))
    data = tasks.get("hist").dataset(size=50, vocabulary_size=4, max_length=4)
    train(data, ModelSettings(layers=1), TrainSettings(steps=2, restarts=1))
    assert asked == []
    with kept_memory():
        assert asked == ["mallopt"]
