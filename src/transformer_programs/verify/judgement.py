"""What is known of a claim about a program: proved, only tested, or refuted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from transformer_programs.data import Target
from transformer_programs.system import Shown

if TYPE_CHECKING:
    from rich.console import RenderableType

Tokens = tuple[str, ...]


class Method(StrEnum):
    """How a claim was examined."""

    ENUMERATION = "enumeration"
    """The interpreter was given every input of the domain."""
    CLASSES = "enumeration of token classes"
    """Every sequence of the tokens that the program tells apart was compared, each as
    it stands in the vocabulary, and drawn inputs that are written otherwise: a check,
    not a proof, since what it was compared with may tell more tokens apart."""
    DRAWN = "drawn inputs"
    """The interpreter was given random inputs, and perhaps edge cases: a test, not a
    proof."""
    SOLVER = "solver"
    """A solver showed that no input of the domain contradicts the claim."""
    STRUCTURE = "structure"
    """It follows from what every such program is, or from the scores that this one can
    give at all; no input was looked at."""


_PROOFS = {Method.SOLVER: " (by a solver)", Method.STRUCTURE: " (by its structure)"}
"""How it was proved, if not by looking at all inputs."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input on which a claim does not hold.

    Attributes:
        tokens: the bare input.
        said: the program's labels.
        why: what they should have been, in words that follow "the program says ...".
    """

    tokens: Tokens
    said: Target
    why: str


@dataclass(frozen=True, slots=True)
class Judgement(Shown):
    """What was found about a claim.

    Attributes:
        claim: what is claimed of the program, such as "equal to the definition of
            sort".
        method: how it was examined.
        lengths: the fewest and the most tokens of the inputs that it speaks of.
        inputs: how many inputs it speaks of: all of these lengths, unless ``method``
            is ``DRAWN``; with a counterexample, how many were looked at. In words where
            no float holds them.
        seconds: how long that took.
        counterexample: where the claim fails, if it does; among the shortest ones
            that were looked at.
        proved_lengths: shorter inputs than those it speaks of, on all of which a
            solver had proved it before.
        reservation: why inputs were drawn though a proof was asked for.
        which: which inputs these are, where "all inputs" could be more than they are,
            in words that follow the number of tokens.
        rewritten: for ``CLASSES``, how many inputs were compared that are written in
            other ways.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> judgement = run.verify(invariant="permutation")
    >>> judgement.proved, judgement.counterexample
    (True, None)
    """

    claim: str
    method: Method
    lengths: tuple[int, int]
    inputs: int | str
    seconds: float
    counterexample: Counterexample | None = None
    proved_lengths: tuple[int, int] | None = None
    reservation: str = ""
    which: str = ""
    rewritten: int = 0

    @property
    def verdict(self) -> str:
        """What is known of the claim: proved, checked, tested or refuted."""
        if self.counterexample is not None:
            return "refuted"
        if self.method is Method.CLASSES:
            return "checked"
        return "proved" if self.proved else "tested"

    def __rich__(self) -> RenderableType:
        """The verdict, and the claim."""
        from rich.text import Text

        styles = {
            "proved": "green",
            "checked": "yellow",
            "tested": "yellow",
            "refuted": "red",
        }
        head = (self.verdict, styles[self.verdict])
        return Text.assemble(head, f": {self.sentence()}")

    @property
    def proved(self) -> bool:
        """Whether it holds on every input of its lengths."""
        looked = self.method in (Method.DRAWN, Method.CLASSES)
        return self.counterexample is None and not looked

    def sentence(self) -> str:
        """The judgement in words; claims no more than was done."""
        found = self.counterexample
        if found is not None:
            return (
                f"not {self.claim}: on {shown(found.tokens)} the program says "
                f"{shown(found.said)}, {found.why}"
            )
        if self.method is Method.DRAWN:
            return f"{self.claim}{self._before()}: {self._tested()}"
        by = _PROOFS.get(self.method, "")
        domain = f"all {_many(self.inputs)} inputs{_spread(self.lengths)}{self.which}"
        if self.method is Method.CLASSES:
            return (
                f"{self.claim} on {domain}, and on {self.rewritten:,} drawn ones that "
                "are written in other ways; others were not compared, so this is a "
                "check, not a proof"
            )
        return f"{self.claim} on {domain}{by}"

    def _before(self) -> str:
        if self.proved_lengths is None:
            return ""
        spread = _spread(self.proved_lengths)
        return f" on all inputs{spread}{self.which} (by a solver)"

    def _tested(self) -> str:
        spread = _spread(self.lengths) if self.proved_lengths else ""
        why = f" ({self.reservation})" if self.reservation else ""
        return (
            f"no exception among {_many(self.inputs)} inputs{spread} that were tried; "
            f"this is a test, not a proof{why}"
        )


def _spread(lengths: tuple[int, int]) -> str:
    least, most = lengths
    return f" of {least} tokens" if least == most else f" of {least} to {most} tokens"


def counted(inputs: int) -> int | str:
    """A number of inputs as it is stored: Python prints no number of any length."""
    if inputs < 10**300:
        return inputs
    return f"about 10^{math.floor(math.log10(inputs))}"


def _many(inputs: int | str) -> str:
    """A number that can be read."""
    if isinstance(inputs, str):
        return inputs
    if inputs < 10**15:
        return f"{inputs:,}"
    exponent = math.floor(math.log10(inputs))
    leading = inputs // 10 ** (exponent - 3) / 1000
    return f"{leading:.1f}e+{exponent:02d}"


def shown(labels: Target | Tokens) -> str:
    """Labels or tokens in a message; a label that is not asked for is a dash."""
    if isinstance(labels, str):
        return repr(labels)
    return repr(" ".join("-" if label is None else label for label in labels))
