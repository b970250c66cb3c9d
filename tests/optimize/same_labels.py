"""Do two programs give the same labels on every input, and on what is not known?"""

from __future__ import annotations

import numpy as np

from transformer_programs.language.enumerate import enumerate_inputs
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program
from transformer_programs.optimize.reached import labelled
from transformer_programs.verify.inputs import typed_inputs


def assert_same_labels(program: Program, found: Program) -> None:
    """Compare on all inputs, and on unknown tokens, where there may be some."""
    first, second = Interpreter(program), Interpreter(found)
    form = program.input
    assert found.input == form
    assert found.readout.labels == program.readout.labels
    assert found.readout.pooling == program.readout.pooling
    batches = [*typed_inputs(form).batches()] if form.reads_characters else []
    if not form.surfaces:
        batches += enumerate_inputs(form)
    for batch in batches:
        differs = first.predict(batch) != second.predict(batch)
        if differs.ndim == 2:
            differs &= labelled(program, batch)
        assert not np.any(differs)
    if form.vocabulary.unknown is not None:
        for token in filter(None, ("never seen", form.begin, form.end)):
            tokens = [token] * form.max_bare_length
            assert first(tokens) == second(tokens)
