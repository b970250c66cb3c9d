"""A run: a program, the evidence for it, and what can be asked of it.

``train`` and ``load`` give the same ``Run``; its methods are named like the commands,
their keywords like the options. What a folder holds is read when it is first asked for,
so that programs can be loaded and called without PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Unpack, overload

from transformer_programs.analysis import Explanation, Separation
from transformer_programs.data import (
    Accuracy,
    Quality,
    Scheme,
    Score,
    TagFormat,
    held_out,
)
from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.language import Program as Plain
from transformer_programs.learn import Watch
from transformer_programs.runs.folder import is_run, read_lines, read_program
from transformer_programs.runs.front import (
    SizedAccuracy,
    SizedSum,
    Tried,
    choice_of,
    front_of,
    in_lines,
    program_of_size,
    sums_in_lines,
    sums_of,
    trials_in_lines,
    trials_of,
)
from transformer_programs.runs.generation import Allowance, Generated
from transformer_programs.runs.pictures.svg import Picture
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.runnable import Program
from transformer_programs.system import CERTIFICATE, METRICS, PROGRAM, Shown, read_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from transformer_programs.data import ReadChanges
    from transformer_programs.learn import Outcome
    from transformer_programs.nn import ProgramTransformer
    from transformer_programs.runs.circuit import CircuitFound, Where
    from transformer_programs.runs.difference import Difference
    from transformer_programs.runs.export import Export
    from transformer_programs.runs.folder import Config
    from transformer_programs.runs.simplify import Simplified
    from transformer_programs.verify import Certificate, CheckResult


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a training.

    Attributes:
        test: The accuracy of ``program.py`` on held-out data; of no labels if the data
            have no test part (``test.measured``).
        validation: Its accuracy on the data that chose it.
        baselines: The accuracy of simple methods on the test data, by name.
        learner: The learner that found the program: search or gradient.
        origin: Where in the search or the training it was found, in words.
        search_ended: Why the search ended, in words; None if there was none.
        interrupted: Whether Ctrl-C or a failure ended the learning.
        cut_short: What ended the learning before its budgets did; None if nothing.
        nothing_learned: Why the program says no more than the most frequent label
            does; None if it does, or if the data have one label only.
        seconds: The seconds of learning.
        checking_seconds: The seconds of comparing model, program and file.
        notes: What a reader should know about the data.
        front: The best programs of several sizes, where a search found no exact one:
            how right they are, the smallest first (``Run.of_size``).
        failure: Why training could not go on; known only right after it.
        sums: How right sums of several numbers of n-grams are, where the linear
            learner was tried.
        tried: What each learner found, where several were tried.
        chosen: Why the program was chosen among these.
    """

    test: Accuracy
    validation: Accuracy
    baselines: dict[str, Quality]
    learner: str
    origin: str
    search_ended: str | None
    interrupted: bool
    cut_short: str | None
    nothing_learned: str | None
    seconds: float
    checking_seconds: float
    notes: tuple[str, ...]
    front: tuple[SizedAccuracy, ...] = ()
    failure: str | None = None
    sums: tuple[SizedSum, ...] = ()
    tried: tuple[Tried, ...] = ()
    chosen: str | None = None


def read_report(run: Path) -> Report | None:
    """Return the results in ``metrics.jsonl``; None if there are none.

    Raises:
        RunFolderError: If it cannot be read.
    """
    try:
        lines = read_lines(run)
        results = [line for line in lines if line.get("kind") == "result"]
        return _report(results[-1], lines) if results else None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise RunFolderError(
            f"{run / METRICS}: not what a training writes: "
            f"{type(error).__name__}: {error}"
        ) from error


