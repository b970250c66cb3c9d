from __future__ import annotations

import torch

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
