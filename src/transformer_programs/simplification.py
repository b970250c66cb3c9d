"""``tprog simplify``: a run's program made smaller, at a price that the user names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from transformer_programs import run_folder
from transformer_programs.errors import SettingsError
from transformer_programs.evaluate import Accuracy, evaluate_all
from transformer_programs.loading import check_fits, load_dataset
from transformer_programs.program.serialize import program_hash
from transformer_programs.pruning import Pruning, prune
from transformer_programs.pruning.plot import can_draw, draw
from transformer_programs.run_place import new_run
from transformer_programs.run_writer import write_compiled
from transformer_programs.runnable import RunnableProgram
from transformer_programs.tasks.dataset import Dataset
from transformer_programs.tasks.yardstick import Yardstick
from transformer_programs.verify.certificate import Certificate
from transformer_programs.verify.file_process import FileProcess
from transformer_programs.watch import Watch


@dataclass(frozen=True, slots=True)
class Simplified:
    """What a simplification gives.

    Attributes:
        program: the program that was kept.
        pruning: the way to it, and beyond.
        before: the accuracy of the old ``program.py`` on held-out data.
        after: that of the new one.
        certificate: the evidence that the new run's parts agree.
        drawn: whether the run has a picture of the way.
    """

    program: RunnableProgram
    pruning: Pruning
    before: Accuracy
    after: Accuracy
    certificate: Certificate
    drawn: bool


def simplify_run(
    run: str | Path,
    out: str | Path,
    *,
    tolerance: float = 0.005,
    force: bool = False,
    watch: Watch = Watch(),
    trust: bool = False,
) -> Simplified:
    """Take out of a run's program what costs the least, and write a new run.

    The name of the new program, its configuration and its metrics say what it was made
    from, and how much accuracy it was allowed to lose.

    Args:
        run: the run folder; its training data fit readouts, its validation data say
            what a removal costs, and held-out data are only looked at in the end.
        out: the run folder to write.
        tolerance: the part of validation labels that may be lost, or of the entity F1
            where labels are BIO tags; 0 or more, below 1.
        force: whether a run folder that is there may be replaced.
        watch: what to call meanwhile.
        trust: whether the Python file of the task that the run names may be executed
            (``docs/trust.md``).

    Raises:
        SettingsError: if the tolerance is none.
        TransformerProgramsError: if the run cannot be read, its data are not there, or
            ``out`` is taken.
    """
    if not 0 <= tolerance < 1:
        raise SettingsError(
            f"expected a tolerance from 0 to below 1, a part of the labels such as "
            f"0.005, got {tolerance:g}"
        )
    run, out = Path(run), Path(out)
    if out.resolve() == run.resolve():
        raise SettingsError(f"{out}: this is the run itself, which stays; name another")
    config = run_folder.read_config(run, trust=trust)
    program = run_folder.read_program(run)
    dataset = load_dataset(
        config, run, "without its data nothing says what a removal costs"
    )
    check_fits(program, dataset, run)
    with new_run(out, force=force) as place:
        pruning = prune(
            program,
            dataset.encode(dataset.train),
            Yardstick.of(dataset, dataset.validation),
            tolerance,
            watch.on_stage,
        )
        kept = replace(pruning.kept.program, name=_name(program.name, tolerance))
        simplified, origin = RunnableProgram(kept), program_hash(program)
        made = run_folder.Config(kept.name, config.source, None, origin)
        certificate = write_compiled(
            place, simplified, made, dataset.sequences, _lines(pruning, run), watch
        )
        drawn = can_draw()
        if drawn:
            draw(pruning, program.name, place / run_folder.CURVE)
    return Simplified(
        simplified,
        pruning,
        _held_out(RunnableProgram(program), dataset),
        _held_out(simplified, dataset),
        certificate,
        drawn,
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


def _held_out(program: RunnableProgram, dataset: Dataset) -> Accuracy:
    with FileProcess(program.source, program.tables) as file:
        return evaluate_all(file.labels, dataset.test, dataset.tags)
