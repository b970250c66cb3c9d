"""A run: a program, the evidence for it, and what can be asked and made of it.

``train`` and ``load`` give the same ``Run``; its methods are named like the commands,
their keywords like the options. What a folder holds is read when it is first asked for,
so that programs can be loaded and called without PyTorch.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.learn import Watch
from transformer_programs.runs.base import read_run
from transformer_programs.runs.folder import is_run
from transformer_programs.runs.inspection import InspectedRun
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.runnable import Program

if TYPE_CHECKING:
    from transformer_programs.nn import ProgramTransformer
    from transformer_programs.runs.export import Export
    from transformer_programs.runs.simplify import Simplified


class Run(InspectedRun):
    """A program with what is known of it, and what can be asked of it.

    ``train``, ``resume`` and ``load`` give runs; ``Run(program)`` is one of a program
    that was written by hand.

    Attributes:
        program: The program: call it, or read ``program.source``.
        folder: The run folder; None for a run in memory, or a lone ``program.json``.
        file: The ``program.json``, if the run was loaded from a lone one.
        training: Right after a training, its models and settings; else None.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> run.program(["2", "0", "1"])
    ['0', '1', '2']
    >>> run.accuracy.per_sequence
    1.0
    >>> run.verify(against="task").proved
    True
    >>> run.verify(invariant="never 0").counterexample.tokens
    ('0',)
    >>> run = run.save("runs/sort")
    >>> run.folder.name
    'sort'
    """

    @shows_progress
    def simplify(
        self,
        out: str | Path,
        *,
        tolerance: float = 0.005,
        force: bool = False,
        watch: Watch = Watch(),
        trust: bool = False,
        progress: bool | None = None,
    ) -> Simplified:
        """Remove from the program what costs the least accuracy, and write a new run.

        This run stays as it is. Where nothing can be removed within the tolerance, no
        new run is written.

        Args:
            out: The run folder to write.
            tolerance: The fraction of validation labels that may be lost, or of the
                entity F1 where labels encode entities.
            force: Whether a run folder that is there may be replaced.
            watch: As for ``evaluate``.
            trust: As for ``evaluate``.
            progress: As for ``verify``.

        Raises:
            SettingsError: If ``tolerance`` is not in [0, 1).
            TransformerProgramsError: If the data of the run are not there, or ``out``
                is taken.
        """
        from transformer_programs.runs.simplify import simplify_run

        return simplify_run(
            self._written(),
            self.program,
            Path(out),
            tolerance=tolerance,
            force=force,
            watch=watch,
            trust=trust,
        )

    @shows_progress
    def compile(
        self,
        out: str | Path,
        *,
        force: bool = False,
        watch: Watch = Watch(),
        trust: bool = False,
        progress: bool | None = None,
    ) -> Run:
        """Make a new run of the program, perhaps after it was edited by hand.

        The program is compiled into a hardened model and written down as
        ``program.py``, and all three are compared. Where not all inputs are compared,
        the data of the run are, or those of the task that the program is named after.

        Args:
            out: The run folder to write.
            force: Whether a run folder that is there may be replaced.
            watch: As for ``evaluate``.
            trust: As for ``evaluate``; without it the data of a task in a Python file
                are left out, with a note.
            progress: As for ``verify``.

        Raises:
            AgreementError: At the first difference; nothing is written.
            RunFolderError: If ``out`` is taken.
        """
        from transformer_programs.runs.driver import compile_run

        return compile_run(self, Path(out), force=force, watch=watch, trust=trust)

    def plot(self, out: str | Path | None = None) -> Path:
        """Draw loss, accuracy and temperature, or what a search compared, in a file.

        Args:
            out: The picture, an SVG or PNG file; by default FOLDER.svg beside the run.

        Raises:
            SettingsError: If the file has another ending, or Matplotlib is missing.
            RunFolderError: If there is nothing to draw, or it cannot be written.
        """
        from transformer_programs.runs.plot import plot_run

        return plot_run(self._written(), None if out is None else Path(out))

    def model(self, *, max_length: int | None = None) -> ProgramTransformer:
        """Return the program as an ordinary Transformer, with its variables by name.

        It has softmax attention, ReLU units, a residual stream with a dimension for
        every value of every variable, and no layer normalisation.
        ``docs/how-to/interpretability.md`` shows attention patterns, hooks and patches.

        Args:
            max_length: The most tokens of an input, its frame included; by default that
                of the program.

        Raises:
            SettingsError: If it would have more than 67 million parameters.
            LengthError: For ``max_length``, if the program is bound to its length.

        >>> task = tp.TaskSource("hist", size=150, vocabulary_size=4, max_length=4)
        >>> model = tp.train(task).model()
        >>> model(["a", "b", "a"])
        ['2', '1', '2']
        """
        from transformer_programs.nn import ProgramTransformer

        return ProgramTransformer(self._sized(max_length).data)

    def _sized(self, max_length: int | None) -> Program:
        whole = self.program
        return whole if max_length is None else whole.resize(max_length)

    def export(
        self,
        to: str,
        out: str | Path | None = None,
        *,
        max_length: int | None = None,
        force: bool = False,
        record: bool = False,
    ) -> Export:
        """Write the program in another language, as one file, or as a Transformer.

        The file is executed on a sample of inputs, and compared with the interpreter,
        if what executes it is installed.

        Args:
            to: ``js``, a module for browsers and Node; ``c``, C11 without allocation;
                ``onnx``, a model for onnxruntime (the extra ``onnx``); ``rasp``, text
                for the interpreter of tech-srl; ``dot``, a drawing for Graphviz; or
                ``transformer``, a folder with an ordinary Transformer.
            out: The file or folder; by default it is not written.
            max_length: The most tokens of an input, its frame included; by default that
                of the program.
            force: Whether a file that is there may be replaced.
            record: Whether what was compared is added to the certificate of the run
                folder, as the command does; ``verify`` then repeats it. What has
                another ``max_length`` is not the run's program, and is not added.

        Returns:
            The content, the file, and what was compared.

        Raises:
            AgreementError: At the first difference; nothing is written.
            SettingsError: If the language cannot express the program.
            LengthError: For ``max_length``, if the program is bound to its length.
            RunFolderError: If ``out`` is taken or cannot be written.
        """
        from transformer_programs.runs.certificates import record_export
        from transformer_programs.runs.export import export_program

        file = None if out is None else Path(out)
        folder = self.folder
        add = None
        own = record and max_length is None
        if own and folder is not None and is_run(folder):
            add = partial(record_export, folder)
        sized = self._sized(max_length)
        return export_program(sized, to, file, force=force, record=add)

    @shows_progress
    def report_page(
        self,
        out: str | Path | None = None,
        *,
        beside: Run | None = None,
        force: bool = False,
        watch: Watch = Watch(),
        trust: bool = False,
        progress: bool | None = None,
    ) -> Path:
        """Write one page that shows the program, runs it, and says what is known.

        The page needs no network: it can be sent to anybody who has a browser.

        Args:
            out: The file; by default FOLDER.html beside the run.
            beside: Another run, to show both on the same input and how they differ.
            force: Whether a file that is there may be replaced.
            watch: As for ``evaluate``.
            trust: As for ``evaluate``; without it, accuracy is not measured anew.
            progress: As for ``verify``.

        Raises:
            RunFolderError: If ``out`` is taken or cannot be written, or is missing for
                a run in memory.

        >>> task = tp.TaskSource("hist", size=150, vocabulary_size=4, max_length=4)
        >>> tp.train(task).report_page("hist.html").name
        'hist.html'
        """
        from transformer_programs.runs.page.page import write_page

        del progress
        runs = [self] if beside is None else [self, beside]
        file = None if out is None else Path(out)
        return write_page(runs, file, force=force, trust=trust, begin=watch.begin)

    def save(self, out: str | Path, *, force: bool = False) -> Run:
        """Write the run into a folder; a program without a model is compiled.

        With ``force``, a run folder that is there is replaced.

        Raises:
            RunFolderError: If ``out`` is taken or cannot be written.
        """
        from transformer_programs.runs.driver import save_run

        whole = self.folder is not None and is_run(self.folder)
        if whole or self.training is not None:
            return save_run(self, Path(out), force=force)
        return self.compile(out, force=force)


def load(path: str | Path) -> Run:
    """Load a run folder, or a ``program.json``; PyTorch is not needed.

    Raises:
        RunFolderError, SchemaError, ProgramError: If there is none that is valid.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> _ = tp.train(task, out="runs/sort")
    >>> tp.load("runs/sort").program(["2", "0", "1"])
    ['0', '1', '2']
    """
    found = read_run(Path(path))
    return Run(found.program, found.folder, found.file)
