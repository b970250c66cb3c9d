"""What can be asked of a run: accuracy, proofs, explanations, circuits, differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Unpack, overload

from transformer_programs.analysis import Explanation, Separation
from transformer_programs.data import Accuracy
from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.learn import Watch
from transformer_programs.runs.base import BaseRun
from transformer_programs.runs.folder import read_lines
from transformer_programs.runs.front import program_of_size
from transformer_programs.runs.generation import Allowance, Generated
from transformer_programs.runs.pictures.svg import Picture
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.runnable import Program

if TYPE_CHECKING:
    from transformer_programs.data import ReadChanges
    from transformer_programs.runs.circuit import CircuitFound, Where
    from transformer_programs.runs.difference import Difference
    from transformer_programs.runs.run import Run
    from transformer_programs.verify import Certificate, CheckResult


class InspectedRun(BaseRun):
    """A run that answers: its methods are those of ``Run`` that write no other run."""

    def evaluate(
        self,
        data: str | Path | None = None,
        *,
        any_length: bool = False,
        watch: Watch = Watch(),
        trust: bool = False,
        **reading: Unpack[ReadChanges],
    ) -> Accuracy:
        """Measure the accuracy of ``program.py``.

        Args:
            data: A file of labelled sequences; by default the held-out data.
            any_length: Whether the file's sequences may be longer than in training.
            watch: Callbacks, as for ``train``.
            trust: Whether a Python file may be executed, as for ``train``.
            **reading: How the file is read, such as its columns; by default as in
                training.

        Raises:
            LengthError: For ``any_length``, if the program is bound to its length.
        """
        from transformer_programs.runs.evaluation import evaluate_run

        training = self.training
        if training is not None and self.folder is None and data is None:
            return training.report.test  # its data need not be there any more
        with self._run_folder() as run:
            file = None if data is None else Path(data)
            return evaluate_run(
                run, file, any_length=any_length, watch=watch, trust=trust, **reading
            )[0]

    def evaluate_lengths(
        self,
        lengths: Sequence[int] | None = None,
        *,
        drawn: int = 2_000,
        trust: bool = False,
    ) -> dict[int, Accuracy]:
        """Measure the accuracy of ``program.py`` beyond its training length.

        Args:
            lengths: The numbers of tokens of the inputs, the frame not counted; by
                default 2, 4 and 10 times as many as in training.
            drawn: The number of inputs drawn from the task at every length.
            trust: As for ``evaluate``.

        Raises:
            LengthError: If the program is bound to its length.
            SettingsError: If it was not learned from a task.
        """
        from transformer_programs.runs.evaluation import evaluate_lengths

        with self._run_folder() as run:
            return evaluate_lengths(run, lengths, drawn=drawn, trust=trust)

    @overload
    def verify(
        self,
        *,
        full: bool = False,
        watch: Watch = ...,
        trust: bool = False,
        progress: bool | None = None,
    ) -> Certificate: ...

    @overload
    def verify(
        self,
        *,
        against: str | None = None,
        invariant: str | None = None,
        drawn: int | None = None,
        only_lengths: tuple[int, int] | None = None,
        solver: bool = False,
        solver_work: float | None = None,
        solver_seconds: float | None = None,
        record: bool = False,
        watch: Watch = ...,
        trust: bool = False,
        progress: bool | None = None,
    ) -> CheckResult: ...

    @shows_progress
    def verify(
        self,
        *,
        full: bool = False,
        against: str | None = None,
        invariant: str | None = None,
        drawn: int | None = None,
        only_lengths: tuple[int, int] | None = None,
        solver: bool = False,
        solver_work: float | None = None,
        solver_seconds: float | None = None,
        record: bool = False,
        watch: Watch = Watch(),
        trust: bool = False,
        progress: bool | None = None,
    ) -> Certificate | CheckResult:
        """Check that model, program and ``program.py`` agree, or that they are right.

        Without ``against`` and ``invariant``, all three are compared again, and the
        certificate is written anew. Otherwise the program is checked.

        Args:
            full: Whether ``program.py`` gets every input, not a sample.
            against: What to compare with: ``task``, the definition of the task that the
                run was learned from; ``FILE.py:FUNCTION``, a function from a tuple of
                tokens to a tuple of labels, or to one label; or another run folder or
                ``program.json``.
            invariant: A property to check: ``never LABEL``, or a name such as
                ``permutation`` (``docs/how-to/properties.md``).
            drawn: The number of random inputs that are checked where more than two
                million exist, 100,000 by default; else all are.
            only_lengths: With ``against``, the fewest and the most tokens of the
                inputs; by default all lengths.
            solver: Whether a solver is asked first, where more than two million inputs
                exist.
            solver_work: The budget of the solver, in units of its deterministic time,
                about a second each.
            solver_seconds: A limit on its wall time as well, on which the result then
                depends.
            record: Whether a result that holds is added to the certificate of the run
                folder, as the command does.
            watch: As for ``evaluate``.
            trust: As for ``evaluate``; a file that ``against`` names is executed in any
                case.
            progress: Whether progress is shown, as for ``train``.

        Raises:
            AgreementError: Without ``against`` and ``invariant``, at the first
                difference.
            TransformerProgramsError: If there is no such task, function, program or
                property, or the two are not about the same inputs.
        """
        from transformer_programs.runs.certificates import record as add, verify_run
        from transformer_programs.runs.specifications import ask

        options = {
            "drawn": drawn,
            "only_lengths": only_lengths,
            "solver": solver or None,
            "solver_work": solver_work,
            "solver_seconds": solver_seconds,
            "record": record or None,
        }
        given = [name for name, value in options.items() if value is not None]
        text = invariant if against is None else against
        if text is None:
            if given:
                raise SettingsError(f"{', '.join(given)}: for against or invariant")
            with self._run_folder() as run:
                return verify_run(run, full=full, watch=watch, trust=trust)
        if against is not None and invariant is not None:
            raise SettingsError("against and invariant: check one, then the other")
        if full:
            raise SettingsError(
                "full: not with against or invariant, which look at the program as "
                "data; omit it"
            )
        if invariant is not None and only_lengths is not None:
            raise SettingsError("only_lengths: for against; omit it")
        from transformer_programs.verify import (
            AGAINST,
            DEFAULT_WORK,
            DRAWN,
            INVARIANT,
            CheckRequest,
        )

        request = CheckRequest(
            INVARIANT if against is None else AGAINST,
            text,
            DRAWN if drawn is None else drawn,
            only_lengths,
            solver,
            DEFAULT_WORK if solver_work is None else solver_work,
            solver_seconds,
        )
        watch.begin(f"{request.option} {text}")
        folder = self._written() if record else None
        found = ask(self, request, watch.on_compared, trust=trust)
        why = None if folder is None else add(folder, request, found, trust=trust)
        if why is not None:
            raise RunFolderError(f"not added to the certificate: {why}")
        return found

    @shows_progress
    def circuit(
        self,
        label: str | None = None,
        *,
        where: str | Where | None = None,
        out: str | Path | None = None,
        force: bool = False,
        watch: Watch = Watch(),
        trust: bool = False,
        progress: bool | None = None,
    ) -> CircuitFound:
        """Find the part of the program that decides some labels.

        Args:
            label: Only whether the label is this one has to stay; by default every
                label.
            where: Says of a sequence of tokens whether its labels have to stay; or
                ``FILE.py:FUNCTION``.
            out: A run folder to write what is left to; or ``FILE.svg`` or ``FILE.dot``,
                a picture of the program in which the rest is grey.
            force: Whether what is there may be replaced.
            watch: As for ``evaluate``.
            trust: As for ``evaluate``.
            progress: As for ``verify``.

        Raises:
            SettingsError: For a label that the program does not have, if no input is
                asked for, or for a picture in another format.

        >>> task = tp.TaskSource("hist", size=150, vocabulary_size=4, max_length=4)
        >>> run = tp.train(task)
        >>> run.circuit("2").circuit.kept
        ('same_token', 'label')
        """
        from transformer_programs.runs.circuit import (
            check_place,
            circuit_of_run,
            written,
        )

        del progress
        if out is not None:
            check_place(Path(out), force=force)
        found = circuit_of_run(self, label, where, watch, trust=trust)
        if out is not None:
            written(found, Path(out), force=force)
        return found

    @shows_progress
    def diff(
        self,
        other: Run,
        *,
        watch: Watch = Watch(),
        progress: bool | None = None,
    ) -> Difference:
        """Compare with another program: what is written, and the labels.

        Args:
            other: The run of the other program.
            watch: As for ``evaluate``.
            progress: As for ``verify``.

        >>> task = tp.TaskSource("hist", size=150, vocabulary_size=4, max_length=4)
        >>> run = tp.train(task)
        >>> run.diff(run).changes
        ()
        """
        from transformer_programs.runs.difference import difference

        del progress
        return difference(self.program.data, other.program.data, watch)

    def explain(
        self,
        tokens: Sequence[str],
        *,
        versus: str | None = None,
        any_length: bool = False,
    ) -> Explanation:
        """Explain the labels of a sequence; see ``Program.explain``."""
        return self.program.explain(tokens, versus=versus, any_length=any_length)

    def of_size(self, size: int) -> Program:
        """Return the best program of so many statements that the search found.

        A search keeps them where it finds no exact program; ``report.front`` says how
        right each is.

        Raises:
            SettingsError: If there is none of this size.
            RunFolderError, SchemaError, ProgramError: If it cannot be read.
        """
        lines: Sequence[Mapping[str, Any]] = ()
        if self.training is not None:
            lines = self.training.outcome.history
        elif self.folder is not None:
            lines = read_lines(self.folder)
        return Program.of(program_of_size(lines, size, self.place))

    def next(self, tokens: Sequence[str], *, any_length: bool = False) -> str:
        """Return the label at the last token; see ``Program.next``."""
        return self.program.next(tokens, any_length=any_length)

    def generate(
        self,
        tokens: Sequence[str],
        *,
        most: int | None = None,
        stop: str | None = None,
        seed: int = 0,
    ) -> Generated:
        """Go on with a sequence; see ``Program.generate``."""
        return self.program.generate(tokens, most=most, stop=stop, seed=seed)

    def allows(
        self,
        tokens: Sequence[str],
        *,
        stop: str | None = None,
        any_length: bool = False,
    ) -> Allowance:
        """Check every token by the label before it; see ``Program.allows``."""
        return self.program.allows(tokens, stop=stop, any_length=any_length)

    def features(
        self,
        labels: Sequence[str] | None = None,
        *,
        top: int = 20,
        picture: str | Path | None = None,
        watch: Watch = Watch(),
        trust: bool = False,
    ) -> Separation:
        """Return the features that separate two labels most, the strongest first.

        How often they occur is counted in the training data.

        Args:
            labels: The two labels; may be left out if there are just two.
            top: The number of features.
            picture: An SVG or PNG file to draw them in as bars.
            watch: As for ``evaluate``.
            trust: As for ``evaluate``; a note says why nothing is counted, if the data
                cannot be read.

        Raises:
            SettingsError: If these are not two labels of the program, ``top`` is below
                1, or the picture cannot be drawn.
        """
        from transformer_programs.runs.features import features_of_run

        file = None if picture is None else Path(picture)
        return features_of_run(self, labels, top, file, watch, trust=trust)

    def plot_tradeoff(self) -> Picture:
        """Draw how right the best programs of several sizes are, beside the baselines.

        A search keeps such programs where it finds no exact one (``of_size`` gives
        them); sums of n-grams have several sizes as well.

        Raises:
            SettingsError: If the run knows no programs of several sizes.
            RunFolderError: If the metrics of the run cannot be read.

        >>> texts = [["a", "film"], ["a", "bore"], ["good"], ["dull", "film"]] * 10
        >>> data = tp.labelled_sequences(texts, ["pos", "neg", "pos", "neg"] * 10)
        >>> run = tp.train(data, learner="linear")
        >>> run.plot_tradeoff().save("tradeoff.svg").name
        'tradeoff.svg'
        """
        from transformer_programs.runs.pictures.tradeoff import tradeoff_of_run

        return tradeoff_of_run(self)

    @contextmanager
    def _run_folder(self) -> Iterator[Path]:
        # That of a training in memory is a temporary one.
        if self.folder is not None or self.training is None:
            yield self._written()
            return
        from transformer_programs.runs.driver import save_run

        with TemporaryDirectory() as place:
            run = Path(place) / "run"
            save_run(self, run, force=False)
            yield run
