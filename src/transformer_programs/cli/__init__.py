"""``tprog``: a thin shell over ``experiment.py``."""

from __future__ import annotations

from transformer_programs.cli.app import main

__all__ = ["main"]
