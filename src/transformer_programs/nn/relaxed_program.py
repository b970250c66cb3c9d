"""A program that can still be trained: a population of relaxed models of its shape.

Its statements, the variables that they read and their scopes stay. What trains are the
choices inside: predicates, tables, word classes, and the weights of the readout.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from transformer_programs.codegen import to_json
from transformer_programs.errors import SettingsError
from transformer_programs.language import Pooling, Program
from transformer_programs.nn.harden import (
    EXACT_LIMIT,
    from_zero,
    hard_readout,
    term_bounds,
)
from transformer_programs.nn.hardened import Ids, Lengths
from transformer_programs.nn.relaxed_statements import (
    RelaxedStatement,
    Signals,
    relaxed,
    unit_of,
)
from transformer_programs.nn.sampling import Noise
from transformer_programs.nn.trainable import Heats, Trainable


class RelaxedProgram(Trainable):
    """R relaxed models that all start at one program.

    Hardened before any training, each predicts exactly what the program predicts: the
    readout's integers are divided by a power of two, and hardening multiplies by a
    power of two that is no smaller.

    Raises:
        SettingsError: If the scores of the program are too large for exact sums.
    """

    def __init__(self, program: Program, restarts: int, generator: Generator) -> None:
        super().__init__()
        self.program = program
        self.input_format = program.input
        self.labels = program.readout.labels
        self.domains = program.domains
        self.statements = nn.ModuleList(
            relaxed(statement, self.domains, restarts, generator)
            for statement in program.statements
        )
        weights = _start_weights(program)
        self.unit = unit_of(weights)
        start = (weights * self.unit).float()  # (C, inputs)
        self.readout = nn.Parameter(start.repeat(restarts, 1, 1))

    @property
    def identity(self) -> str:
        """The program that the models start at."""
        return to_json(self.program)

    @property
    def pooling(self) -> Pooling:
        """How the scores of positions become those of labels."""
        return self.program.readout.pooling

    def score(
        self, ids: Ids, lengths: Lengths, heats: Heats, noise: Noise
    ) -> Float[Tensor, "R C N B"]:
        """Return the scores of the labels at every position."""
        signals = Signals(self.input_format, self.domains, ids, lengths)
        for statement in self.statements:
            statement(signals, heats[0], noise)
        length, batch = signals.tokens.shape
        # Zeros that depend on the weights, also where the program has no terms.
        scores = self.readout[:, :, :0].sum(2, keepdim=True)
        scores = scores.expand(-1, -1, length * batch)
        start = 0
        for term in self.program.readout.terms:
            if self.domains[term.variable].numerical:
                values = signals.number(term.variable).unsqueeze(1)  # (#R, 1, N, B)
            else:
                values = signals.distribution(term.variable)
            end = start + values.shape[1]
            scores = scores + self.readout[:, :, start:end] @ values.flatten(2)
            start = end
        return scores.reshape(*scores.shape[:2], length, batch)

    @torch.no_grad()
    def harden(
        self, restart: int, readout_scale: int, name: str = "learned"
    ) -> Program:
        """Return the program that one restart has become: see ``Trainable``.

        The steps per unit are the next power of two, so that weights which have not
        moved are still multiples of the program's.
        """
        # The inputs of the readout are the rows of its terms, one below the other.
        modules: list[RelaxedStatement] = list(self.statements)  # type: ignore[arg-type]
        terms, form = self.program.readout.terms, self.input_format
        weights = self.readout[restart].cpu().double().T  # (inputs, C)
        parts = torch.split(weights, [len(term.weights) for term in terms])
        rows = {term.variable: part for term, part in zip(terms, parts, strict=True)}
        scale, length = _steps(self.unit, readout_scale), form.max_length
        readout = hard_readout(
            rows, self.domains, self.labels, self.pooling, length, scale
        )
        statements = tuple(module.hardened(restart) for module in modules)
        return Program(name, form, statements, readout)


def _start_weights(program: Program) -> Float[Tensor, "C inputs"]:
    """The program's weights, with 0 as the least label's of every value.

    Raises:
        SettingsError: If a score can reach ``EXACT_LIMIT``.
    """
    readout = program.readout
    rows = [torch.tensor(term.weights, dtype=torch.float64) for term in readout.terms]
    rows = [from_zero(row) for row in rows]
    names = [term.variable for term in readout.terms]
    length = program.input.max_length
    bounds = term_bounds(names, program.domains, readout.pooling, length)
    pairs = zip(rows, bounds, strict=True)
    largest = sum(float(row.max()) * bound for row, bound in pairs)
    if largest >= EXACT_LIMIT:
        raise SettingsError(
            f"the scores of the program that training starts from can reach "
            f"{largest:.0f}, expected less than {EXACT_LIMIT}; divide its readout "
            "weights, or start from another program"
        )
    nothing = torch.empty(0, len(readout.labels), dtype=torch.float64)
    return torch.cat([nothing, *rows]).T


def steps_per_nat(program: Program, readout_scale: int) -> float:
    """By how much scores differ for a nat, in what a ``RelaxedProgram`` hardens to.

    Raises:
        SettingsError: If the scores of the program are too large for exact sums.
    """
    return _steps(unit_of(_start_weights(program)), readout_scale)


def _steps(unit: float, readout_scale: int) -> float:
    # The fixed-point steps per unit of the readout, a power of two.
    return max(2.0 ** math.ceil(math.log2(readout_scale)), 1 / unit)
