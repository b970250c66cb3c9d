from __future__ import annotations

import itertools

import pytest

from transformer_programs.learn.schedules import (
    COLD,
    evaluation_steps,
    heat,
    learning_rate,
    search_steps,
    settled_after,
)
from transformer_programs.nn.sampling import Heat
from transformer_programs.settings import TrainSettings


def temperature(step: int, settings: TrainSettings) -> float:
    return heat(step, settings, 0, 1).tau


def test_temperature_falls_by_the_same_factor() -> None:
    settings = TrainSettings(steps=5, tau_start=3.0, tau_end=0.01)
    taus = [temperature(step, settings) for step in range(5)]
    assert taus[0] == 3.0
    assert taus[-1] == pytest.approx(0.01)
    factors = [after / before for before, after in itertools.pairwise(taus)]
    assert factors == pytest.approx([factors[0]] * 4)


def test_last_tenth_of_the_steps_is_cold_and_slows_down() -> None:
    settings = TrainSettings(steps=40, tau_end=0.01, learning_rate=0.1)
    assert search_steps(settings) == 36
    assert temperature(35, settings) == pytest.approx(0.01)
    assert [temperature(step, settings) for step in range(36, 40)] == [COLD] * 4
    rates = [learning_rate(step, settings) for step in (0, 35, 36, 37, 38, 39)]
    assert rates == pytest.approx([0.1, 0.1, 0.1, 0.075, 0.05, 0.025])


def test_layers_settle_one_after_the_other_and_noise_falls() -> None:
    settings = TrainSettings(steps=40, tau_start=2.0, tau_end=0.5, settle=0.5)
    assert [settled_after(settings, layer, 3) for layer in range(3)] == [18, 27, 36]
    for layer, steps in enumerate((18, 27, 36)):
        heats = [heat(step, settings, layer, 3) for step in range(40)]
        assert heats[0] == Heat(2.0, 1.0)
        assert heats[steps - 1].tau == pytest.approx(0.5)
        assert heats[steps:] == [Heat(COLD, 0.0)] * (40 - steps)
        for before, after in itertools.pairwise(heats[:steps]):
            assert after.tau < before.tau
            assert before.noise - after.noise == pytest.approx(1 / (steps - 1))


def test_by_default_all_layers_settle_together_under_full_noise() -> None:
    settings = TrainSettings(steps=40)
    assert [settled_after(settings, layer, 3) for layer in range(3)] == [36] * 3
    heats = {heat(17, settings, layer, 3) for layer in range(3)}
    assert {found.noise for found in heats} == {1.0}
    assert len(heats) == 1


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("settle", [0.0, 0.5, 0.99])
def test_every_layer_trains_however_few_steps_there_are(
    steps: int, settle: float
) -> None:
    settings = TrainSettings(steps=steps, settle=settle)
    for layer in range(4):
        assert 1 <= settled_after(settings, layer, 4) <= search_steps(settings)
        assert heat(0, settings, layer, 4) == Heat(settings.tau_start, 1.0)


def test_with_annealing_the_steps_get_shorter_all_the_time() -> None:
    settings = TrainSettings(steps=40, learning_rate=0.1, annealing=True)
    rates = [learning_rate(step, settings) for step in range(40)]
    assert rates[0] == 0.1
    assert rates[20] == pytest.approx(0.05)
    assert all(after < before for before, after in itertools.pairwise(rates))
    assert 0 < rates[-1] < 0.001


def test_single_step_starts_hot() -> None:
    assert temperature(0, TrainSettings(steps=1)) == TrainSettings().tau_start
    assert learning_rate(0, TrainSettings(steps=1, learning_rate=0.1)) == 0.1


@pytest.mark.parametrize(("steps", "count"), [(1, 1), (10, 3), (3, 10), (100, 10)])
def test_evaluations_are_spread_and_end_with_the_last_step(
    steps: int, count: int
) -> None:
    moments = sorted(evaluation_steps(TrainSettings(steps=steps, evaluations=count)))
    assert len(moments) == min(steps, count)
    assert moments[0] >= 1
    assert moments[-1] == steps
