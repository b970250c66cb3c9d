"""What was checked, of which program, by what: the certificate of a run."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from transformer_programs.program import InputFormat, Program, program_hash
from transformer_programs.system import Shown
from transformer_programs.verify.agreement import (
    FILE_SAMPLE,
    Advance,
    Comparison,
    compare,
)
from transformer_programs.verify.inputs import (
    as_read,
    choose_inputs,
    domain_size,
    open_ended,
    typed_inputs,
)
from transformer_programs.verify.judgement import Judgement
from transformer_programs.verify.predictors import (
    FilePredictor,
    InterpreterPredictor,
    Predictor,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMAT = "transformer-program-certificate"
VERSION = 3

NOT_STATED = ""
"""Stands for a hash that certificates of version 2 did not state."""

AGAINST, INVARIANT = "--against", "--invariant"

QUESTIONS = (AGAINST, INVARIANT)
"""The options of ``tprog verify`` that ask about a program."""


@dataclass(frozen=True, slots=True)
class InputDomain:
    """The inputs that a program accepts.

    Attributes:
        tokens: how many different ones, without those of the frame.
        lengths: the fewest and the most tokens.
        size: how many inputs; in words where that is more than 18 digits. Tokens that
            fold to the same word count once. Of programs that read surfaces only a
            bound is known, in words too: see ``program/enumerate.py``.
        as_read: as which tokens many are read; "" if each stands for itself, or
            surfaces are read.
    """

    tokens: int
    lengths: tuple[int, int]
    size: int | str
    as_read: str = ""

    @classmethod
    def of(cls, form: InputFormat) -> InputDomain:
        """The domain of an input format."""
        lengths = (form.min_bare_length, form.max_bare_length)
        size = _size(domain_size(form))
        if form.surfaces:
            most = size if isinstance(size, str) else f"{size:,}"
            size = f"up to {most} combinations of words and surfaces"
        return cls(len(form.symbols), lengths, size, as_read(form))


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked about a program, beyond that its implementations agree.

    Attributes:
        option: of ``tprog verify``: ``--against`` or ``--invariant``.
        text: what was given with it.
        drawn: how many inputs were to be drawn, if it came to that.
        lengths: only inputs of so many tokens, the fewest and the most; None for all.
        solver: whether a solver was to be used.
        solver_work: for how long at most, in units of its deterministic time.
        solver_seconds: a limit on its wall time as well, if there was one.
    """

    option: str
    text: str
    drawn: int
    lengths: tuple[int, int] | None = None
    solver: bool = False
    solver_work: float = 60.0
    solver_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim that was proved, or tested without an exception.

    Attributes:
        question: what was asked.
        reference_sha256: hash of what the program was compared with: of a task, a
            file, or another program; None if there is no such thing.
        judgement: what was found; without a counterexample.
    """

    question: Question
    reference_sha256: str | None
    judgement: Judgement


@dataclass(frozen=True, slots=True, repr=False)
class Certificate(Shown):
    """The evidence that a model, its program and its file are the same function.

    And what else was found about it.

    Attributes:
        program_sha256: hash of the canonical JSON of the program.
        model_sha256: hash of ``model.safetensors``; None if there is no such file.
        learned_sha256: hash of ``learned.safetensors``, likewise.
        file_sha256: hash of ``program.py``, which holds that of ``tables.json``.
        data_sha256: hash of the data among the inputs; None if there are none.
        domain: the inputs that the program accepts.
        inputs: how many of each kind were chosen for comparing.
        seed: drew the random ones.
        comparisons: one for every pair of implementations.
        findings: claims about what the program computes.
        date: on which the implementations were compared, UTC, as in 2025-12-31.
        versions: of Python, this package and the libraries that computed.
        cut_short: what ended the learning of the program before its budgets did; None
            if nothing, or if it is not known.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> run.certificate.exhaustive
    True
    """

    program_sha256: str
    model_sha256: str | None
    learned_sha256: str | None
    file_sha256: str
    data_sha256: str | None
    domain: InputDomain
    inputs: dict[str, int]
    seed: int
    comparisons: tuple[Comparison, ...]
    findings: tuple[Finding, ...]
    date: str
    versions: dict[str, str]
    cut_short: str | None = None

    def __rich__(self) -> RenderableType:
        """What was checked, and what else was found, a sentence each."""
        from rich.text import Text

        checked = [f"checked: {text}" for text in self.sentences()]
        found = [str(finding.judgement) for finding in self.findings]
        return Text("\n".join([*checked, *found]))

    def __repr__(self) -> str:
        inputs = "all inputs" if self.exhaustive else "some of the inputs"
        return (
            f"<Certificate of {self.program_sha256[:12]}: {len(self.comparisons)} "
            f"comparisons on {inputs}, {len(self.findings)} findings>"
        )

    @property
    def exhaustive(self) -> bool:
        """Whether every comparison covered all valid inputs."""
        return all(comparison.exhaustive for comparison in self.comparisons)

    def to_json(self) -> str:
        """The text of ``certificate.json``."""
        document: dict[str, Any] = {"format": FORMAT, "version": VERSION}
        document |= asdict(self)
        for finding in document["findings"]:
            del finding["judgement"]["counterexample"]
        return json.dumps(document, indent=2, allow_nan=False) + "\n"

    def sentences(self) -> list[str]:
        """The certificate in words, one comparison a sentence."""
        return [_sentence(c, self) for c in self.comparisons]

    def with_finding(self, finding: Finding) -> Certificate:
        """The certificate with this finding instead of an older one.

        A claim that was refuted is no finding: the older one goes.
        """
        others = [f for f in self.findings if f.question != finding.question]
        holds = finding.judgement.counterexample is None
        return replace(self, findings=(*others, *([finding] if holds else [])))


def certify(
    program: Program,
    source: str,
    models: Sequence[Predictor],
    data: Sequence[Sequence[str]],
    *,
    learned: Sequence[Predictor] = (),
    tables: str | None = None,
    model_sha256: str | None = None,
    learned_sha256: str | None = None,
    seed: int = 0,
    full: bool = False,
    advance: Advance | None = None,
) -> Certificate:
    """Compare every model with the interpreter, and the interpreter with the file.

    Models and interpreter are compared on all valid inputs, where there are at most
    two million, else on the data, random inputs and edge cases; the file on a seeded
    sample of these where they are many. Where surfaces are read not all inputs can be
    listed, and where words are folded some are typed in other ways as well.

    Args:
        program: what all of them claim to be.
        source: the text of ``program.py``.
        models: other implementations, such as the hardened model.
        data: bare sequences that are compared in any case.
        learned: what was learned and then made shorter: it has variables of its own,
            and must give the same labels.
        tables: that of the file of tables that it reads, if it reads one; the hash
            that ``source`` has of it makes it part of what is certified.
        model_sha256: of the file of the model, if there is one.
        learned_sha256: of that of the learned model, likewise.
        seed: draws random inputs and the file's sample.
        full: give the file every input too.
        advance: told how many inputs have been compared.

    Raises:
        AgreementError: at the first difference.
    """
    inputs = choose_inputs(program.input, data, seed)
    interpreter = InterpreterPredictor(program)
    comparisons = [
        compare(
            program,
            model,
            interpreter,
            inputs,
            labels_only=labels_only,
            advance=advance,
        )
        for labels_only, some in ((False, models), (True, learned))
        for model in some
    ]
    file = FilePredictor(program, source, tables)
    sample = None if full else FILE_SAMPLE
    read = compare(
        program, interpreter, file, inputs, sample=sample, seed=seed, advance=advance
    )
    file.check_foreign_tokens()
    form = program.input
    if open_ended(form) and (inputs.exhaustive or not form.reads_characters):
        # Words were given as they stand in the vocabulary: now others are typed.
        others = typed_inputs(form, edges=inputs.exhaustive)
        typed = compare(program, interpreter, file, others)
        read = replace(read, rewritten=typed.inputs)
    comparisons.append(read)
    return Certificate(
        program_sha256=program_hash(program),
        model_sha256=model_sha256,
        learned_sha256=learned_sha256,
        file_sha256=hashlib.sha256(source.encode()).hexdigest(),
        data_sha256=data_hash(data) if inputs.counts.get("data") else None,
        domain=InputDomain.of(program.input),
        inputs=inputs.counts,
        seed=seed,
        comparisons=tuple(comparisons),
        findings=(),
        date=datetime.now(UTC).date().isoformat(),
        versions=versions(),
    )


def data_hash(data: Sequence[Sequence[str]]) -> str:
    """The hash of sequences of tokens, in their order."""
    hashed = hashlib.sha256()
    for tokens in data:
        hashed.update(json.dumps(list(tokens)).encode() + b"\n")
    return hashed.hexdigest()


def versions() -> dict[str, str]:
    """The versions that evidence depends on; torch only where it was used."""
    libraries = ["transformer-programs", "numpy"]
    libraries += ["torch"] if "torch" in sys.modules else []
    return {"python": platform.python_version()} | {
        library: version(library) for library in libraries
    }


def _sentence(comparison: Comparison, certificate: Certificate) -> str:
    first, second = comparison.implementations
    count = f"{comparison.inputs:,}"
    if comparison.exhaustive:
        scope = f"all {count} valid inputs"
        if certificate.domain.as_read:
            scope += f" as they are read ({certificate.domain.as_read})"
        if comparison.rewritten:
            scope += f", and {comparison.rewritten:,} that are written in other ways"
    else:
        *most, last = [kind for kind, n in certificate.inputs.items() if n]
        kinds = f"{', '.join(most)} and {last}" if most else last
        several = comparison.inputs < sum(certificate.inputs.values())
        size = certificate.domain.size
        exist = size if isinstance(size, str) else f"{size:,}"
        sample = "a seeded sample of " if several else ""
        scope = f"{count} inputs ({sample}{kinds}); {exist} exist"
        if certificate.domain.as_read:
            scope += f" as they are read ({certificate.domain.as_read})"
        if comparison.rewritten:
            scope += f"; and on {comparison.rewritten:,} that are written in other ways"
    what = "label" if comparison.labels_only else "variable and label"
    return f"{first} = {second} in every {what}, on {scope}"


def _size(size: int) -> int | str:
    """The size; in words where it has too many digits to be read, or even printed."""
    return size if size < 10**18 else f"about 10^{math.floor(math.log10(size))}"
