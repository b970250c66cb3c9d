from __future__ import annotations

import pytest
import torch

from transformer_programs.nn import kernels
from transformer_programs.nn.kernels import read_tables


def inputs(*sizes: tuple[int, ...]) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.rand(size, generator=generator, dtype=torch.float64, requires_grad=True)
        for size in sizes
    ]


def test_the_sum_over_all_pairs() -> None:
    tables, first, second = inputs((3, 4, 2, 5), (3, 2, 7), (3, 5, 7))
    expected = torch.einsum("toab,tap,tbp->top", tables, first, second)
    torch.testing.assert_close(read_tables(tables, first, second), expected)


def test_gradients() -> None:
    arguments = inputs((2, 3, 2, 2), (2, 2, 3), (2, 2, 3))
    assert torch.autograd.gradcheck(read_tables, arguments)


def test_no_tables() -> None:
    tables, first, second = inputs((0, 4, 2, 5), (0, 2, 7), (0, 5, 7))
    assert read_tables(tables, first, second).shape == (0, 4, 7)


@pytest.mark.parametrize("columns", [31, 32, 40])
def test_wide_tables(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "BLOCK", 3)  # the last block is smaller
    arguments = inputs((2, 4, 3, columns), (2, 3, 7), (2, columns, 7))
    expected = torch.einsum("toab,tap,tbp->top", *arguments)
    found = read_tables(*arguments)
    torch.testing.assert_close(found, expected)
    weights = torch.rand_like(found)
    for wanted, got in zip(
        torch.autograd.grad((expected * weights).sum(), arguments),
        torch.autograd.grad((found * weights).sum(), arguments),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted)


def test_gradients_of_wide_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "WIDE", 0)
    monkeypatch.setattr(kernels, "BLOCK", 2)
    arguments = inputs((2, 2, 2, 2), (2, 2, 3), (2, 2, 3))
    assert torch.autograd.gradcheck(read_tables, arguments)
