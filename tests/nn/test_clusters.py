from __future__ import annotations

import torch

from transformer_programs.nn.clusters import start_classes


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_words_with_near_vectors_start_in_one_class() -> None:
    centres = torch.eye(4) * 10
    vectors = (
        centres.repeat_interleave(25, 0)
        + torch.randn(100, 4, generator=generator()) / 10
    )
    logits = start_classes(vectors, 3, 8, generator())
    assert logits.shape == (3, 8, 100)
    groups = logits[0].argmax(0).view(4, 25)
    of_group = [set(group.tolist()) for group in groups]
    for index, found in enumerate(of_group):
        others = set().union(*(of_group[:index] + of_group[index + 1 :]))
        assert not found & others


def test_words_without_vectors_start_at_random() -> None:
    vectors = torch.randn(200, 5, generator=generator())
    vectors[100:] = torch.nan
    logits = start_classes(vectors, 2, 4, generator())
    assert logits.isfinite().all()
    assert len(logits[0, :, 100:].argmax(0).unique()) == 4


def test_there_may_be_more_classes_than_features_and_values_than_words() -> None:
    vectors = torch.randn(3, 2, generator=generator())
    logits = start_classes(vectors, 5, 8, generator())
    assert logits.shape == (5, 8, 3)
    assert logits.isfinite().all()
