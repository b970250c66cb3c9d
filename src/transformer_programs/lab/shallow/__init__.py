"""Shallow methods beside programs: counts and linear models (``docs/baseline.md``)."""

from transformer_programs.lab.shallow.measure import Kind, Measured, kinds_for, measured

__all__ = ["Kind", "Measured", "kinds_for", "measured"]
