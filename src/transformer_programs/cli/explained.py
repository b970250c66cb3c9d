"""Explanations as data for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from transformer_programs.explain import (
    Contribution,
    Decision,
    Origin,
    Separation,
    Step,
    steps_of,
)


def document(found: Decision) -> dict[str, Any]:
    """A decision for scripts."""
    position = {} if found.position is None else {"position": found.position}
    return position | {
        "label": found.label,
        "against": found.against,
        "score": found.score,
        "against_score": found.against_score,
        "margin": found.margin,
        "contributions": [_part(part) for part in found.contributions],
        "steps": [_step(step) for step in steps_of(found.derivations)],
    }


def separation_document(found: Separation) -> dict[str, Any]:
    """What separates two labels, for scripts."""
    return asdict(found)


def _part(part: Contribution) -> dict[str, Any]:
    origin, *others = part.origin.chain()
    return {
        "amount": part.amount,
        **_place(origin),
        "class_words": part.words,
        "from": [_place(other) for other in others],
    }


def _place(origin: Origin) -> dict[str, Any]:
    return {
        "variable": origin.variable,
        "value": origin.value,
        "position": origin.position,
        "word_positions": origin.places,
        "words": origin.words,
        "missed": origin.missed,
    }


def _step(step: Step) -> dict[str, Any]:
    inputs: Sequence[dict[str, Any]] = [
        {
            "part": found.part,
            "variable": found.step.variable,
            "position": found.step.position,
        }
        for found in step.inputs
    ]
    return {
        "variable": step.variable,
        "value": step.value,
        "position": step.position,
        "word": step.word,
        "rule": step.rule,
        "missed": step.missed,
        "inputs": inputs,
    }
