"""Settings: the learner, the shape of a model, how it is trained or searched.

Every setting is declared once, with its type, default, help text and range. The
command line, the estimators, sweeps, stored runs and ``docs/reference/settings.md`` are
made from these declarations. Plain frozen data without torch.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cache, partial
from numbers import Integral, Real
from types import NoneType
from typing import Any, Literal, get_args, get_type_hints

from transformer_programs.errors import SettingName, SettingsError
from transformer_programs.language import Pooling, Scope

MOST_THREADS = 256
"""CPU threads, and processes, beyond which systems end a program without a word."""


# Declarations


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers that a setting may be; ``above`` and ``below`` are excluded."""

    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None

    def check(self, name: str, value: float) -> None:
        """Check that a number is finite and lies within the bounds.

        Raises:
            SettingsError: If it does not.
        """
        named = name if isinstance(name, SettingName) else SettingName(name)
        if not (
            (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and value < (math.inf if self.below is None else self.below)
        ):
            low, sign = (self.least, "=") if self.above is None else (self.above, "")
            if self.below is None:
                finite = "finite " if isinstance(value, float) else ""
                parts = (f"expected {finite}", named, f" >{sign} {low}")
            else:
                high = "2**63" if self.below == 1 << 63 else self.below
                parts = (f"expected {low} <{sign} ", named, f" < {high}")
            raise SettingsError(*parts, f", got {value}")
        if self.most is not None and value > self.most:
            raise SettingsError("expected ", named, f" <= {self.most}, got {value}")


SEED = Bounds(least=0, below=1 << 63)
"""The seeds that every random generator takes."""

_WORDS = {bool: "True or False", int: "an integer", float: "a number", str: "a text"}

_ACCEPTED: dict[type, Any] = {bool: bool, int: Integral, float: Real, str: str}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting as it was declared: what it means, and what it may be.

    Attributes:
        default: Its default.
        help: What it means, in one paragraph.
        bounds: The numbers that it may be.
        default_text: The default in words, where the value does not say it.
        common: Whether the command line lists it before the expert options.
        hidden: Whether it is not an option of the command line.
        suited: Whether its default depends on the data.
        before: Its value in stored runs that do not name it; ... where all name it.
        owner: The class that it is a field of.
        field: The name of that field.
        name: Its name among all settings, as options and sweeps have it.
        hint: Its type, as it is annotated, without None.
        kind: bool, int, float or str.
        choices: The texts that it may be; none where any will do.
        optional: Whether it may be None.
    """

    default: Any
    help: str
    bounds: Bounds
    default_text: str = ""
    common: bool = False
    hidden: bool = False
    suited: bool = False
    before: Any = ...
    owner: Any = object
    field: str = ""
    name: str = ""
    hint: Any = str
    kind: type = str
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def shown_default(self) -> str:
        """The default in words; empty where the data, or nothing, say it."""
        unsaid = self.suited or self.default is None or self.default is False
        return self.default_text or ("" if unsaid else str(self.default))

    def checked(self, value: Any) -> Any:
        """Return a value as Python's own number, text or truth value.

        Raises:
            SettingsError: If the setting cannot have it.
        """
        if value is None and self.optional:
            return None
        name = SettingName(self.field, self.owner)
        value = _unwrapped(value)
        if self.choices and value not in self.choices:
            listed = ", ".join((*self.choices, *(["None"] if self.optional else [])))
            raise SettingsError("expected ", name, f" {listed}, got {value!r}")
        value = plain(name, value, self.kind)
        if self.kind in (int, float):
            self.bounds.check(name, value)
        return value


def plain(name: str, value: Any, kind: type) -> Any:
    """Return a value as Python's own number, text or truth value; NumPy has others.

    Raises:
        SettingsError: If it is of another kind.
    """
    value = _unwrapped(value)
    truth = isinstance(value, bool) and kind is not bool
    if truth or not isinstance(value, _ACCEPTED[kind]):
        raise SettingsError("expected ", name, f" to be {_WORDS[kind]}, got {value!r}")
    return value


def _unwrapped(value: Any) -> Any:
    is_numpy = type(value).__module__ == "numpy" and hasattr(value, "item")
    return value.item() if is_numpy else value


_BOUNDS = frozenset(field.name for field in fields(Bounds))
_DECLARED = "setting"


def setting(default: Any, help: str, **more: Any) -> Any:
    """Declare a field with a setting; ``more`` is of ``Bounds`` and ``Setting``."""
    bounds = Bounds(**{name: more.pop(name) for name in _BOUNDS & more.keys()})
    found = Setting(default=default, help=help, bounds=bounds, **more)
    return field(default=default, metadata={_DECLARED: found})


suited = partial(setting, suited=True)
"""Declare a field whose default depends on the data."""


@cache
def declared(owner: Any) -> tuple[Setting, ...]:
    """Return the settings that a class declares."""
    hints = get_type_hints(owner)
    return tuple(
        _completed(item.metadata[_DECLARED], owner, item.name, hints[item.name])
        for item in fields(owner)
        if _DECLARED in item.metadata
    )


def _completed(found: Setting, owner: Any, name: str, hint: Any) -> Setting:
    optional = NoneType in get_args(hint)
    if optional:
        (hint,) = (kind for kind in get_args(hint) if kind is not NoneType)
    choices = get_args(hint)  # of a Literal
    kind: type = str if choices else hint
    if issubclass(kind, StrEnum):
        kind, choices = str, tuple(member.value for member in hint)
    about = {"hint": hint, "kind": kind, "choices": choices, "optional": optional}
    known = {"owner": owner, "field": name, "name": found.name or name}
    return replace(found, **known, **about)


def check(settings: Any) -> None:
    """Check every setting, and replace what NumPy made by Python's own values.

    Raises:
        SettingsError: For the first one that is of another type or out of bounds.
    """
    owner: Any = type(settings)
    for found in declared(owner):
        value = found.checked(getattr(settings, found.field))
        object.__setattr__(settings, found.field, value)


def added(owner: type) -> dict[str, Any]:
    """Return the settings that older runs do not name, as they were then."""
    found = {item.field: item.before for item in declared(owner)}
    return {name: value for name, value in found.items() if value is not ...}


# The settings


class Learner(StrEnum):
    """How a program is learned."""

    AUTO = "auto"
    """By search, and if it finds no exact program by the others that suit the data."""
    SEARCH = "search"
    """By proposing modules and counting (docs/explanation/search.md)."""
    LINEAR = "linear"
    """By weighing the n-grams of sequences (docs/explanation/evidence.md)."""
    GRADIENT = "gradient"
    """By gradient descent on a relaxed model (paper, section 3)."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The shape of a Transformer Program (paper, section 3 and appendix B).

    >>> tp.ModelSettings(layers=1, word_classes=2).layers
    1
    """

    layers: int = suited(
        3,
        "Number of layers; in each, heads come first, and lookup tables read them too.",
        least=1,
        common=True,
    )
    categorical_heads: int = suited(
        4, "Heads per layer that copy the value at the nearest match.", least=0
    )
    numerical_heads: int = suited(4, "Heads per layer that count all matches.", least=0)
    set_predicates: bool = suited(
        False,
        "Let every second head match a set of keys for each query instead of a single "
        'key: for relations such as "less than".',
    )
    tables: int = suited(
        4, "Lookup tables per layer over two variables, counts among them.", least=0
    )
    cardinality: int | None = suited(
        None,
        "Values per categorical variable; by default the larger of vocabulary size and "
        "length.",
        least=2,
    )
    word_classes: int = suited(
        0,
        "Learned classes per token; 0 gives every token a value of its own, which "
        "suits small vocabularies.",
        least=0,
    )
    fixed_classes: bool = suited(
        False,
        "Let every second restart keep its initial word classes, which are clusters of "
        "word vectors and of the labels that words occur with: against overfitting.",
        before=False,
    )
    window: int = suited(
        0,
        "Neighbours on each side, within the scope, whose word classes and character "
        "features the readout reads too; for tagging alone.",
        least=0,
        before=0,
    )
    pairs: int = suited(
        0,
        "Tables over a word class and that of an earlier word, with weights for every "
        "entry: class 0 and its neighbour, class 1 and its, ..., then two before.",
        least=0,
        before=0,
    )
    scope: Scope = suited(
        Scope.ALL, "The widest scope of a head; each head learns its own within it."
    )
    pooling: Pooling = suited(
        Pooling.NONE,
        "How positions become one label per sequence; none for a label per position.",
    )

    def __post_init__(self) -> None:
        check(self)
        object.__setattr__(self, "scope", Scope(self.scope))
        object.__setattr__(self, "pooling", Pooling(self.pooling))
        for name in ("pairs", "fixed_classes"):
            if (value := getattr(self, name)) and not self.word_classes:
                classes = SettingName("word_classes", ModelSettings)
                needs = (f"={value} needs ", classes, " >= 1, got ", classes, "=0")
                raise SettingsError(SettingName(name, ModelSettings), *needs)

    @property
    def has_heads(self) -> bool:
        """Whether there is any head."""
        return bool(self.layers and self.categorical_heads + self.numerical_heads)


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How models are trained (paper, section 3.5 and appendix B).

    >>> tp.TrainSettings(steps=200, restarts=4, seed=1).steps
    200
    """

    steps: int = suited(2400, "Gradient steps.", least=1, common=True)
    batch_size: int = suited(64, "Sequences per step.", least=1)
    group_by_length: bool = suited(
        False,
        "Fill each step with sequences of about the same length: steps are faster, as "
        "little is padded, and differ more from each other.",
        before=False,
    )
    learning_rate: float = suited(
        0.05, "Step size of Adam; it falls in the last tenth of the steps.", above=0
    )
    annealing: bool = suited(
        False,
        "Let the step size fall along half a cosine from the first step: the data are "
        "fitted less closely, which suits noisy ones.",
        before=False,
    )
    restarts: int = suited(
        8,
        "Models trained side by side from different random starts; the best is kept.",
        least=1,
        common=True,
    )
    halvings: int = suited(
        0,
        "How often, during the first half of the steps, the less accurate half of the "
        "restarts is dropped.",
        least=0,
    )
    combine: bool = suited(
        False,
        "Merge the programs of all restarts into one that adds up their scores, if it "
        "is better on validation data than the best of them.",
        before=False,
    )
    tau_start: float = suited(
        3.0, "Temperature of the Gumbel-softmax at the first step.", above=0
    )
    tau_end: float = suited(
        0.01,
        "Temperature at the last step; it falls geometrically in between.",
        above=0,
    )
    settle: float = suited(
        0.0,
        "The fraction of the steps by which the first layer's choices are final before "
        "the last layer's, with those between in turn: later layers then learn from "
        "what it will write. Above 0 the noise in choices falls to nothing, too.",
        least=0,
        below=1,
        before=0.0,
    )
    dropout: float = suited(
        0.0,
        "The fraction of positions that mean pooling leaves out of the scores at "
        "random.",
        least=0,
        below=1,
    )
    fixed_penalty: float = suited(
        0.0,
        "Penalty on the squared readout weights of restarts whose word classes are "
        "fixed (ridge regression).",
        least=0,
        before=0.0,
    )
    evaluations: int = suited(
        10, "How often the hardened models are evaluated on validation data.", least=1
    )
    patience: int = suited(
        0,
        "Steps after which training ends if the validation score has not risen; 0 for "
        "never. Layers that settle and temperatures that fall need all steps.",
        least=0,
        before=0,
    )
    polish: int = suited(
        0,
        "The most passes over the single choices of the learned program, each of which "
        "is changed where that lowers the loss on training data; 0 for none.",
        least=0,
        before=0,
    )
    readout_scale: int = suited(
        10,
        "Fixed-point steps per unit when readout weights are rounded to integers.",
        least=1,
    )
    seed: int = setting(
        0,
        "Seed of every random choice in learning.",
        least=0,
        below=1 << 63,
        common=True,
    )
    threads: int = setting(
        1,
        "CPU threads; more than one rarely pays, as the tensors are small.",
        least=1,
        most=MOST_THREADS,
    )
    device: str = setting(
        "cpu", "Where to train, as PyTorch names it: cpu, cuda, cuda:1, mps."
    )

    def __post_init__(self) -> None:
        check(self)
        if not self.tau_end <= self.tau_start:
            end = SettingName("tau_end", TrainSettings)
            start = SettingName("tau_start", TrainSettings)
            raise SettingsError(
                *("expected finite 0 < ", end, " <= ", start, ", got "),
                *(start, f"={self.tau_start}, ", end, f"={self.tau_end}"),
            )


def warm_start(training: TrainSettings) -> TrainSettings:
    """Return the settings for a training that starts at a program.

    A start has firm choices, and its heads take the nearest match without a
    temperature: it bears a hot beginning, and from a hot one damaged predicates are
    mended further than from a cooler one.
    """
    return replace(training, tau_start=3.0, tau_end=0.1, learning_rate=0.05)


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How long and how widely to search (docs/explanation/search.md).

    >>> tp.SearchSettings(layers=1, max_statements=4).layers
    1
    """

    work: float = setting(
        40_000,
        "Budget in millions of operations, of which a thousand take about a second; "
        "then the best program so far is returned.",
        default_text="40000; 8000 for data with more than 64 different tokens",
        name="search_work",
        above=0,
        common=True,
        before=1e9,
    )
    seconds: float | None = setting(
        None,
        "Limit on wall time as well: the result then depends on the machine.",
        name="search_seconds",
        above=0,
    )
    layers: int = setting(
        4,
        "Layers of candidates; each reads what the layers before it wrote.",
        name="search_layers",
        least=1,
    )
    beam: int = setting(
        40, "Candidates of one kind that a layer hands on.", name="search_beam", least=1
    )
    sample: int = setting(
        240,
        "Training sequences that candidates are counted on at first.",
        name="search_sample",
        least=1,
    )
    growth: int = setting(
        80,
        "Failing sequences that join the sample when the best program is not exact.",
        name="search_growth",
        least=1,
    )
    max_statements: int = setting(
        40, "The most statements of a program; larger ones are not considered.", least=1
    )
    seed: int = setting(
        0,
        "Seed of the choice of the sample, the only random one.",
        least=0,
        below=1 << 63,
    )
    workers: int = setting(
        1,
        "Processes that share the search; the program is the same.",
        least=1,
        most=MOST_THREADS,
        before=1,
        common=True,
    )

    def __post_init__(self) -> None:
        check(self)


Size = Literal["accurate", "short"]


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """Which sums of n-grams are learned (docs/explanation/evidence.md).

    >>> tp.EvidenceSettings(size="short").size
    'short'
    """

    size: Size | None = setting(
        None,
        "Which program of many sizes: the most accurate one on held-out data, or the "
        "shortest that is as accurate within a standard error.",
        default_text="accurate for texts; else short, where it loses less than half a "
        "point",
        name="program_size",
        hidden=True,  # an option shares its name
        before=None,
    )
    longest: int | None = setting(
        None,
        "Tokens of the longest n-grams.",
        name="ngrams",
        default_text="2 where there are more than 64 different tokens, else 4",
        least=1,
        most=8,
        before=None,
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings that suit some data.

    Attributes:
        causal: Whether a label may depend on its token and those before alone; the
            model's scope is narrowed to that.
    """

    model: ModelSettings
    training: TrainSettings = TrainSettings()
    search: SearchSettings = SearchSettings()
    learner: Learner = Learner.AUTO
    causal: bool = False
    evidence: EvidenceSettings = EvidenceSettings()

    def __post_init__(self) -> None:
        scope = self.model.scope
        if not self.causal or scope in (Scope.CAUSAL, Scope.BEFORE):
            return
        if scope is Scope.AFTER:
            raise SettingsError(
                "causal: heads look at no later tokens, but ",
                SettingName("scope", ModelSettings),
                f" is {scope.value!r}, which are later ones alone; omit one of them",
            )
        object.__setattr__(self, "model", replace(self.model, scope=Scope.CAUSAL))


@dataclass(frozen=True, slots=True)
class DrawSettings:
    """What is drawn from a task."""

    size: int = setting(
        20_000,
        "Number of inputs drawn from a task. For data of your own: accurate or short, "
        "the program of many sizes that the linear learner writes.",
        common=True,
    )
    vocabulary_size: int | None = setting(
        None,
        "Vocabulary size of a task, special tokens included.",
        default_text="the task's own",
    )
    max_length: int | None = setting(
        None, "Maximum length of a task's input.", default_text="the task's own"
    )
    seed: int = setting(0, "Seed of the inputs that are drawn.", name="data_seed")


# By name


def names(*owners: type) -> dict[str, Setting]:
    """Return the settings of some classes by name."""
    return {found.name: found for owner in owners for found in declared(owner)}


OF_GRADIENT = names(ModelSettings, TrainSettings)
OF_SEARCH = names(SearchSettings)
OF_LINEAR = names(EvidenceSettings)
OF_LEARNER = {
    Learner.GRADIENT: OF_GRADIENT,
    Learner.SEARCH: OF_SEARCH,
    Learner.LINEAR: OF_LINEAR,
    Learner.AUTO: OF_SEARCH | OF_LINEAR | OF_GRADIENT,
}
"""What each learner reads; the seed is a setting of both."""


def fields_of(owner: type, named: Mapping[str, Any]) -> dict[str, Any]:
    """Return those settings that a class declares, by the names of its fields."""
    return {s.field: named[s.name] for s in declared(owner) if s.name in named}


def apply(recipe: Recipe, named: Mapping[str, Any]) -> Recipe:
    """Return a recipe with some settings, by name, replaced."""
    return replace(
        recipe,
        model=replace(recipe.model, **fields_of(ModelSettings, named)),
        training=replace(recipe.training, **fields_of(TrainSettings, named)),
        search=replace(recipe.search, **fields_of(SearchSettings, named)),
        evidence=replace(recipe.evidence, **fields_of(EvidenceSettings, named)),
    )


def unread(learner: Learner, given: Iterable[str]) -> list[str]:
    """Return the names of settings that a learner does not read."""
    return [name for name in given if name not in OF_LEARNER[learner]]


def implied_learner(given: Collection[str]) -> Learner | None:
    """Return the learner that settings ask for; None if any will do.

    Settings of gradient descent alone ask for it, and with some of the search for both.
    """
    given = set(given) - {"program_size"}  # which asks for no learner
    if not unread(Learner.SEARCH, given):
        return None
    if not unread(Learner.LINEAR, given):
        return Learner.LINEAR
    return Learner.AUTO if unread(Learner.GRADIENT, given) else Learner.GRADIENT


# What suits data of which nothing more is known

SLICE = 8_000
"""Units of work of a search among the words of texts."""

LONG_TEXT = 256
"""Texts of more tokens are not searched unasked: candidates look at all pairs."""

LARGE_VOCABULARY = 64
"""Above it tokens are read through learned word classes."""

PATIENCE = 1_500
"""Steps without a better score after which learning sums over words ends."""

MANY_PAIRS = 32
"""Longer sequences are classified without heads unasked: each looks at all pairs."""


def suited_recipe(tagging: bool, vocabulary_size: int, max_length: int = 1) -> Recipe:
    """Return settings for data of which nothing more is known."""
    if vocabulary_size <= LARGE_VOCABULARY:
        return _recipe_for_symbols(tagging, max_length)
    recipe = _recipe_for_words(tagging)
    return replace(recipe, learner=Learner.LINEAR) if max_length > LONG_TEXT else recipe


def _recipe_for_symbols(tagging: bool, max_length: int) -> Recipe:
    # Relations between positions need heads: also where each adds to the score of a
    # whole sequence. Of long sequences, that score is of a table over token and
    # position alone, whose values are weighed and summed.
    alone = not tagging and max_length > MANY_PAIRS
    model = ModelSettings(
        layers=1,
        categorical_heads=0 if alone else 4,
        numerical_heads=0 if tagging or alone else 2,
        tables=1 if tagging or alone else 2,
        cardinality=12,
        pooling=Pooling.NONE if tagging else Pooling.MEAN,
    )
    training = TrainSettings(
        steps=1600,
        batch_size=32,
        learning_rate=0.03,
        restarts=4,
        tau_start=1.0,
        tau_end=0.1,
        dropout=0.3,
    )
    return Recipe(model, training)


def _recipe_for_words(tagging: bool) -> Recipe:
    # Sums over the classes of words, their characters, and pairs of words. The search
    # gets a slice of work: its grammar compares tokens, which means little among many
    # words, but a rule about a few of them is found in seconds.
    model = ModelSettings(
        layers=1,
        categorical_heads=0,
        numerical_heads=0,
        tables=0,
        cardinality=64,
        word_classes=4,
        fixed_classes=not tagging,
        window=2 if tagging else 0,
        pairs=0 if tagging else 2,
        pooling=Pooling.NONE if tagging else Pooling.MEAN,
    )
    training = TrainSettings(
        steps=3000 if tagging else 4000,
        batch_size=32 if tagging else 64,
        learning_rate=0.02,
        annealing=True,
        restarts=3 if tagging else 2,
        combine=True,
        tau_start=1.0,
        tau_end=0.1,
        dropout=0.0 if tagging else 0.3,
        fixed_penalty=0.0 if tagging else 0.001,
        patience=PATIENCE,
        readout_scale=30,
    )
    return Recipe(model, training, SearchSettings(work=SLICE))
