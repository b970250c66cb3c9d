"""What is known of a run beside its program: its data, accuracy, checks, training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from transformer_programs import tasks
from transformer_programs.data import Accuracy, Examples, Target, evaluate_all
from transformer_programs.errors import TransformerProgramsError
from transformer_programs.runs.folder import read_lines
from transformer_programs.runs.loading import load_dataset, source_of
from transformer_programs.runs.runnable import Program
from transformer_programs.tasks import FileSource, TaskSource
from transformer_programs.verify import bare_tokens, random_inputs

if TYPE_CHECKING:
    from transformer_programs.runs.base import BaseRun
    from transformer_programs.runs.report import Report

MOST_EXAMPLES = 10
"""Right and wrong examples that a page offers, each."""

MOST_MEASURED = 4_000
"""Held-out sequences that are measured."""

_DRAWN = 400  # random inputs where there are no data
_GROUPS = 10  # of lengths
_LONGEST = 60  # tokens of an example, if there are shorter ones


@dataclass(frozen=True, slots=True)
class ShownInput:
    """An input with its label or labels.

    Attributes:
        tokens: The bare tokens.
        wanted: What is right, as text; "" if that is not known.
        said: What the program says, as text.
    """

    tokens: tuple[str, ...]
    wanted: str
    said: str

    @property
    def wrong(self) -> bool:
        """Whether the program is known to be wrong."""
        return self.wanted not in ("", self.said)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a run.

    Attributes:
        report: The results of its training; None of others.
        accuracy: Measured now on held-out data; None if they are not there.
        measured: The sequences that were measured.
        lengths: Right labels and all labels by length, in tokens: from, to.
        examples: Inputs to look at, wrong ones first.
        wrong: The number of sequences with a wrong label.
        certificate: Sentences on what was checked.
        findings: Sentences on what was proved or tested.
        lines: Those of ``metrics.jsonl``.
        notes: What could not be had, and why.
        inputs: Inputs that the program accepts.
        task: What is computed by the task that it was learned from, in a line; "" of
            other data.
    """

    report: Report | None = None
    accuracy: Accuracy | None = None
    measured: int = 0
    lengths: tuple[tuple[int, int, int, int], ...] = ()
    examples: tuple[ShownInput, ...] = ()
    wrong: int = 0
    certificate: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    lines: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    inputs: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    task: str = ""


def evidence_of(run: BaseRun, *, trust: bool = False) -> Known:
    """Return what is known of a run; notes say what could not be had."""
    certificate = run.certificate
    stated: dict[str, Any] = {"report": run.report, "task": _task(run)}
    if certificate is not None:
        stated["certificate"] = tuple(certificate.sentences())
        stated["findings"] = tuple(str(c.judgement) for c in certificate.findings)
    if run.folder is not None:
        stated["lines"] = tuple(read_lines(run.folder))
    try:
        examples = _held_out(run, trust=trust)
    except TransformerProgramsError as error:
        note = f"Accuracy is not measured anew: {error}"
        inputs = _drawn(run.program)
        shown = _shown(run.program, Examples(inputs, ("",) * len(inputs)))
        return Known(**stated, notes=(note,), inputs=inputs, examples=shown)
    return _measured(run.program, examples, stated)


def _task(run: BaseRun) -> str:
    # In words, of a task that is there without executing a file.
    try:
        source = source_of(run)
        if isinstance(source, TaskSource) and ".py:" not in source.task:
            return tasks.get(source.task).summary
    except TransformerProgramsError:
        pass
    return ""


def _held_out(run: BaseRun, *, trust: bool) -> Examples:
    source = source_of(run, trust=trust)
    if not isinstance(source, TaskSource | FileSource):
        source = None  # nothing is asked of a network for a page
    otherwise = "tprog eval measures it on a file (--data)"
    data = load_dataset(source, run.place, otherwise)
    examples = data.test if len(data.test) else data.validation
    form = run.program.input
    kept = [
        row
        for row, tokens in enumerate(examples.sequences)
        if form.min_bare_length <= len(tokens) <= form.max_bare_length
        and all(map(form.accepts, tokens))
    ][:MOST_MEASURED]
    return Examples(
        tuple(examples.sequences[row] for row in kept),
        tuple(examples.targets[row] for row in kept),
    )


def _measured(program: Program, examples: Examples, stated: Mapping[str, Any]) -> Known:
    said = program.batch(examples.sequences)
    accuracy = evaluate_all(lambda _: said, examples) if said else None
    shown = [
        ShownInput(tokens, *_texts(target, found))
        for tokens, target, found in zip(
            examples.sequences, examples.targets, said, strict=True
        )
    ]
    wrong = [found for found in shown if found.wrong]
    return Known(
        **stated,
        accuracy=accuracy,
        measured=len(shown),
        lengths=_by_length(examples, said),
        examples=(*_some(wrong), *_some([f for f in shown if not f.wrong])),
        wrong=len(wrong),
        inputs=examples.sequences or _drawn(program),
    )


def _texts(target: Target, said: Target | list[str]) -> tuple[str, str]:
    # Where a label is not known, what the program says counts as right.
    if isinstance(target, str) or isinstance(said, str):
        return str(target), str(said)
    pairs = zip(target, said, strict=True)
    wanted = [found if label is None else label for label, found in pairs]
    return " ".join(map(str, wanted)), " ".join(map(str, said))


def _some(shown: Sequence[ShownInput]) -> list[ShownInput]:
    # Some of different lengths, short ones first.
    short = [found for found in shown if len(found.tokens) <= _LONGEST] or [*shown]
    order = sorted({found.tokens: found for found in short}.values(), key=_size)
    step = -(-len(order) // MOST_EXAMPLES) or 1
    return order[step - 1 :: step][:MOST_EXAMPLES]


def _size(shown: ShownInput) -> int:
    return len(shown.tokens)


def _by_length(
    examples: Examples, said: Sequence[Target | list[str]]
) -> tuple[tuple[int, int, int, int], ...]:
    right, there = Counter[int](), Counter[int]()
    rows = zip(examples.sequences, examples.targets, said, strict=True)
    for tokens, target, found in rows:
        if isinstance(target, str):
            known = [target == found]
        else:
            pairs = zip(target, found, strict=True)
            known = [wanted == label for wanted, label in pairs if wanted is not None]
        right[len(tokens)] += sum(known)
        there[len(tokens)] += len(known)
    # Of many lengths neighbours together, with about as many labels in every group.
    if len(there) <= _GROUPS:
        return tuple((n, n, right[n], there[n]) for n in sorted(there) if there[n])
    least, groups = sum(there.values()) / _GROUPS, list[tuple[int, int, int, int]]()
    start, hits, count = None, 0, 0
    for length in sorted(there):
        start = length if start is None else start
        hits, count = hits + right[length], count + there[length]
        if count >= least or length == max(there):
            groups.append((start, length, hits, count))
            start, hits, count = None, 0, 0
    return tuple(group for group in groups if group[3])


def _drawn(program: Program) -> tuple[tuple[str, ...], ...]:
    return tuple(bare_tokens(program, random_inputs(program.input, _DRAWN, 0)))


def _shown(program: Program, examples: Examples) -> tuple[ShownInput, ...]:
    said = program.batch(examples.sequences)
    rows = zip(examples.sequences, said, strict=True)
    return tuple(
        _some([ShownInput(tokens, "", _texts("", s)[1]) for tokens, s in rows])
    )
