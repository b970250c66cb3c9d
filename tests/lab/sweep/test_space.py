"""What a sweep varies, as it is typed and as it is chosen."""

from __future__ import annotations

import json

import pytest

from transformer_programs.errors import SettingsError
from transformer_programs.lab.sweep.space import (
    Choices,
    Range,
    begin_with,
    dimension_document,
    dimension_to_json,
    parse_dimension,
    space_around,
)
from transformer_programs.settings import (
    Learner,
    ModelSettings,
    Recipe,
    TrainSettings,
    apply,
)
from transformer_programs.system.documents import decode

RECIPE = Recipe(ModelSettings(), learner=Learner.GRADIENT)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("layers=1,2,3", ("layers", Choices((1, 2, 3)))),
        ("--learning-rate=0.01:0.1", ("learning_rate", Range(0.01, 0.1))),
        ("steps = 100:400", ("steps", Range(100, 400))),
        ("cardinality=4", ("cardinality", Choices((4,)))),
        ("set_predicates=true,false", ("set_predicates", Choices((True, False)))),
        ("scope=all,causal", ("scope", Choices(("all", "causal")))),
        ("search-beam=10:40", ("search_beam", Range(10, 40))),
        ("max_statements=4,8", ("max_statements", Choices((4, 8)))),
        ("seed=0,1", ("seed", Choices((0, 1)))),
    ],
)
def test_dimensions_are_typed(
    typed: str, expected: tuple[str, Choices | Range]
) -> None:
    name, dimension = parse_dimension(typed)
    assert (name, dimension) == expected
    assert [type(v) for v in dimension.values] == [type(v) for v in expected[1].values]
    stored = json.loads(json.dumps(dimension_to_json(dimension)))
    assert decode(stored, dimension_document()) == dimension


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("layers", "expected a setting with its values, such as layers=1,2,3"),
        ("depth=1,2", "settings are annealing, batch_size"),
        ("threads=1,2", "expected a setting"),
        ("layers=1,two", "layers: expected int, got 'two'"),
        ("layers=1.5", "layers: expected int, got '1.5'"),
        ("set_predicates=yes", "set_predicates: expected true or false, got 'yes'"),
        ("scope=left", "expected all or before or after or causal, got 'left'"),
        ("scope=all:causal", "scope has no order"),
        ("set_predicates=false:true", "set_predicates has no order"),
        ("steps=4:2", "expected low <= high, got 4:2"),
        ("learning_rate=nan:1", "expected low <= high, got nan"),
    ],
)
def test_what_is_no_dimension_is_refused(typed: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_dimension(typed)


def test_the_space_lies_around_what_suits() -> None:
    space = space_around(RECIPE, 9, (), {})
    assert space["layers"] == Range(1, 4)
    assert space["categorical_heads"] == Range(0, 6)
    assert space["cardinality"] == Range(4, 9)
    assert space["steps"] == Range(1200, 4800)
    assert space["learning_rate"] == Range(0.05 / 3, 0.05 * 3)
    first = begin_with(space, RECIPE, 9)
    assert first.keys() == space.keys()
    assert apply(RECIPE, first) == apply(RECIPE, {"cardinality": 9})


def test_settings_are_fixed_and_varied() -> None:
    recipe = apply(RECIPE, {"layers": 2, "seed": 3})
    assert (recipe.model.layers, recipe.training.seed, recipe.search.seed) == (2, 3, 3)
    varied = {"steps": Choices((5, 7)), "dropout": Range(0.0, 0.5)}
    space = space_around(recipe, 9, ("layers", "seed"), varied)
    assert "layers" not in space
    assert varied.items() <= space.items()
    assert "steps" not in begin_with(space, recipe, 9)
    assert not Range(0.0, 0.5).logarithmic
    assert Range(0.01, 0.1).logarithmic


def test_the_learner_says_what_is_varied() -> None:
    def names(learner: Learner) -> set[str]:
        return set(space_around(Recipe(ModelSettings(), learner=learner), 9, (), {}))

    searched, trained = names(Learner.SEARCH), names(Learner.GRADIENT)
    assert "max_statements" in searched
    assert not searched & trained
    assert names(Learner.AUTO) == searched | trained


@pytest.mark.parametrize(
    ("fixed", "varied", "message"),
    [
        (["layers"], {"layers": Choices((1,))}, "layers: both given and varied"),
        (["layer"], {}, "'layer' cannot be given with learner gradient"),
        ([], {"search_beam": Range(1, 2)}, "cannot be varied with learner gradient"),
        ([], {"layers": Choices((1, 0))}, "expected layers >= 1, got 0"),
        ([], {"learning_rate": Range(-0.1, 0.1)}, "expected finite learning_rate"),
        ([], {"tau_end": Choices((0.1, 5.0))}, None),
        (space_around(RECIPE, 9, (), {}), {}, "nothing is left to be varied"),
    ],
)
def test_spaces_without_a_model_are_refused(
    fixed: list[str], varied: dict[str, Choices | Range], message: str | None
) -> None:
    if message is None:
        assert space_around(RECIPE, 9, fixed, varied)
        return
    with pytest.raises(SettingsError, match=message):
        space_around(RECIPE, 9, fixed, varied)


def test_every_training_setting_has_a_type() -> None:
    assert apply(RECIPE, {"tau_start": 4.0}).training == TrainSettings(tau_start=4.0)
