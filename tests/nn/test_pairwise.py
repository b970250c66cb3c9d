from __future__ import annotations

import pytest
import torch

from transformer_programs.nn import kernels
from transformer_programs.nn.kernels import pair_mix, pair_scores


def random(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    values = torch.rand(shape, generator=generator, dtype=torch.float64)
    return values.requires_grad_()


def test_scores_and_gradients() -> None:
    query, key = random(2, 3, 4, 5, 6), random(2, 3, 4, 5, 6)
    expected = torch.einsum("rhcib,rhcjb->rhijb", query, key)
    torch.testing.assert_close(pair_scores(query, key), expected)
    small = random(1, 2, 3, 2, 2), random(1, 2, 3, 2, 2)
    assert torch.autograd.gradcheck(pair_scores, small)


def test_mix_and_gradients() -> None:
    attention, value = random(2, 3, 5, 5, 6), random(2, 3, 4, 5, 6)
    expected = torch.einsum("rhijb,rhcjb->rhcib", attention, value)
    torch.testing.assert_close(pair_mix(attention, value), expected)
    small = random(1, 2, 2, 2, 2), random(1, 2, 3, 2, 2)
    assert torch.autograd.gradcheck(pair_mix, small)


@pytest.mark.parametrize("restarts", [1, 3])
def test_long_sequences_give_the_same(restarts: int) -> None:
    # Heads are slices of one array, as in a layer, so some views are not contiguous.
    queries, keys = random(restarts, 4, 33, 32, 3), random(restarts, 4, 33, 32, 3)
    query, key, value = queries[:, :2], keys[:, :2], keys[:, 2:]
    assert kernels.LARGE_PRODUCT <= 33 * 32 * 32
    scores = torch.einsum("rhcib,rhcjb->rhijb", query, key)
    expected = torch.einsum("rhijb,rhcjb->rhcib", scores, value)
    mixed = pair_mix(pair_scores(query, key), value)
    torch.testing.assert_close(mixed, expected)
    weights = torch.rand_like(mixed)
    for wanted, got in zip(
        torch.autograd.grad((expected * weights).sum(), (queries, keys)),
        torch.autograd.grad((mixed * weights).sum(), (queries, keys)),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted)


def test_products_have_the_right_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LARGE_PRODUCT", 0)
    test_scores_and_gradients()
    test_mix_and_gradients()
