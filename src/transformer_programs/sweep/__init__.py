"""Many trainings with other settings: which programs are accurate, which are short."""

from __future__ import annotations

from transformer_programs.sweep.driver import resume_sweep, run_sweep
from transformer_programs.sweep.front import Sweep
from transformer_programs.sweep.running import Limits, SweepWatch
from transformer_programs.sweep.space import Choices, Range

__all__ = [
    "Choices",
    "Limits",
    "Range",
    "Sweep",
    "SweepWatch",
    "resume_sweep",
    "run_sweep",
]
