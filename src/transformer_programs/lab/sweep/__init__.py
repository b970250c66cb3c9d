"""Many trainings with other settings: which programs are accurate, which are short."""

from __future__ import annotations

from transformer_programs.lab.sweep.dimensions import Choices, Range
from transformer_programs.lab.sweep.driver import resume_sweep, run_sweep
from transformer_programs.lab.sweep.front import Sweep
from transformer_programs.lab.sweep.running import Limits, SweepWatch

__all__ = [
    "Choices",
    "Limits",
    "Range",
    "Sweep",
    "SweepWatch",
    "resume_sweep",
    "run_sweep",
]
