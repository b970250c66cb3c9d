from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings

from optimize.same_labels import assert_same_labels
from strategies import programs
from transformer_programs.language import enumerate as enumerate_module
from transformer_programs.language.nodes import Program
from transformer_programs.language.rules import violations
from transformer_programs.optimize.minimising import PASSES, Minimiser, Pass, measure


def changed(program: Program, step: Pass, limit: int) -> Program:
    """What one pass gives; whether all inputs are run depends on the limit."""
    with patch.object(enumerate_module, "EXHAUSTIVE_LIMIT", limit):
        work = Minimiser(program, effort=3_000_000)
        step(work)
        return work.program


@pytest.mark.parametrize("limit", [0, 2_000_000])
@pytest.mark.parametrize("step", PASSES, ids=lambda step: step.__name__)
def test_every_pass_keeps_the_labels(step: Pass, limit: int) -> None:
    @settings(max_examples=25)
    @given(programs() | programs(characters=True))
    def check(program: Program) -> None:
        found = changed(program, step, limit)
        assert violations(found) == ()
        assert found == program or measure(found) < measure(program)
        assert_same_labels(program, found)

    check()
