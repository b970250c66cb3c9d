"""Smaller programs that are nearly as accurate: what costs the least is removed."""

from transformer_programs.optimize.pruning.path import (
    Pruning as Pruning,
    Stage as Stage,
    prune as prune,
)
