"""The relaxed model: a population of Transformer Programs that can still be trained.

Every discrete choice is a distribution that training sharpens (paper, section 3).
R restarts live in the same tensors, in the leading dimension of every parameter, and
never mix. Inside, the batch is the last dimension: every gate, predicate and table is
then one large matrix product. Letters in shapes:

    R restarts   V variables   K values (padded to the largest domain)
    H heads      T tables      h hidden units   N positions   B sequences   C labels
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from transformer_programs.errors import SettingsError
from transformer_programs.nn.harden import harden
from transformer_programs.nn.layer import RelaxedLayer, Streams, View
from transformer_programs.nn.plan import make_plan, reads_out
from transformer_programs.nn.pooling import pool_scores
from transformer_programs.nn.sampling import GumbelPool, sample
from transformer_programs.nn.trainable import Trainable

if TYPE_CHECKING:
    from torch import Generator

    from transformer_programs.nn.hardened import HardenedModel
    from transformer_programs.program.types import InputFormat
    from transformer_programs.settings import ModelSettings


class RelaxedModel(Trainable):
    """R relaxed Transformer Programs of the same shape.

    Args:
        settings: the shape of each.
        input_format: the sequences read.
        labels: the labels that may be predicted.
        restarts: how many there are.
        generator: draws the starting point.
        vectors: (vocabulary, features) word vectors to start word classes from, each
            restart through a random projection of its own; by default classes start
            at random.

    Raises:
        SettingsError: if the settings do not fit the sequences.
    """

    readable: Tensor

    def __init__(
        self,
        settings: ModelSettings,
        input_format: InputFormat,
        labels: tuple[str, ...],
        restarts: int,
        generator: Generator,
        vectors: Float[Tensor, "vocabulary features"] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.input_format = input_format
        self.labels = labels
        self.restarts = restarts
        self.plan = plan = make_plan(settings, input_format)
        tokens = len(input_format.vocabulary)
        if vectors is not None and not (plan.classes and len(vectors) == tokens):
            raise SettingsError(
                f"word vectors need word_classes >= 1 and a row for each of {tokens} "
                f"tokens, got word_classes={settings.word_classes} and {len(vectors)} "
                "rows"
            )
        if plan.classes:
            self.class_logits = nn.Parameter(self._start_classes(generator, vectors))
        self.layers = nn.ModuleList(
            RelaxedLayer(layer, plan, settings, restarts, generator)
            for layer in plan.layers
        )
        values = len(plan.categorical) * plan.width
        inputs = values + len(plan.numerical)
        self.register_buffer("readable", self._readable(inputs), persistent=False)
        weight = torch.empty(restarts, len(labels), inputs)
        weight.uniform_(-1, 1, generator=generator).mul_(inputs**-0.5)
        self.readout = nn.Parameter(weight)

    @property
    def identity(self) -> str:
        """The settings that give the models their shape."""
        return repr(self.settings)

    def _readable(self, inputs: int) -> Float[Tensor, " inputs"]:
        """1 for what the readout may read, 0 for the rest: see ``reads_out``."""
        mask = torch.ones(inputs)
        for index, name in enumerate(self.plan.categorical):
            if not reads_out(name, self.settings.pooling):
                mask[index * self.plan.width : (index + 1) * self.plan.width] = 0
        return mask

    def _start_classes(
        self, generator: Generator, vectors: Tensor | None
    ) -> Float[Tensor, "restarts classes k vocabulary"]:
        """Logits of every token's classes."""
        size = (len(self.plan.classes), self.plan.cardinality)
        tokens = len(self.input_format.vocabulary)
        if vectors is None:
            return torch.randn(self.restarts, *size, tokens, generator=generator)
        features = vectors.shape[1]
        shape = (self.restarts, *size, features)
        projection = torch.randn(shape, generator=generator) / features**0.5
        logits: Tensor = projection @ vectors.float().T
        return logits

    def forward(
        self,
        ids: Int64[Tensor, "batch length"],
        lengths: Int64[Tensor, " batch"],
        tau: float,
        noise: GumbelPool | None = None,
        dropout: float = 0.0,
    ) -> Float[Tensor, "restarts batch *length labels"]:
        """The scores of the labels: see ``Trainable``."""
        view = View(self.settings.scope, lengths, ids.shape[1])
        streams = self._inputs(ids, tau, noise)
        for layer in self.layers:
            streams = layer(streams, view, tau, noise)
        scores = self._scores(streams)
        return pool_scores(scores, self.settings.pooling, lengths, noise, dropout)

    def harden(self, restart: int, readout_scale: int) -> HardenedModel:
        """The discrete model that one restart has become: see ``Trainable``."""
        return harden(self, restart, readout_scale)

    def _inputs(self, ids: Tensor, tau: float, noise: GumbelPool | None) -> Streams:
        """The variables that every model starts with."""
        width = self.plan.width
        batch, length = ids.shape
        positions = torch.arange(length, device=ids.device).expand(batch, length)
        inputs = [_one_hot(positions, width)]
        if self.plan.classes:
            present, index = torch.unique(ids, return_inverse=True)
            logits = self.class_logits[..., present]
            classes = sample(logits, tau, noise, dim=2)
            padding = width - self.plan.cardinality
            classes = functional.pad(classes, (0, 0, 0, padding))
            words = classes[..., index.T]  # (R, m, K, N, B)
            positions_again = inputs[0].expand(self.restarts, 1, *inputs[0].shape)
            categorical = torch.cat([words, positions_again], dim=1)
        else:
            categorical = torch.stack([_one_hot(ids, width), *inputs])
            categorical = categorical.expand(self.restarts, *categorical.shape)
        ones = categorical.new_ones(self.restarts, 1, length, batch)
        return Streams(categorical, ones)

    def _scores(self, streams: Streams) -> Float[Tensor, "R C N B"]:
        """The readout at every position."""
        length, batch = streams.numerical.shape[2:]
        values = streams.categorical.flatten(1, 2).flatten(2)  # (R, V*K, N*B)
        sizes = [values.shape[1], streams.numerical.shape[1]]
        weights, factors = torch.split(self.readout * self.readable, sizes, dim=2)
        scores = weights @ values + factors @ streams.numerical.flatten(2)
        return scores.view(*scores.shape[:2], length, batch)


def _one_hot(ids: Int64[Tensor, "B N"], size: int) -> Float[Tensor, "K N B"]:
    return functional.one_hot(ids, size).permute(2, 1, 0).float().contiguous()
