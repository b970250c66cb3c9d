from __future__ import annotations

from pathlib import Path

import pytest
import torch

from transformer_programs.errors import RunFolderError
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.lab.baselines.transformer import (
    StandardTransformer,
    load_standard,
    save_standard,
)
from transformer_programs.language.types import InputFormat, Vocabulary

SETTINGS = StandardSettings(layers=1, heads=2, width=8, feed_forward=8, causal=True)
FORM = InputFormat(Vocabulary(("a", "<unk>", "<s>"), "<unk>"), 4, "<s>")


@pytest.mark.parametrize("features", [None, 3])
def test_models_come_back(tmp_path: Path, features: int | None) -> None:
    model = StandardTransformer(SETTINGS, FORM, ("x", "y"), False, features)
    file = tmp_path / "model.safetensors"
    save_standard(model, SETTINGS, file)
    again = load_standard(file)
    assert (again.form, again.labels, again.tagging) == (FORM, ("x", "y"), False)
    assert again.causal
    assert again.features == features
    pairs = zip(again.state_dict().values(), model.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    first = file.read_bytes()
    save_standard(again, SETTINGS, file)
    assert file.read_bytes() == first


def test_what_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    with pytest.raises(RunFolderError, match=r"is not a file that this version"):
        load_standard(file)
    model = StandardTransformer(SETTINGS, FORM, ("x", "y"), tagging=False)
    other = StandardSettings(layers=2, heads=2, width=8, feed_forward=8)
    save_standard(model, other, file)
    with pytest.raises(RunFolderError, match=r"is not a file that this version"):
        load_standard(file)
