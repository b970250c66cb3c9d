"""What the classifier and the tagger share: parameters, fitting, storing."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from transformer_programs.estimators import options, storage
from transformer_programs.estimators.inputs import (
    Tokens,
    dataset_of,
    fitting,
    names_of,
    sequences_of,
)
from transformer_programs.program import from_json, to_json
from transformer_programs.runs import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transformer_programs.data import ReadOptions, Target

_PROGRAM = "program_"

T = TypeVar("T")


class SequenceEstimator(BaseEstimator):  # type: ignore[misc]  # it has no types
    """Learns a program from sequences, and predicts by running it.

    Every parameter but the first nine is a setting of this package under its own
    name; None takes what suits the data. Those that the learner does not read are
    ignored.

    Args:
        learner: ``search``, ``gradient`` or ``auto``. By default what suits the data,
            and gradient descent where any of its parameters is given.
        split: how a text becomes tokens: ``whitespace``, ``words`` (and punctuation) or
            ``characters``. Lists of tokens are taken as they are.
        max_vocabulary: the most tokens that are told apart; others are unknown.
        max_length: the most tokens of a sequence; by default those of the longest
            one in ``fit``.
        truncate: whether longer sequences are cut to ``max_length``, in ``fit`` and
            later, instead of being an error. A tagger cannot.
        validation_fraction: the part of the data of ``fit`` that chooses among
            learned programs, by default a tenth.
        shorten: whether a program that gradient descent learned is made shorter by
            trials. They keep its predictions, so that no score changes, and may take
            longer than learning: False suits cross-validation.
        causal: of a tagger, whether a tag depends only on its token and those before.
        random_state: fixes every random choice; None is 0, so that fitting the same
            data again gives the same program.
        verbose: whether ``fit`` shows progress, on standard error or below a
            notebook's cell; 0 or False shows nothing.
        layers: layers of the model.
        categorical_heads: heads per layer that copy a value from the nearest match.
        numerical_heads: heads per layer that count all matches.
        set_predicates: whether every second head matches sets of keys.
        tables: lookup tables per layer.
        cardinality: values per categorical variable.
        word_classes: learned classes per token; 0 gives every token its own value.
        fixed_classes: whether every second restart keeps its first word classes.
        window: neighbours on each side that the readout of a tagger also reads.
        pairs: tables over a word class and that of a word before.
        scope: the widest scope of a head: ``all`` or ``causal``.
        pooling: of a classifier, ``mean`` or ``first``.
        steps: gradient steps.
        batch_size: sequences per step.
        group_by_length: whether the sequences of a step are of about the same length.
        learning_rate: step size of Adam.
        restarts: models trained side by side, of which the best is kept.
        annealing: whether the step size falls from the first step on.
        halvings: how often the less accurate half of them is given up.
        combine: whether all of them become one program, if it is better.
        tau_start: temperature of random choices at the first step.
        tau_end: temperature at the last step.
        settle: by what part of the steps the first layer is final before the last.
        dropout: the share of positions that mean pooling leaves out at random.
        fixed_penalty: how small weights are held where word classes stay.
        evaluations: how often programs are evaluated on validation data.
        polish: passes over the single choices of the learned program.
        readout_scale: integer steps per unit of the readout's weights.
        threads: CPU threads of a training.
        device: where to train, as PyTorch names it.
        search_work: budget of the search, in millions of operations.
        search_seconds: limit on its wall time, on which the program then depends.
        search_layers: layers of candidates.
        search_beam: candidates of one kind that a layer hands on.
        search_sample: sequences that candidates are counted on at first.
        search_growth: sequences that join them when the best program still errs.
        max_statements: larger programs are not considered by the search.

    Attributes:
        program_: the learned program, which can be called; ``program_.source`` is the
            text of ``program.py``.
        classes_: the classes, or the tags, that it may predict, sorted.
        report_: what is known of it: its accuracy on validation data, what was
            checked, its size, how it was found; plain data.
    """

    _NAME: ClassVar[str]
    """What the program is called."""

    def __init__(
        self,
        *,
        learner: str | None = None,
        split: str = "whitespace",
        max_vocabulary: int | None = None,
        max_length: int | None = None,
        truncate: bool = False,
        validation_fraction: float | None = None,
        shorten: bool = True,
        causal: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        layers: int | None = None,
        categorical_heads: int | None = None,
        numerical_heads: int | None = None,
        set_predicates: bool | None = None,
        tables: int | None = None,
        cardinality: int | None = None,
        word_classes: int | None = None,
        fixed_classes: bool | None = None,
        window: int | None = None,
        pairs: int | None = None,
        scope: str | None = None,
        pooling: str | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
        group_by_length: bool | None = None,
        learning_rate: float | None = None,
        restarts: int | None = None,
        annealing: bool | None = None,
        halvings: int | None = None,
        combine: bool | None = None,
        tau_start: float | None = None,
        tau_end: float | None = None,
        settle: float | None = None,
        dropout: float | None = None,
        fixed_penalty: float | None = None,
        evaluations: int | None = None,
        polish: int | None = None,
        readout_scale: int | None = None,
        threads: int | None = None,
        device: str | None = None,
        search_work: float | None = None,
        search_seconds: float | None = None,
        search_layers: int | None = None,
        search_beam: int | None = None,
        search_sample: int | None = None,
        search_growth: int | None = None,
        max_statements: int | None = None,
    ) -> None:
        self.learner = learner
        self.split = split
        self.max_vocabulary = max_vocabulary
        self.max_length = max_length
        self.truncate = truncate
        self.validation_fraction = validation_fraction
        self.shorten = shorten
        self.causal = causal
        self.random_state = random_state
        self.verbose = verbose
        self.layers = layers
        self.categorical_heads = categorical_heads
        self.numerical_heads = numerical_heads
        self.set_predicates = set_predicates
        self.tables = tables
        self.cardinality = cardinality
        self.word_classes = word_classes
        self.fixed_classes = fixed_classes
        self.window = window
        self.pairs = pairs
        self.scope = scope
        self.pooling = pooling
        self.steps = steps
        self.batch_size = batch_size
        self.group_by_length = group_by_length
        self.learning_rate = learning_rate
        self.restarts = restarts
        self.annealing = annealing
        self.halvings = halvings
        self.combine = combine
        self.tau_start = tau_start
        self.tau_end = tau_end
        self.settle = settle
        self.dropout = dropout
        self.fixed_penalty = fixed_penalty
        self.evaluations = evaluations
        self.polish = polish
        self.readout_scale = readout_scale
        self.threads = threads
        self.device = device
        self.search_work = search_work
        self.search_seconds = search_seconds
        self.search_layers = search_layers
        self.search_beam = search_beam
        self.search_sample = search_sample
        self.search_growth = search_growth
        self.max_statements = max_statements

    def save(self, folder: str | Path, *, force: bool = False) -> None:
        """Write the fitted estimator into a folder, as JSON and as ``program.py``.

        ``load`` reads it without executing anything, which no pickle does.

        Args:
            folder: where to; it is made.
            force: whether an estimator that is there may be replaced.

        Raises:
            NotFittedError: if it is not fitted.
            RunFolderError: if something else is there, or it cannot be written.
            SettingsError: if a parameter is no plain value.
        """
        check_is_fitted(self, _PROGRAM)
        parameters = self.get_params(deep=False).items()
        stored = storage.Stored(
            kind=type(self).__name__,
            parameters={name: options.as_plain(name, v) for name, v in parameters},
            classes=self.classes_,
            report=self.report_,
            program=self.program_,
        )
        storage.write(Path(folder), stored, force=force)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The estimator that ``save`` wrote; nothing is executed.

        Raises:
            RunFolderError, SchemaError, ProgramError: if there is none that is valid.
        """
        stored = storage.read(Path(folder), cls.__name__, cls._get_param_names())
        estimator = cls(**stored.parameters)
        estimator.program_ = stored.program
        estimator.classes_ = stored.classes
        estimator.report_ = stored.report
        return estimator

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: plain data, and the program as its JSON."""
        state: dict[str, Any] = dict(super().__getstate__())
        if _PROGRAM in state:
            state[_PROGRAM] = to_json(state[_PROGRAM])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        if _PROGRAM in state:
            program = from_json(state[_PROGRAM], f"{type(self).__name__}.{_PROGRAM}")
            state[_PROGRAM] = Program.of(program)
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags

    def _learn(
        self,
        read: ReadOptions,
        sequences: Sequence[Tokens],
        targets: Sequence[Target],
        labels: tuple[str, ...],
        classes: NDArray[Any],
        *,
        from_text: bool,
    ) -> None:
        """Learn a program; after Ctrl-C the best one until then is kept.

        Args:
            read: the split and the vocabulary.
            sequences: what is learned from.
            targets: their labels.
            labels: the labels of the program, one for each class.
            classes: what they stand for.
            from_text: whether the sequences are texts that were split.

        Raises:
            KeyboardInterrupt: then, so that what goes on with other fits stops too.
            TransformerProgramsError: the subclass says what is wrong.
        """
        from transformer_programs.runs import train  # PyTorch, for fit alone

        parameters = self.get_params(deep=False)
        run = train(
            dataset_of(
                self._NAME, sequences, targets, labels, read, from_text=from_text
            ),
            learner=options.learner_of(parameters),
            change=lambda suited: options.changed(suited, parameters, read.seed),
            shorten=options.is_true("shorten", parameters),
            causal=options.is_true("causal", parameters),
            progress=options.is_verbose(parameters),
        )
        self.classes_ = classes
        self.program_ = run.program
        report = json.loads(json.dumps(run.summary()))
        del report["test"], report["baselines"]  # there is no test part
        self.report_ = report
        assert run.report is not None
        if run.report.failure is not None:
            warnings.warn(run.report.failure, ConvergenceWarning, stacklevel=3)
        elif run.report.interrupted:
            raise KeyboardInterrupt

    def _fitted_program(self) -> Program:
        """The program.

        Raises:
            NotFittedError: before ``fit``.
        """
        check_is_fitted(self, _PROGRAM)
        program: Program = self.program_
        return program

    def _sequences(self, data: Any) -> list[Tokens]:
        """X as sequences that the fitted program takes."""
        limit = self._fitted_program().input.max_bare_length
        parameters = self.get_params(deep=False)
        sequences = sequences_of(data, options.read_options(parameters, 0))
        truncate = options.is_true("truncate", parameters)
        return fitting(sequences, limit, truncate=truncate)

    @property
    def _index_of(self) -> dict[str, int]:
        """The index of a class by the program's label for it."""
        return {name: index for index, name in enumerate(names_of(self.classes_))}

    @property
    def _columns(self) -> list[int]:
        """Where each class stands among the program's labels."""
        labels = self.program_.readout.labels
        return [labels.index(name) for name in names_of(self.classes_)]


def documented(estimator: type[T]) -> type[T]:
    """The class, with the parameters and attributes in its own docstring."""
    if estimator.__doc__ and SequenceEstimator.__doc__:  # python -OO leaves none
        shared = SequenceEstimator.__doc__.partition("\n\n")[2]
        estimator.__doc__ = f"{estimator.__doc__}\n\n{shared}"
    return estimator