def _report(line: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Report:
    # Older runs do not name all of it.
    return Report(
        test=_accuracy(line["test"]),
        validation=_accuracy(line["validation"]),
        baselines={n: Quality(**q) for n, q in line.get("baselines", {}).items()},
        learner=str(line.get("learner", "")),
        origin=str(line.get("origin", "")),
        search_ended=line.get("search_ended"),
        interrupted=bool(line.get("interrupted")),
        cut_short=line.get("cut_short"),
        nothing_learned=line.get("nothing_learned"),
        seconds=float(line["seconds"]),
        checking_seconds=float(line.get("checking_seconds", 0)),
        notes=tuple(map(str, line.get("notes", ()))),
        front=front_of(lines),
        sums=sums_of(lines),
        tried=trials_of(lines),
        chosen=choice_of(lines),
    )


def _accuracy(numbers: Mapping[str, Any]) -> Accuracy:
    # What ``Accuracy.numbers`` wrote; confusions are not kept.
    shares = {name: value for name, value in numbers.items() if name != "entities"}
    found = numbers.get("entities")
    if found is None:
        return Accuracy(**shares)
    counts = ("right", "predicted", "there")
    types = {
        kind: Score(*(int(score[name]) for name in counts))
        for kind, score in found["types"].items()
    }
    scheme = found.get("scheme")
    tags = None if scheme is None else TagFormat(Scheme(scheme.lower()))
    return Accuracy(**shares, entities=types, tags=tags)


@dataclass(frozen=True, slots=True)
class Training:
    """A training that has just ended: all that its run folder is made of.

    Attributes:
        config: What was asked for.
        start: The program that it began with, if any.
        outcome: The hardened models, and how they came about.
        certificate: The evidence that model, program and file agree.
        report: What it was worth.
    """

    config: Config
    start: Plain | None
    outcome: Outcome
    certificate: Certificate
    report: Report


class Run(Shown):
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

    def __init__(
        self,
        program: Plain,
        folder: Path | None = None,
        file: Path | None = None,
        training: Training | None = None,
    ) -> None:
        self.program = Program.of(program)
        self.folder = folder
        self.file = file
        self.training = training

    @property
    def place(self) -> Path:
        """Where the run is, for messages."""
        return self.folder or self.file or Path(self.program.name)

    @property
    def certificate(self) -> Certificate | None:
        """The evidence that model, program and file agree; None if there is none.

        Raises:
            RunFolderError, SchemaError: If it cannot be read.
        """
        if self.folder is None:
            return None if self.training is None else self.training.certificate
        file = self.folder / CERTIFICATE
        if not file.exists():
            return None
        from transformer_programs.verify import certificate_from_json

        return certificate_from_json(read_text(file), str(file))

    @cached_property
    def report(self) -> Report | None:
        """The results of the training; None of a program that was not trained as it is.

        Raises:
            RunFolderError: If the metrics of the run cannot be read.
        """
        if self.training is not None:
            return self.training.report
        return None if self.folder is None else read_report(self.folder)

    @property
    def accuracy(self) -> Accuracy | None:
        """The accuracy of ``program.py`` on held-out data; None if it is not known."""
        report = self.report
        return report.test if report is not None and report.test.measured else None

    @property
    def baselines(self) -> dict[str, Quality]:
        """The accuracy of simple methods on held-out data, by name."""
        return {} if self.report is None else self.report.baselines

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for scripts; the last line of ``metrics.jsonl``."""
        certificate, report = self.certificate, self.report
        found: dict[str, Any] = {"name": self.program.name}
        if report is not None:
            found["test"] = report.test.numbers()
            found["validation"] = report.validation.numbers()
            found["baselines"] = {n: q.numbers() for n, q in report.baselines.items()}
        if certificate is not None:
            found["agreement"] = certificate.sentences()
        found["statements"] = len(self.program.statements)
        found["entries"] = self.program.entries
        found["lines"] = self.program.lines
        if report is not None:
            names = ("learner", "origin", "search_ended", "interrupted", "cut_short")
            more = ("nothing_learned", "seconds", "checking_seconds")
            found |= {name: getattr(report, name) for name in (*names, *more)}
            found["notes"] = list(report.notes)
        if report is not None and report.front:
            found["front"] = [asdict(sized) for sized in report.front]
        return found

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

    def _written(self) -> Path:
        if self.folder is None:
            raise RunFolderError(
                f"{self.place}: expected a run in a folder; write "
                "one first: run = run.save('runs/NAME')"
            )
        return self.folder

    @contextmanager
    def _run_folder(self) -> Iterator[Path]:
        # That of a training in memory is a temporary one.
        if self.folder is not None or self.training is None:
            yield self._written()
            return
        with TemporaryDirectory() as place:
            run = Path(place) / "run"
            self.save(run)
            yield run

    def _accuracy_lines(self) -> list[str]:
        accuracy, name = self.accuracy, self.program.name
        if accuracy is None:
            return [f"{name}: no held-out labels"] if self.report is not None else []
        found = accuracy.of_entities
        return [
            f"{name}: {accuracy.per_label:.2%} of held-out labels right, "
            f"{accuracy.per_sequence:.2%} of sequences",
            *([] if found is None else [f"entities: F1 {found.f1:.2%}"]),
            *(
                f"baseline, {simple}: {quality.sentence()}"
                for simple, quality in self.baselines.items()
            ),
        ]

    def __rich__(self) -> RenderableType:
        """Return accuracy, evidence, size, and where the run is."""
        from rich.text import Text

        report, certificate = self.report, self.certificate
        lines = self._accuracy_lines()
        if report is not None and report.nothing_learned is not None:
            lines.insert(0, report.nothing_learned)
        if certificate is not None:
            lines += [f"checked: {text}" for text in certificate.sentences()]
        lines += facts(self.program, report)
        if report is not None:
            lines += [f"note: {text}" for text in report.notes]
        if self.folder is not None:
            lines.append(f"written to {self.folder}")
        return Text("\n".join(lines))

    def _repr_html_(self) -> str:
        """Return the accuracy, the circuit and the folded listing, for notebooks."""
        import html  # slow to load

        from transformer_programs.runs.page.circuit_drawing import in_notebook

        lines = "<br>".join(map(html.escape, self._accuracy_lines()))
        circuit = in_notebook(self.program.data)
        return f"<p>{lines}</p>{circuit}{self.program._repr_html_()}"

    def __repr__(self) -> str:
        known = "" if self.report is None else f": {held_out(self.report.test)}"
        return f"<Run {self.program!r}{known}>"


def facts(program: Program, report: Report | None) -> list[str]:
    """Return the size of a program, how it was found, and its lengths, in lines."""
    lines = [f"size: {program.size} ({program.file_sizes})"]
    if report is not None:
        times = f"{report.seconds:.0f} s, checked in {report.checking_seconds:.0f} s"
        lines.append(f"learned in {times} ({report.origin})")
        if report.search_ended is not None:
            lines.append(f"search ended: {report.search_ended}")
        lines += trials_in_lines(report.tried, report.chosen, report.learner)
        lines += in_lines(report.front)
        lines += sums_in_lines(report.sums)
        if report.cut_short is not None:
            lines.append(f"cut short by {report.cut_short}")
    return [*lines, f"length: {program.length[0].lower()}{program.length[1:]}"]


def load(path: str | Path) -> Run:
    """Load a run folder, or a ``program.json``; PyTorch is not needed.

    Raises:
        RunFolderError, SchemaError, ProgramError: If there is none that is valid.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> _ = tp.train(task, out="runs/sort")
    >>> tp.load("runs/sort").program(["2", "0", "1"])
    ['0', '1', '2']
    """
    path = Path(path)
    program = read_program(path)
    if path.is_dir():
        return Run(program, path)
    if path.name == PROGRAM and is_run(path.parent):
        return Run(program, path.parent)
    return Run(program, file=path)
