"""Pruning of a run's program, within an accuracy tolerance."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.codegen import program_hash
from transformer_programs.data import Accuracy, Dataset, Scorer, evaluate_all, held_out
from transformer_programs.errors import SettingsError
from transformer_programs.learn import Watch
from transformer_programs.optimize import Pruning, can_draw, draw, prune
from transformer_programs.runs.agreement import compare, write_run
from transformer_programs.runs.folder import Config, read_config
from transformer_programs.runs.loading import check_fits, load_dataset
from transformer_programs.runs.place import new_run
from transformer_programs.runs.run import Run
from transformer_programs.runs.runnable import Program
from transformer_programs.system import CONFIG, CURVE, Shown, write_files
from transformer_programs.verify import Certificate, FileProcess

if TYPE_CHECKING:
    from rich.console import RenderableType


_STAGES = 20
"""Rows of the table that is printed of a result."""


class _UnchangedError(Exception):
    """Ends a run folder that would hold nothing new."""


@dataclass(frozen=True, slots=True, repr=False)
class Simplified(Shown):
    """The result of pruning a program.

    Attributes:
        program: The program that was kept.
        old: The program before.
        pruning: All stages of the pruning, and the one that was chosen.
        before: The accuracy of the old ``program.py`` on held-out data.
        after: The accuracy of the new one.
        certificate: The evidence that the parts of the new run agree; None if there is
            no new run.
        drawn: Whether the new run has a picture of accuracy over size.
        folder: The run folder of the program that was kept: the old one where nothing
            could be removed.

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
        """The run of the program that was kept."""
        return Run(self.program, self.folder)

    @property
    def changed(self) -> bool:
        """Whether anything was removed, so that there is a new run."""
        return self.certificate is not None

    @property
    def length(self) -> str:
        """The lengths at which the program means something, in words."""
        text = self.program.length
        lost = self.old.length_free and not self.program.length_free
        more = "; the program before held at any length" if lost else ""
        return f"{text[0].lower()}{text[1:]}{more}"

    def __rich__(self) -> RenderableType:
        """Return the stages, accuracy before and after, and what was checked."""
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


def simplify_run(
    folder: Path,
    old: Program,
    out: Path,
    *,
    tolerance: float,
    force: bool,
    watch: Watch,
    trust: bool,
) -> Simplified:
    """Prune a run's program into a new run; see ``Run.simplify``.

    The training data fit readouts, the validation data say what a removal costs, and
    held-out data are only looked at in the end.
    """
    if not 0 <= tolerance < 1:
        raise SettingsError(
            f"expected a tolerance from 0 to below 1, a part of the labels such as "
            f"0.005, got {tolerance:g}"
        )
    if out.resolve() == folder.resolve():
        raise SettingsError(f"{out}: this is the run itself, which stays; name another")
    source = read_config(folder, trust=trust).source
    watch.begin("reading the data")
    otherwise = "without its data nothing says what a removal costs"
    dataset = load_dataset(source, folder, otherwise)
    check_fits(old, dataset, folder)
    kept, certificate, place = old, None, folder
    with suppress(_UnchangedError), new_run(out, force=force) as partial:
        pruning = prune(
            old.data,
            dataset.encode(dataset.train),
            Scorer.of(dataset, dataset.validation),
            tolerance,
            watch.on_stage,
            watch.on_phase,
        )
        if not pruning.changed:
            raise _UnchangedError
        name = _name(old.name, tolerance)
        kept = Program.of(replace(pruning.kept.program, name=name))
        config = Config(name, source, None, program_hash(old))
        write_files(partial, {CONFIG: config.to_json()})
        compared = compare(kept, dataset.sequences, watch.on_compared)
        certificate = write_run(partial, kept, compared, _lines(pruning, folder))
        if can_draw():
            draw(pruning, old.name, partial / CURVE)
        place = out
    watch.begin("measuring accuracy")
    before = _held_out(old, dataset)
    after = before if certificate is None else _held_out(kept, dataset)
    drawn = certificate is not None and can_draw()
    return Simplified(kept, old, pruning, before, after, certificate, drawn, place)


def _name(name: str, tolerance: float) -> str:
    # The name says that the program is not what was learned.
    known = re.sub(r" \(simplified, tolerance [^)]*\)$", "", name)
    return f"{known} (simplified, tolerance {tolerance:g})"


def _lines(pruning: Pruning, run: Path) -> list[dict[str, Any]]:
    # Of ``metrics.jsonl``: every stage, and where the program comes from.
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
