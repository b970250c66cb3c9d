"""``tprog simplify``: a run's program made smaller, at a price that the user names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.data import (
    Accuracy,
    Dataset,
    Scorer,
    evaluate_all,
    held_out,
)
from transformer_programs.errors import SettingsError
from transformer_programs.learn import Watch
from transformer_programs.optimize import Pruning, can_draw, draw, prune
from transformer_programs.program import program_hash
from transformer_programs.runs import folder as run_folder
from transformer_programs.runs.loading import check_fits, load_dataset
from transformer_programs.runs.place import new_run
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.run import Run
from transformer_programs.runs.runnable import Program
from transformer_programs.runs.writer import write_compiled
from transformer_programs.system import Shown
from transformer_programs.verify import Certificate, FileProcess

if TYPE_CHECKING:
    from rich.console import RenderableType


class _UnchangedError(Exception):
    """Nothing could be taken out: there is no new run to write."""


_STAGES = 20
"""Rows of the table that is printed of a result."""


@dataclass(frozen=True, slots=True, repr=False)
class Simplified(Shown):
    """What a simplification gives.

    Attributes:
        program: the program that was kept.
        old: the program as it was.
        pruning: the way to it, and beyond.
        before: the accuracy of the old ``program.py`` on held-out data.
        after: that of the new one.
        certificate: the evidence that the new run's parts agree; None if there is no
            new run.
        drawn: whether the run has a picture of the way.
        folder: the run folder that holds the program: the new one, or, where nothing
            could be taken out, the one that there was.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task, out="runs/sort")
    >>> run.simplify("runs/shorter").changed  # it is as short as can be
    False
    """

    program: Program
    old: Program
    pruning: Pruning
    before: Accuracy
    after: Accuracy
    certificate: Certificate | None
    drawn: bool
    folder: Path

    @property
    def run(self) -> Run:
        """The run of the program that was kept: the new one, or the old one."""
        return Run(self.program, self.folder)

    @property
    def changed(self) -> bool:
        """Whether the program is another one than before, and so in a new run."""
        return self.certificate is not None

    @property
    def length(self) -> str:
        """The lengths at which the program means something, in words."""
        text = self.program.length
        lost = self.old.length_free and not self.program.length_free
        more = "; the program before held at any length" if lost else ""
        return f"{text[0].lower()}{text[1:]}{more}"

    def __rich__(self) -> RenderableType:
        """The way, accuracy before and after, and what was checked."""
        from rich.console import Group
        from rich.text import Text

        from transformer_programs.optimize import draw_stages

        if self.certificate is None:
            lines = [held_out(self.before), f"size: {self.program.size}"]
            lines += ["nothing could be taken out within this tolerance: no new run"]
        else:
            lines = [f"before: {held_out(self.before)}, {self.old.size}"]
            lines += [f"after: {held_out(self.after)}, {self.program.size}"]
            lines += [f"length: {self.length}"]
            lines += [f"checked: {text}" for text in self.certificate.sentences()]
        return Group(draw_stages(self.pruning, _STAGES), *map(Text, lines))

    def __repr__(self) -> str:
        if not self.changed:
            return f"<Simplified: nothing could be taken out of {self.program!r}>"
        return f"<Simplified {self.program!r}: {held_out(self.after)}>"


@shows_progress()
def simplify_run(
    run: Path,
    out: str | Path,
    *,
    tolerance: float = 0.005,
    force: bool = False,
    watch: Watch = Watch(),
    trust: bool = False,
    progress: bool | None = None,
) -> Simplified:
    """Take out of a run's program what costs the least; see ``Run.simplify``.

    The training data fit readouts, the validation data say what a removal costs, and
    held-out data are only looked at in the end. The name of the new program, its
    configuration and its metrics say what it was made from, and how much accuracy it
    was allowed to lose.
    """
    if not 0 <= tolerance < 1:
        raise SettingsError(
            f"expected a tolerance from 0 to below 1, a part of the labels such as "
            f"0.005, got {tolerance:g}"
        )
    out = Path(out)
    if out.resolve() == run.resolve():
        raise SettingsError(f"{out}: this is the run itself, which stays; name another")
    config = run_folder.read_config(run, trust=trust)
    program = run_folder.read_program(run)
    watch.begin("reading the data")
    dataset = load_dataset(
        config, run, "without its data nothing says what a removal costs"
    )
    check_fits(program, dataset, run)
    before = Program.of(program)
    try:
        with new_run(out, force=force) as place:
            pruning = prune(
                program,
                dataset.encode(dataset.train),
                Scorer.of(dataset, dataset.validation),
                tolerance,
                watch.on_stage,
                watch.on_phase,
            )
            if not pruning.changed:
                raise _UnchangedError
            kept = replace(pruning.kept.program, name=_name(program.name, tolerance))
            simplified, origin = Program.of(kept), program_hash(program)
            made = run_folder.Config(kept.name, config.source, None, origin)
            certificate = write_compiled(
                place, simplified, made, dataset.sequences, _lines(pruning, run), watch
            )
            drawn = can_draw()
            if drawn:
                draw(pruning, program.name, place / run_folder.CURVE)
    except _UnchangedError:
        watch.begin("measuring accuracy")
        right = _held_out(before, dataset)
        return Simplified(before, before, pruning, right, right, None, False, run)
    watch.begin("measuring accuracy")
    return Simplified(
        simplified,
        before,
        pruning,
        _held_out(before, dataset),
        _held_out(simplified, dataset),
        certificate,
        drawn,
        out,
    )


def _name(name: str, tolerance: float) -> str:
    """The name says that the program is not what was learned."""
    known = re.sub(r" \(simplified, tolerance [^)]*\)$", "", name)
    return f"{known} (simplified, tolerance {tolerance:g})"


def _lines(pruning: Pruning, run: Path) -> list[dict[str, Any]]:
    """Lines of ``metrics.jsonl``: every stage, and where the program comes from."""
    stages = [{"kind": "stage"} | stage.numbers() for stage in pruning.stages]
    made = {
        "kind": "simplified",
        "from": str(run),
        "program_sha256": program_hash(pruning.stages[0].program),
        "tolerance": pruning.tolerance,
        "stage": pruning.stages.index(pruning.chosen),
    }
    return [*stages, made]


def _held_out(program: Program, dataset: Dataset) -> Accuracy:
    with FileProcess(program.source, program.tables_json) as file:
        return evaluate_all(file.labels, dataset.test, dataset.tags)
