"""Selections: which of two variables says the label, where a gate tells."""

from __future__ import annotations

import numpy as np
import pytest

from transformer_programs.language.types import Domain
from transformer_programs.search.candidate import Candidate, needed
from transformer_programs.search.sample import Sample
from transformer_programs.search.selection import NONE, Selection
from transformer_programs.system import Work


@pytest.mark.parametrize("labels", [("x", "y"), (NONE, "y"), (NONE, f"<{NONE}>")])
def test_the_gate_chooses_the_source_that_is_right(labels: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 60, 6))
    gate = rng.integers(0, 3, (60, 6))
    said = np.where(gate == 1, a, b)
    everywhere = np.ones_like(said, dtype=np.bool_)
    sample = Sample(a, everywhere, said, everywhere, 2)
    tokens = Domain.of_tokens(labels)
    selection = Selection(sample, labels, Work())
    sources = [
        selection.source(Candidate(name, tokens, v)) for name, v in [("a", a), ("b", b)]
    ]
    which = Candidate("gate", Domain.of_classes(3), gate)
    (chosen,) = selection.proposals(sources, [(which,)], 8)
    assert (chosen.values == said).all()
    # Values have names of their own, whatever labels are called.
    for variable in needed((chosen,)):
        assert len({*variable.domain.values}) == variable.domain.size
