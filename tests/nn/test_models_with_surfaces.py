"""Models whose inputs are surfaces besides words."""

from __future__ import annotations

from pathlib import Path

import torch

from golden_programs import BY_NAME
from nn.random_models import heats
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.lab.baselines.transformer import (
    StandardTransformer,
    load_standard,
    save_standard,
)
from transformer_programs.language.encode import encode_batch
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.relaxed import RelaxedModel
from transformer_programs.nn.relaxed_program import RelaxedProgram
from transformer_programs.nn.storage import load_model, save_model
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.settings import ModelSettings
from transformer_programs.verify.agreement import compare
from transformer_programs.verify.inputs import typed_inputs
from transformer_programs.verify.predictors import InterpreterPredictor

NAMES = BY_NAME["names"].program
FORM = NAMES.input


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    found = encode_batch(FORM, [["Mr.", "USA", "going"], ["the"], []])
    return torch.from_numpy(found.ids).long(), torch.from_numpy(found.lengths).long()


def test_stored_models_keep_folding_and_surfaces(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_model(HardenedModel(NAMES), file)
    assert load_model(file).program == NAMES


def test_training_that_starts_at_a_program_gives_it_its_surfaces() -> None:
    population = RelaxedProgram(NAMES, 2, generator())
    scores = population(*batch(), heats(population, 1e-6))
    assert scores.shape == (2, 3, FORM.max_length, 4)
    hardened = HardenedPredictor(HardenedModel(population.harden(0, 10)))
    inputs = typed_inputs(FORM)
    compare(NAMES, hardened, InterpreterPredictor(NAMES), inputs)
    model = HardenedModel(NAMES)
    labels = model(*batch())
    ours = scores[0].argmax(-1)
    words = torch.arange(FORM.max_length) < batch()[1][:, None]
    assert torch.equal(ours[words], labels[words])


def test_relaxed_models_read_words() -> None:
    for settings in (ModelSettings(word_classes=2), ModelSettings()):
        model = RelaxedModel(settings, FORM, ("x", "y"), 2, generator())
        assert model(*batch(), heats(model, 1.0)).shape == (2, 3, FORM.max_length, 2)
        program = model.harden(0, 100)
        assert program.input == FORM
        assert {"shape", "suffix"} <= program.domains.keys()


def test_standard_transformers_read_words(tmp_path: Path) -> None:
    settings = StandardSettings(layers=1, heads=2, width=8, feed_forward=8)
    model = StandardTransformer(settings, FORM, ("x", "y"), tagging=True)
    file = tmp_path / "model.safetensors"
    save_standard(model, settings, file)
    again = load_standard(file)
    assert again.form == FORM
    sentences = [["Mr.", "USA"], ["mr.", "unheard"]]
    first, second = again.batch(sentences)
    assert first == second == model.batch(sentences)[0]
