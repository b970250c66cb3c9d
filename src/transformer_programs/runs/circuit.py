"""What of a run's program decides a label, or the labels of some inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transformer_programs.codegen import LABELS, Marked, emit_dot
from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    Program as Plain,
    domain_size,
    encode_batch,
    enumerable,
    enumerate_inputs,
)
from transformer_programs.learn import Watch
from transformer_programs.optimize import ProgramPart, part_of_program, sentences
from transformer_programs.runs.base import BaseRun
from transformer_programs.runs.export import check_free
from transformer_programs.runs.folder import folder_of
from transformer_programs.runs.loading import load_dataset, source_of
from transformer_programs.runs.pictures.circuit import circuit_picture
from transformer_programs.runs.pictures.svg import Picture
from transformer_programs.runs.runnable import Program
from transformer_programs.system import Shown, write_files
from transformer_programs.tasks import find_function

if TYPE_CHECKING:
    from rich.console import RenderableType

    from transformer_programs.language import Batch

MOST_INPUTS = 20_000
"""If there are more, those of the run's data are looked at, at most so many."""

PICTURES, OTHER_FORMATS = (".svg", ".dot"), (".png", ".pdf", ".jpg", ".jpeg", ".gif")
"""What circuits are drawn in, and what they are not: no run folder is called so."""

Where = Callable[[Sequence[str]], bool]
"""Whether a sequence of tokens is asked for."""


@dataclass(frozen=True, slots=True)
class CircuitFound(Shown):
    """The part of a program that decides some labels.

    Attributes:
        program: What is left of the program: the same labels on these inputs.
        whole: The program that it is a part of.
        inputs: How many inputs were looked at.
        labels: How many labels on these had to stay.
        asked: Which labels, in words.
        circuit: What was kept, fixed and removed.
    """

    program: Program
    whole: Program
    inputs: int
    labels: int
    asked: str
    circuit: ProgramPart

    def plot_circuit(self) -> Picture:
        """Draw the whole program as a graph in which what is not needed is grey.

        Beside each statement stands how many cells of its table are used, or from how
        far away its head takes its output.
        """
        return circuit_picture(self.whole.data, marked(self.circuit))

    def __rich__(self) -> RenderableType:
        """Return what was kept, and the text of the program that is left."""
        from rich.text import Text

        lines = [
            f"what decides {self.asked}: {self.labels:,} labels of {self.inputs:,} "
            "inputs stay"
        ]
        lines += sentences(self.circuit)
        lines += ["", *trace_lines(self.program.heart)]
        return Text("\n".join(lines))


def trace_lines(heart: str) -> Iterator[str]:
    """Yield the lines of a program that compute variables and labels."""
    _, _, rest = heart.partition("\ndef trace(")
    for line in f"def trace({rest}".splitlines():
        if not line.startswith(("    return {name:", "    return locals()")):
            yield line


