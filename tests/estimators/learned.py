"""Small data that are learned in a fraction of a second."""

from __future__ import annotations

from itertools import product
from typing import Any

from transformer_programs.estimators.predictors import (
    TransformerProgramClassifier,
    TransformerProgramTagger,
)

SMALL: dict[str, Any] = {"learner": "search", "search": {"layers": 1, "beam": 4}}

TOKENS = [t for n in (1, 2, 3) for t in product("abc", repeat=n)]
TEXTS = [" ".join(tokens) for tokens in TOKENS]
CLASSES = ["with" if "a" in tokens else "without" for tokens in TOKENS]
TAGS = [[token.upper() for token in tokens] for tokens in TOKENS]


def classifier(**parameters: Any) -> TransformerProgramClassifier:
    return TransformerProgramClassifier(**SMALL | parameters)


def tagger(**parameters: Any) -> TransformerProgramTagger:
    return TransformerProgramTagger(**SMALL | parameters)
