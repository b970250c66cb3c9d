from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from random_models import random_program

from transformer_programs.errors import ProgramError
from transformer_programs.nn.compile import compile_program
from transformer_programs.nn.extraction import extract
from transformer_programs.nn.modules import HardCount
from transformer_programs.program.types import Domain


@pytest.mark.parametrize("seed", range(60))
def test_extract_undoes_compile(seed: int) -> None:
    program = random_program(seed)
    assert extract(compile_program(program), "random") == program


def test_wrong_bound_is_refused() -> None:
    model = next(
        model
        for model in (compile_program(random_program(seed)) for seed in range(99))
        if any(isinstance(s, HardCount) for s in model.statements)
    )
    count = next(s for s in model.statements if isinstance(s, HardCount))
    count.domain = Domain.of_numbers(count.domain.bound + 1)
    with pytest.raises(ProgramError, match=count.output):
        extract(model, "random")


def test_wrong_readout_kind_is_refused() -> None:
    model = compile_program(random_program(1))
    model.readout.numerical = tuple(not kind for kind in model.readout.numerical)
    with pytest.raises(ProgramError, match="read out"):
        extract(model, "random")


def test_invalid_program_is_refused() -> None:
    model = compile_program(random_program(1))
    model.statements[0].output = "tokens"
    with pytest.raises(ProgramError, match="tokens"):
        extract(model, "random")
