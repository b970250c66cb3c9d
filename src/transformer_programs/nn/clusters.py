"""Word classes that start as clusters of word vectors."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Generator, Tensor

ROUNDS = 15
"""Of moving the centres of clusters to the middle of their words."""

CONTRAST = 4.0
"""Logits between the nearest centre and a typical one, about."""


OF_VECTORS, OF_EVIDENCE = 0.3, 3.0
"""How much word vectors (with a root mean square of 1) and log odds of labels count in
clusters of both."""


def informed(
    vectors: Float[Tensor, "vocabulary features"] | None,
    evidence: Float[Tensor, "vocabulary labels"],
) -> Float[Tensor, "vocabulary both"]:
    """Return what words are like, and which labels they speak for.

    A word without a vector has one that is not finite, and 0 here.
    """
    parts = [OF_EVIDENCE * evidence]
    if vectors is not None:
        known = vectors.float().nan_to_num(nan=0.0)
        size = known.square().mean().sqrt().clamp(min=1e-6)
        parts.append(OF_VECTORS / size * known)
    return torch.cat(parts, dim=1)


def start_classes(
    vectors: Float[Tensor, "vocabulary features"],
    classes: int,
    size: int,
    generator: Generator,
) -> Float[Tensor, "classes size vocabulary"]:
    """Return logits of every word's classes: the nearer a cluster's centre, the larger.

    The first class clusters the vectors as they are, the others by a part of their
    features after a random rotation, so that together they tell more words apart
    (product quantization). A word whose vector is not finite has none, and starts at
    random.
    """
    known = vectors.isfinite().all(1)
    found = vectors[known].float()  # (words, features)
    features = found.shape[1]
    # A random rotation, so that parts of the features are alike.
    square = torch.randn(features, features, generator=generator)
    rotated = (found - found.mean(0)) @ torch.linalg.qr(square).Q
    logits = torch.randn(classes, size, len(vectors), generator=generator)
    for index in range(classes):
        # Every class has a feature at least, though there be more classes.
        part = rotated[:, index % features :: classes] if index else rotated
        distances = _distances(part, size, generator)  # (words, size)
        typical = distances.median().clamp(min=1e-6)
        logits[index, :, known] = -(CONTRAST / typical) * distances.T
    return logits


def _distances(
    points: Float[Tensor, "words features"], size: int, generator: Generator
) -> Float[Tensor, "words size"]:
    """Squared distances to the centres of as many clusters (Lloyd's algorithm)."""
    order = torch.randperm(len(points), generator=generator)
    centres = points[order.repeat(-(-size // len(points)))[:size]].clone()
    for _ in range(ROUNDS):
        nearest = torch.cdist(points, centres).argmin(1)
        # Every centre moves to the mean of its words; one without words stays.
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        counts = torch.bincount(nearest, minlength=size)[:, None]
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return torch.cdist(points, centres).square()
