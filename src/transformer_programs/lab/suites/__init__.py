"""Public suites of tasks, each a module with definitions and published numbers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformer_programs.lab.suites.suite import Suite

NAMES = ("mips", "formal", "tracrbench", "chomsky", "flipflop")
"""The suites, as ``tasks.registry`` knows them."""


def public_suite(name: str) -> Suite:
    """Return the suite with one of these names."""
    suite: Suite = import_module(f"{__name__}.{name}").SUITE
    return suite
