from __future__ import annotations

import pytest
import torch

from transformer_programs.errors import InputError
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.lab.baselines.transformer import StandardTransformer
from transformer_programs.language.types import InputFormat, Vocabulary

FORM = InputFormat(Vocabulary(("a", "b", "c", "<s>", "</s>")), 7, "<s>", "</s>")
SMALL = {"layers": 2, "heads": 2, "width": 8, "feed_forward": 8}


def make(
    *, causal: bool = False, tagging: bool = True, dropout: float = 0.0
) -> StandardTransformer:
    torch.manual_seed(3)
    settings = StandardSettings(**SMALL, causal=causal, dropout=dropout)  # type: ignore[arg-type]
    return StandardTransformer(settings, FORM, ("x", "y", "z"), tagging)


def scores(model: StandardTransformer, *rows: list[int]) -> torch.Tensor:
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    with torch.no_grad():
        found: torch.Tensor = model.eval()(ids, torch.tensor([*map(len, rows)]))
    return found


@pytest.mark.parametrize("causal", [False, True])
def test_only_a_causal_model_does_not_look_ahead(causal: bool) -> None:
    model = make(causal=causal)
    first, second = scores(model, [3, 0, 1, 4]), scores(model, [3, 0, 2, 4])
    assert torch.allclose(first[:, :2], second[:, :2]) == causal
    assert not torch.allclose(first[:, 3], second[:, 3])


@pytest.mark.parametrize("tagging", [True, False])
@pytest.mark.parametrize("causal", [False, True])
def test_padding_says_nothing(tagging: bool, causal: bool) -> None:
    model = make(tagging=tagging, causal=causal)
    both = scores(model, [3, 0, 4], [3, 1, 1, 2, 0, 4])
    alone = scores(model, [3, 0, 4])[0]
    together = both[0, :3] if tagging else both[0]
    assert torch.allclose(together, alone, atol=1e-5)
    assert both.shape == ((2, 6, 3) if tagging else (2, 3))


def test_labels_are_those_of_the_bare_tokens() -> None:
    model = make()
    found = model.batch([("a", "b", "c"), (), ("c",)])
    best = scores(model, [3, 0, 1, 2, 4])[0].argmax(-1).tolist()
    assert found[0] == ["xyz"[index] for index in best[1:4]]
    assert [len(labels) for labels in found] == [3, 0, 1]


def test_sequences_have_one_label() -> None:
    model = make(tagging=False)
    best = int(scores(model, [3, 0, 4])[0].argmax())
    assert model.batch([("a",)]) == ["xyz"[best]]


def test_nothing_is_dropped_when_labels_are_given() -> None:
    model = make(dropout=0.9).train()
    inputs = [("a", "b", "c", "a", "b")] * 3
    assert model.batch(inputs) == model.batch(inputs)
    assert model.training


def test_what_is_not_accepted() -> None:
    with pytest.raises(InputError, match="unknown token 'd' at position 0"):
        make().batch([("d",)])


def test_the_size_is_the_number_of_weights() -> None:
    model = make()
    layer = 4 * 8 * 8 + 4 * 8 + 2 * 8 * 8 + 2 * 8 + 4 * 8
    assert model.size == 5 * 8 + 7 * 8 + 2 * layer + 2 * 8 + 8 * 3 + 3


def test_embeddings_begin_with_vectors() -> None:
    torch.manual_seed(0)
    settings = StandardSettings(**SMALL)  # type: ignore[arg-type]
    model = StandardTransformer(settings, FORM, ("x", "y"), True, features=3)
    vectors = torch.arange(15.0).reshape(5, 3)
    vectors[1] = torch.nan
    model.begin_with(vectors)
    found = model.tokens.weight.detach()
    assert torch.equal(found[[0, 2, 3, 4]], vectors[[0, 2, 3, 4]])
    assert found[1].isfinite().all()
    assert scores(model, [3, 0, 1, 4]).shape == (1, 4, 2)