def circuit_of_run(
    run: BaseRun,
    label: str | None,
    where: str | Where | None,
    watch: Watch,
    *,
    trust: bool,
) -> CircuitFound:
    """Return what decides some labels; see ``Run.circuit``."""
    program = run.program.data
    if label is not None and label not in program.readout.labels:
        labels = ", ".join(map(repr, program.readout.labels[:20]))
        raise SettingsError(f"label: expected one of {labels}, got {label!r}")
    watch.begin("finding inputs")
    sequences = _chosen(program, _inputs(run, program, trust=trust), where)
    chosen = sequences[:: -(-len(sequences) // MOST_INPUTS)]
    watch.begin("taking out what these labels do not need")
    batch = encode_batch(program.input, chosen)
    asked = labels_asked(program, batch)
    found = part_of_program(program, batch, asked, label)
    words = _words(label, where)
    left = Program.of(found.program)
    return CircuitFound(left, run.program, len(chosen), int(asked.sum()), words, found)


def _inputs(run: BaseRun, program: Plain, *, trust: bool) -> list[tuple[str, ...]]:
    form = program.input
    if enumerable(form) and domain_size(form) <= MOST_INPUTS:
        return [
            tokens
            for batch in enumerate_inputs(form)
            for tokens in _bare(program, batch)
        ]
    source = source_of(run, trust=trust)
    folder = run.folder or (run.file and folder_of(run.file))
    if source is None or folder is None:
        raise SettingsError(
            f"{run.place}: there are too many inputs to look at all, and no data "
            "belong to the program; name the run folder that it was learned in"
        )
    otherwise = "without its data there are too many inputs to look at"
    dataset = load_dataset(source, folder, otherwise)
    return list(dict.fromkeys(map(tuple, dataset.sequences)))


def _bare(program: Plain, batch: Batch) -> Iterator[tuple[str, ...]]:
    form = program.input
    tokens = form.vocabulary.tokens
    for row, length in zip(batch.ids, batch.lengths, strict=True):
        bare = row[form.offset : form.offset + int(length) - form.frame_size]
        yield tuple(tokens[int(i)] for i in bare)


def _chosen(
    program: Plain, sequences: list[tuple[str, ...]], where: str | Where | None
) -> list[tuple[str, ...]]:
    if where is None:
        return sequences
    holds = find_function(where) if isinstance(where, str) else where
    found = []
    for tokens in sequences:
        try:
            if holds(tokens):
                found.append(tokens)
        except Exception as error:
            raise SettingsError(
                f"where: the function fails for {' '.join(tokens)!r}: "
                f"{type(error).__name__}: {error}"
            ) from error
    if not found:
        raise SettingsError(f"where: holds for none of {len(sequences):,} inputs")
    return found


def labels_asked(program: Plain, batch: Batch) -> NDArray[np.bool_]:
    """Return where labels are: of tokens that were passed, or of sequences."""
    count, width = batch.ids.shape
    if not program.tagging:
        return np.full(count, True)
    place = np.arange(width) - program.input.offset
    bare = np.asarray(batch.lengths)[:, None] - program.input.frame_size
    asked: NDArray[np.bool_] = (place >= 0) & (place < bare)
    return asked


def marked(circuit: ProgramPart) -> Marked:
    """Return what a picture of the whole program shows: what is used, and how."""
    left = circuit.program
    read = frozenset(term.variable for term in left.readout.terms)
    fixed = {*circuit.fixed}
    kept = {*circuit.kept}
    inputs = {x for s in left.statements if s.output in kept for x in s.inputs}
    inputs |= read
    notes = {
        name: f"{n:,} of {m:,} cells" for name, (n, m) in circuit.used_cells.items()
    }
    notes |= {name: _away(*two) for name, two in circuit.offsets.items()}
    for statement in left.tables:
        if statement.output in fixed:
            value = statement.domain.value(statement.table[0])
            notes[statement.output] = f"always {value} will do"
    used = frozenset({*kept, *(inputs - fixed), LABELS})
    return Marked(used, read - fixed, notes)


def _away(least: int, most: int) -> str:
    # How far the positions are that a head takes its output from.
    ends = [
        f"{-n} earlier" if n < 0 else f"{n} later" if n else "itself"
        for n in (least, most)
    ]
    return f"from {ends[0]}" if least == most else f"from {ends[0]} to {ends[1]}"


def _words(label: str | None, where: str | Where | None) -> str:
    what = "all labels" if label is None else f"whether the label is {label!r}"
    if where is None:
        return what
    name = where if isinstance(where, str) else getattr(where, "__name__", "a function")
    return f"{what} where {name} holds"


def check_place(out: Path, *, force: bool) -> None:
    """Check where a circuit is to be written, before the work for it.

    Raises:
        SettingsError: If it is a picture in another format.
        RunFolderError: If it exists, or its folder does not.
    """
    if out.suffix in PICTURES:
        check_free(out, force=force)
    elif out.suffix.lower() in OTHER_FORMATS:
        raise SettingsError(
            f"{out}: expected a file that ends in {' or '.join(PICTURES)}, which are "
            "pictures, or the name of a new run folder"
        )


def written(found: CircuitFound, out: Path, *, force: bool) -> Path:
    """Draw the circuit, or make a run of what is left."""
    from transformer_programs.runs.run import Run

    if out.suffix == ".svg":
        return found.plot_circuit().save(out)
    if out.suffix == ".dot":
        drawn = emit_dot(found.whole.data, marked(found.circuit))
        write_files(out.parent, {out.name: drawn})
        return out
    Run(found.program).compile(out, force=force, progress=False)
    return out
