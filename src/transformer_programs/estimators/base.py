"""The base class of estimators: parameters, fitting, storing."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from transformer_programs.codegen import from_json, to_json
from transformer_programs.data import labels_of
from transformer_programs.errors import SettingsError
from transformer_programs.estimators import calibration, options, storage, weights
from transformer_programs.estimators.inputs import (
    Tokens,
    dataset_of,
    fitting,
    names_of,
    sequences_of,
)
from transformer_programs.runs import Program
from transformer_programs.settings import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transformer_programs.data import Dataset, ReadOptions, Target, WordVectors
    from transformer_programs.settings import (
        EvidenceSettings,
        ModelSettings,
        SearchSettings,
        TrainSettings,
    )

_PROGRAM = "program_"

T = TypeVar("T")


class SequenceEstimator(BaseEstimator):  # type: ignore[misc]  # it has no types
    """Learns a program from sequences, and predicts by running it.

    The last five parameters are settings of this package: an object with all of them,
    or a dict of some, where the others are what suits the data. Each setting is a
    nested parameter too, such as ``training__steps`` or ``search__work``, in the
    constructor, ``set_params`` and grids; None is what suits the data. Those that the
    learner does not read are ignored. ``docs/reference/settings.md`` lists them.

    Args:
        learner: ``search``, ``linear`` (a sum of weighed n-grams), ``gradient`` or
            ``auto``, which tries them until one suits. By default what suits the data;
            ``linear`` where weights are given, and gradient descent where word vectors
            or a setting of model or training are.
        class_weight: For the linear learner, how much classes or tags count: numbers
            by class (1 for others), or ``balanced`` for the same in all; None if every
            sample counts the same.
        vectors: Word vectors that gradient descent starts word classes from: a file,
            or what ``read_vectors`` returns.
        shorten: Whether a program that gradient descent learned is made shorter by
            trials. They keep its predictions, so that no score changes, and may take
            longer than learning: False suits cross-validation.
        causal: For a tagger, whether a tag depends only on its token and those before.
        random_state: Fixes every random choice; None is 0, so that fitting the same
            data again gives the same program.
        verbose: Whether ``fit`` shows progress, on standard error or below a
            notebook's cell; 0 or False shows nothing.
        read: ``ReadOptions``: how a text becomes tokens (``split``; lists of tokens are
            taken as they are), the vocabulary, the length (``max_length``, by default
            the longest in ``fit``), ``truncate`` (for classifiers), character features
            (``surfaces``), folding (``lowercase``, ``fold_digits``), the ``frame``,
            and ``validation_fraction``, which chooses among programs.
        model: ``ModelSettings``: the shape of the model.
        training: ``TrainSettings``: how it is trained.
        search: ``SearchSettings``: how long and how widely to search.
        evidence: ``EvidenceSettings``: which sums of n-grams the linear learner learns.

    Attributes:
        program_: The learned program, which can be called; ``program_.source`` is the
            text of ``program.py``.
        classes_: The classes, or the tags, that it may predict, sorted.
        report_: What is known of it: its accuracy on validation data, what was
            checked, its size, how it was found; plain data.
        temperature_: What scores are divided by before ``predict_proba`` makes them
            probabilities; fitted on validation data.
    """

    _NAME: ClassVar[str]
    """What the program is called."""

    def __init__(
        self,
        *,
        learner: str | None = None,
        shorten: bool = True,
        causal: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        class_weight: Mapping[Any, float] | str | None = None,
        vectors: str | Path | WordVectors | None = None,
        read: ReadOptions | Mapping[str, Any] | None = None,
        model: ModelSettings | Mapping[str, Any] | None = None,
        training: TrainSettings | Mapping[str, Any] | None = None,
        search: SearchSettings | Mapping[str, Any] | None = None,
        evidence: EvidenceSettings | Mapping[str, Any] | None = None,
        **nested: Any,
    ) -> None:
        self.learner = learner
        self.shorten = shorten
        self.causal = causal
        self.random_state = random_state
        self.verbose = verbose
        self.class_weight = class_weight
        self.vectors = vectors
        self.read = read
        self.model = model
        self.training = training
        self.search = search
        self.evidence = evidence
        self.set_params(**nested)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with ``deep`` also each setting, None if not given."""
        found: dict[str, Any] = super().get_params(deep=False)
        if deep:
            for part, settings in options.SETTINGS.items():
                known = found[part] if isinstance(found[part], Mapping) else {}
                for field in settings:
                    value = getattr(found[part], field, known.get(field))
                    found[f"{part}__{field}"] = value
        return found

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters, also nested ones such as ``training__steps``.

        Raises:
            ValueError: For a name that is none.
        """
        divided = {name: options.divided(name) for name in parameters}
        plain = {name: parameters[name] for name in parameters if not divided[name][0]}
        super().set_params(**plain)
        for name, (part, field) in divided.items():
            if part:
                value = getattr(self, part)
                value = options.with_field(value, part, field, parameters[name])
                setattr(self, part, value)
        return self

    def save(self, folder: str | Path, *, force: bool = False) -> None:
        """Write the fitted estimator into a folder, as JSON and as ``program.py``.

        ``load`` reads it without executing anything, unlike a pickle.

        Args:
            folder: Where to; it is made.
            force: Whether an estimator that is there may be replaced.

        Raises:
            NotFittedError: If it is not fitted.
            RunFolderError: If something else is there, or it cannot be written.
            SettingsError: If a parameter is no plain value.
        """
        check_is_fitted(self, _PROGRAM)
        parameters = self.get_params(deep=False).items()
        stored = storage.Stored(
            kind=type(self).__name__,
            parameters={name: options.as_plain(name, v) for name, v in parameters},
            classes=self.classes_,
            report=self.report_,
            program=self.program_,
            temperature=getattr(self, "temperature_", None),
        )
        storage.write(Path(folder), stored, force=force)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return the estimator that ``save`` wrote; nothing is executed.

        Raises:
            RunFolderError, SchemaError, ProgramError: If there is none that is valid.
        """
        stored = storage.read(Path(folder), cls.__name__, cls._get_param_names())
        found = cls(**stored.parameters)
        found.program_, found.classes_ = stored.program, stored.classes
        found.report_ = stored.report
        if stored.temperature is not None:
            found.temperature_ = stored.temperature
        return found

    def __getstate__(self) -> dict[str, Any]:
        # What is pickled: plain data, and the program as its JSON.
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

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn a program; after Ctrl-C the best one until then is kept.

        Args:
            X: Texts, or lists of tokens: a list, an array or a pandas Series of them.
            y: The class of each; for a tagger a list with one tag per token, None where
                none is known.
            sample_weight: How much each sequence counts, for the linear learner:
                numbers from 0 on, of which only the ratios matter; None if all count
                the same.

        Raises:
            ValueError: For anything else, or parameters that contradict it; the
                subclasses are those of ``errors.py``.
            TrainingError: If training cannot go on, and nothing was learned.
            KeyboardInterrupt: If it was stopped, so that other fits stop too.
        """
        with options.spelled():
            parameters = self.get_params(deep=False)
            seed = options.seed_of(self.random_state)
            read = options.read_options(parameters, seed)
            truncate = self._truncates(parameters)
            sequences = sequences_of(X, read)
            classes, targets = self._targets(sequences, y)
            by_sample = weights.of_samples(sample_weight, len(sequences))
            texts = list(X) if all(isinstance(item, str) for item in X) else None
            if by_sample is not None:  # what counts nothing is not there
                kept = by_sample.nonzero()[0].tolist()
                by_sample = by_sample[kept]
                sequences = [sequences[i] for i in kept]
                targets = [targets[i] for i in kept]
                texts = texts and [texts[i] for i in kept]
            if read.max_length is not None:
                sequences = fitting(sequences, read.max_length, truncate=truncate)
            labels = labels_of(targets)
            by_class = weights.by_class(self.class_weight, classes, labels)
            dataset = dataset_of(
                self._NAME, sequences, targets, names_of(classes), read, texts
            )
            if texts and dataset.input.split != (read.split or "whitespace"):
                read = replace(read, split=dataset.input.split)  # as suits the texts
                found = sequences_of(texts, read)
                sequences = [tokens[: read.max_length] for tokens in found]
            rows = sequences, targets
            dataset = weights.weighed(dataset, rows, by_sample, by_class)
            self._learn(dataset, classes, parameters, seed)
        return self

    def _targets(
        self, sequences: Sequence[Tokens], y: Any
    ) -> tuple[NDArray[Any], list[Target]]:
        # The distinct classes or tags of y, and the labels of the sequences.
        raise NotImplementedError

    def _truncates(self, parameters: options.Parameters) -> bool:
        return options.truncates(parameters)

    def _learn(
        self,
        dataset: Dataset,
        classes: NDArray[Any],
        parameters: options.Parameters,
        seed: int,
    ) -> None:
        from transformer_programs.runs import train  # PyTorch, for fit alone

        learner = options.learner_of(parameters)
        if dataset.label_weights or dataset.train.weights:
            learner = weights.learner_for_weights(learner)
        run = train(
            dataset,
            learner=learner,
            vectors=self.vectors,
            change=lambda suited: options.changed(suited, parameters, seed),
            shorten=plain("shorten", self.shorten, bool),
            causal=plain("causal", self.causal, bool),
            progress=options.is_verbose(self.verbose),
        )
        self.classes_ = classes
        self.program_ = run.program
        self.report_ = json.loads(json.dumps(run.summary()))
        del self.report_["test"], self.report_["baselines"]  # there is no test part
        self.temperature_ = self._fitted_temperature(dataset)
        assert run.report is not None
        if run.report.failure is not None:
            warnings.warn(run.report.failure, ConvergenceWarning, stacklevel=3)
        elif run.report.interrupted:
            raise KeyboardInterrupt

    def _fitted_temperature(self, dataset: Dataset) -> float:
        # On the validation data, by the labels that are known.
        examples, labels = dataset.validation, self.program_.readout.labels
        ids = {label: i for i, label in enumerate(labels)}
        by_label = dict(zip(dataset.labels, dataset.label_weights, strict=False))
        shares = examples.weights or (1.0,) * len(examples)
        scores, wanted, counted = [], [], []
        for found, target, share in zip(
            self.program_.scores(examples.sequences),
            examples.targets,
            shares,
            strict=True,
        ):
            tags = (target,) if isinstance(target, str) else target
            rows = found.reshape(len(tags), -1)  # (labels, classes)
            for one, label in zip(rows, tags, strict=True):
                if label is not None:
                    scores.append(one)
                    wanted.append(ids[label])
                    counted.append(share * by_label.get(label, 1.0))
        return calibration.fitted_temperature(
            np.stack(scores), wanted, np.array(counted)
        )

    def _temperature(self) -> float:
        found: float | None = getattr(self, "temperature_", None)
        if found is None:
            raise SettingsError(
                "predict_proba: this estimator was fitted by a version without "
                "probabilities; fit it again"
            )
        return found

    def _sequences(self, data: Any) -> list[Tokens]:
        # X as sequences that the fitted program takes.
        check_is_fitted(self, _PROGRAM)
        limit = self.program_.input.max_bare_length
        parameters = self.get_params(deep=False)
        read = options.read_options(parameters, 0)
        # As texts were split in training, where that followed from them.
        read = replace(read, split=self.program_.input.split or read.split)
        sequences = sequences_of(data, read)
        return fitting(sequences, limit, truncate=options.truncates(parameters))

    def _labels(self, data: Any) -> list[list[str] | str]:
        sequences = self._sequences(data)
        labels: list[list[str] | str] = self.program_.batch(sequences)
        return labels

    def _scores(self, data: Any) -> list[NDArray[np.int64]]:
        # The scores of the fitted program, in the order of the classes.
        sequences = self._sequences(data)
        labels = self.program_.readout.labels
        columns = [labels.index(name) for name in names_of(self.classes_)]
        return [array[..., columns] for array in self.program_.scores(sequences)]


# scikit-learn reads the parameters that have a name from the signature.
_init: Any = SequenceEstimator.__init__
_signature = inspect.signature(_init)
_init.__signature__ = _signature.replace(
    parameters=[p for p in _signature.parameters.values() if p.name != "nested"]
)


def documented(estimator: type[T]) -> type[T]:
    """Give a class the parameters and attributes in its own docstring."""
    if estimator.__doc__ and SequenceEstimator.__doc__:  # python -OO leaves none
        shared = SequenceEstimator.__doc__.partition("\n\n")[2]
        estimator.__doc__ = f"{estimator.__doc__}\n\n{shared}"
    return estimator
