"""What the user sees while something long goes on, and at its end."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from transformer_programs import run_folder
from transformer_programs.evaluate import Accuracy
from transformer_programs.metrics import MAJORITY, Quality, Score, total
from transformer_programs.program.nodes import POSITIONS
from transformer_programs.program.types import Value
from transformer_programs.verify.certificate import Certificate
from transformer_programs.verify.judgement import Judgement, Method
from transformer_programs.visible import visible
from transformer_programs.watch import Watch

if TYPE_CHECKING:  # these load torch, which commands like "run" do not need
    from transformer_programs.learn.progress import Progress as TrainingProgress
    from transformer_programs.polish import Pass
    from transformer_programs.pruning import Stage
    from transformer_programs.result import Result
    from transformer_programs.search import SearchProgress
    from transformer_programs.standard.trainer import StandardProgress


class _Console(Console):
    """A console on which nothing that is printed is a command for the terminal.

    Labels, tokens and names come from files, which anybody may have written.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render with control characters written out."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)


out = _Console(highlight=False, emoji=False, soft_wrap=True)
"""Results."""

err = _Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
"""Everything else."""

LONGEST = 4_000
"""Of an error no more characters are shown: some hold what stands in a file."""


FEW = 50
"""Held-out sequences below which a share is not worth much."""


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watch]:
    """Progress bars for training and checking, on standard error."""
    if quiet:
        yield Watch()
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    # Off a terminal bars cannot be redrawn; lines say where things are.
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:
        yield Watch(
            on_progress=_TrainingBar(bars, "program").update,
            on_standard=_TrainingBar(bars, "model").update,
            on_search=_SearchBar(bars).update,
            on_pass=_PassBar(bars).update,
            on_compared=_CheckingBars(bars).advance,
            on_stage=_StageBar(bars).update,
            on_note=note,
        )


def note(text: str) -> None:
    """Something that the user should know."""
    err.print(f"note: {_shortened(text)}", markup=False)


def error(text: str) -> None:
    """Why a command ends."""
    err.print("[red]error:[/] ", end="")
    err.print(_shortened(text), markup=False)


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} ... ({len(text) - LONGEST:,} more characters)"


def warn(text: str) -> None:
    """Something that was probably not meant."""
    err.print(f"warning: {text}", markup=False)


class _Bar:
    """One line that is redrawn; it is there from its first note on."""

    def __init__(self, bars: Progress, title: str) -> None:
        self._bars, self._title = bars, title
        self._bar: TaskID | None = None

    def show(self, note: str, done: int, total: int | None = None) -> None:
        if self._bar is None:
            self._bar = self._bars.add_task(self._title, total=total, note="")
        self._bars.update(self._bar, completed=done, note=note)


class _SearchBar:
    """What was found so far; several lines where one cannot be redrawn."""

    def __init__(self, bars: Progress) -> None:
        self._bar = _Bar(bars, "searching")

    def update(self, progress: SearchProgress) -> None:
        place = f"round {progress.round}, layer {progress.layer}"
        found = (
            f"best program {progress.accuracy:.2%} on training data, "
            f"{progress.statements} statement{'' if progress.statements == 1 else 's'}"
        )
        note = f"{place}: {found}"
        self._bar.show(note, progress.candidates)
        if not err.is_terminal:
            err.print(f"searching {note}", markup=False)


class _TrainingBar:
    """Steps, and a line for every evaluation where bars do not move."""

    def __init__(self, bars: Progress, learned: str) -> None:
        self._bar, self._learned = _Bar(bars, "learning"), learned

    def update(self, progress: TrainingProgress | StandardProgress) -> None:
        best = progress.best
        note = f"loss {progress.loss:.3f}"
        if best is not None:
            note += f"  best {self._learned}: {best} on validation"
        self._bar.show(note, progress.step, progress.steps)
        if progress.evaluation is not None and not err.is_terminal:
            err.print(f"step {progress.step} of {progress.steps}: {note}", markup=False)


class _PassBar:
    """What changed in every pass over the choices of a program."""

    def __init__(self, bars: Progress) -> None:
        self._bar = _Bar(bars, "polishing")

    def update(self, found: Pass) -> None:
        note = (
            f"{found.changed} of {found.choices:,} choices changed, "
            f"{found.validation} on validation data"
        )
        self._bar.show(note, found.number)
        if not err.is_terminal:
            err.print(f"polishing, pass {found.number}: {note}", markup=False)


class _StageBar:
    """The size and accuracy that a simplification has come to."""

    def __init__(self, bars: Progress) -> None:
        self._bar, self._stages = _Bar(bars, "simplifying"), 0

    def update(self, stage: Stage) -> None:
        self._stages += 1
        note = f"{stage.lines} lines, {stage.quality} on validation data"
        self._bar.show(note, self._stages)
        if not err.is_terminal:
            err.print(f"simplifying: {note}", markup=False)


class _CheckingBars:
    """One bar of inputs for every pair of implementations."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._by_title: dict[str, TaskID] = {}

    def advance(self, title: str, compared: int, total: int) -> None:
        if title not in self._by_title:
            bar = self._bars.add_task(f"checking {title}", total=total, note="")
            self._by_title[title] = bar
        self._bars.advance(self._by_title[title], compared)


def print_result(result: Result, folder: Path) -> None:
    """The end of a training: accuracy, evidence, size, and what to do next."""
    program = result.program
    print_accuracy(result.test, f"{program.program.name}: held out", result.baselines)
    print_certificate(result.certificate)
    out.print(f"size: {program.size} ({program.file_sizes})")
    out.print(
        f"learned in {result.seconds:.0f} s, checked in "
        f"{result.checking_seconds:.0f} s ({result.outcome.origin})"
    )
    if result.outcome.search_ended is not None:
        out.print(f"search ended: {result.outcome.search_ended}")
    out.print(f"length: {program.length[0].lower()}{program.length[1:]}", markup=False)
    print_next(folder, "tprog show")
    if result.judgeable:
        place = shlex.quote(str(folder))
        out.print(f"  tprog verify {place} --against task", markup=False)
    example = shlex.join(_example(result))
    file = shlex.quote(str(folder / run_folder.FILE))
    out.print(f"  python {file} {example}", markup=False)
    if result.outcome.interrupted:
        out.print("stopped early: this is the best program so far.")
    if result.outcome.resumable:
        place = shlex.quote(str(folder))
        out.print(f"Go on with\n  tprog train --resume {place}", markup=False)


def print_next(folder: Path, *commands: str) -> None:
    """Where the run is, and what can be done with it."""
    out.print(Text.assemble("\nwritten to ", (str(folder), "bold"), ". Next:"))
    for command in commands:
        out.print(f"  {command} {shlex.quote(str(folder))}", markup=False)


def print_accuracy(
    accuracy: Accuracy, title: str, baselines: dict[str, Quality] | None = None
) -> None:
    """Accuracy in one line, and in a table beside simple methods."""
    if not accuracy.measured:
        out.print(Text.assemble((title, "bold"), ": there are no labels to measure by"))
        return
    out.print(
        Text.assemble(
            (title, "bold"),
            f": {accuracy.per_label:.2%} of {accuracy.labels:,} labels right, "
            f"{accuracy.per_sequence:.2%} of {accuracy.sequences:,} sequences",
        )
    )
    if accuracy.entities is not None:
        print_entities(accuracy.entities, str(accuracy.tags or ""))
    for name, quality in (baselines or {}).items():
        out.print(f"  beside it, {name}: {quality.sentence()}", markup=False)
    if baselines:
        _compare(accuracy, baselines)
    if accuracy.sequences < FEW:
        out.print(f"  note: {accuracy.sequences} sequences say little about others")


def _compare(accuracy: Accuracy, baselines: dict[str, Quality]) -> None:
    """Say so if a program is no better than a simple method."""
    score = accuracy.quality.score
    wanted = {label for label, _ in accuracy.confusion}
    name, best = max(baselines.items(), key=lambda item: item[1].score)
    if len(wanted) == 1 and score >= best.score:
        label = next(iter(wanted))
        text = f"{label!r} is the only label of these data: others were not measured"
    elif MAJORITY in baselines and score <= baselines[MAJORITY].score:
        text = "no better than always the most frequent label: little was learned"
    elif score <= best.score:
        text = f"no better than {name}: {score:.2%} against {best.score:.2%}"
    else:
        return
    out.print(f"  note: {text}", markup=False)


def print_entities(scores: dict[str, Score], scheme: str = "") -> None:
    """How well entities are found: a row for every type, and for all together."""
    title = f"{scheme} entities".strip()
    drawn = table("", title, "precision", "recall", "F1", "of")
    for name, score in [*scores.items(), ("all", total(scores))]:
        shares = (score.precision, score.recall, score.f1)
        add_row(drawn, name, *(f"{share:.2%}" for share in shares), f"{score.there:,}")
    print_table(drawn)


def print_lengths(found: dict[int, Accuracy], title: str) -> None:
    """Accuracy at every length, in a table."""
    columns = ("tokens", "labels right", "sequences right", "sequences")
    drawn = table(f"{title}: beyond the training length", *columns)
    for length, accuracy in found.items():
        shares = (f"{accuracy.per_label:.2%}", f"{accuracy.per_sequence:.2%}")
        add_row(drawn, str(length), *shares, f"{accuracy.sequences:,}")
    print_table(drawn)


def print_certificate(certificate: Certificate) -> None:
    """What was checked, a sentence each."""
    for sentence in certificate.sentences():
        out.print(Text.assemble(("checked", "green"), f": {sentence}"))


_HEADS = {Method.DRAWN: ("tested", "yellow"), Method.CLASSES: ("checked", "yellow")}
"""What is said first of a claim that holds, if not that it is proved."""


def print_judgement(judgement: Judgement) -> None:
    """What is known of a claim, in a sentence."""
    if judgement.counterexample is not None:
        head = ("refuted", "red")
    else:
        head = _HEADS.get(judgement.method, ("proved", "green"))
    out.print(Text.assemble(head, f": {judgement.sentence()}"))


def print_trace(traced: dict[str, list[Value]]) -> None:
    """A table with a row for every variable and a column for every position."""
    drawn = table("", POSITIONS, *map(str, traced[POSITIONS]))
    for name, values in traced.items():
        if name != POSITIONS:
            add_row(drawn, name, *map(str, values))
    print_table(drawn)


def add_row(drawn: Table, *cells: str) -> None:
    """Add a row of plain text."""
    drawn.add_row(*(Text(visible(cell, cell=True)) for cell in cells))


def print_table(drawn: Table) -> None:
    """Print a table as wide as it is: a cut value would be a wrong one."""
    unbounded = out.options.update(max_width=1_000_000)
    drawn.width = out.measure(drawn, options=unbounded).maximum
    out.print(drawn)


def table(title: str, *columns: str) -> Table:
    """An empty table in the house style."""
    heading = Text(visible(title, cell=True)) if title else None
    drawn = Table(title=heading, title_justify="left", box=None, header_style="bold")
    for column in columns:
        drawn.add_column(Text(visible(column, cell=True)), no_wrap=True)
    return drawn


def _example(result: Result) -> list[str]:
    form = result.program.program.input
    length = min(3, form.max_bare_length)
    unknown = form.vocabulary.unknown
    symbols = [t for t in form.symbols if t != unknown] or form.symbols
    tokens = [symbols[i % len(symbols)] for i in range(length)]
    return ["".join(tokens)] if form.split == "characters" else tokens
