"""The relaxed model: a population of Transformer Programs that can still be trained.

Every discrete choice is a distribution that training sharpens (paper, section 3).
R restarts live in the same tensors, in the leading dimension of every parameter, and
never mix. Inside, the batch is the last dimension: every gate, predicate and table is
then one large matrix product. Letters in shapes:

    R restarts   V variables   K values (padded to the largest domain)
    H heads      T tables      N positions   B sequences   C labels
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn
from torch.nn import functional

from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    ONES,
    TOKENS,
    Domain,
    InputFormat,
    Pooling,
    Program,
    Statement,
    input_domains,
    output_domain,
)
from transformer_programs.nn.clusters import informed, start_classes
from transformer_programs.nn.harden import Domains, Rows, hard_readout
from transformer_programs.nn.hardened import Ids, Lengths, table_of
from transformer_programs.nn.layer import RelaxedLayer, Streams, scope_masks
from transformer_programs.nn.neighbours import Neighbours
from transformer_programs.nn.plan import SCOPES, make_plan, reads_out
from transformer_programs.nn.sampling import Heat, Noise, chosen, sample
from transformer_programs.nn.trainable import Heats, Trainable
from transformer_programs.settings import ModelSettings

COUNT_UNIT = 0.3
"""What a weight of a count is multiplied by: counts are larger than probabilities, and
their weights should move about as fast."""


class RelaxedModel(Trainable):
    """R relaxed Transformer Programs of the same shape.

    Args:
        settings: the shape of each.
        input_format: the sequences read.
        labels: the labels that may be predicted.
        restarts: how many there are.
        generator: draws the starting point.
        vectors: (vocabulary, features) word vectors to start word classes from, each
            restart by clusters of its own (``clusters.py``); a row that is not finite
            is a word without one. By default classes start at random.
        evidence: (vocabulary, labels) log odds, where every second restart keeps the
            classes that it starts with (``fixed_classes``).

    Raises:
        SettingsError: If the settings do not fit the sequences.
    """

    readable: Tensor
    fixed: Tensor

    def __init__(
        self,
        settings: ModelSettings,
        input_format: InputFormat,
        labels: tuple[str, ...],
        restarts: int,
        generator: Generator,
        vectors: Float[Tensor, "vocabulary features"] | None = None,
        evidence: Float[Tensor, "vocabulary labels"] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.input_format = input_format
        self.labels = labels
        self.plan = plan = make_plan(settings, input_format)
        tokens = len(input_format.vocabulary)
        if vectors is not None and not (plan.classes and len(vectors) == tokens):
            raise SettingsError(
                f"word vectors need word_classes >= 1 and a row for each of {tokens} "
                f"tokens, got word_classes={settings.word_classes} and {len(vectors)} "
                "rows"
            )
        if plan.classes:
            self.class_logits = nn.Parameter(
                self._start_classes(restarts, generator, vectors, evidence)
            )
        # Every second restart, if any, keeps its word classes.
        fixed = torch.arange(restarts) % 2 * int(settings.fixed_classes)
        self.register_buffer("fixed", fixed.bool(), persistent=False)
        self.layers = nn.ModuleList(
            RelaxedLayer(layer, plan, settings, restarts, generator)
            for layer in plan.layers
        )
        self.register_buffer("readable", self._readable(), persistent=False)
        rows = len(self.readable)
        weight = torch.empty(restarts, len(labels), rows, plan.width)
        weight.uniform_(-1, 1, generator=generator).mul_((rows * plan.width) ** -0.5)
        self.readout = nn.Parameter(weight)
        self.neighbours = Neighbours(plan, input_format, len(labels), restarts)

    @property
    def identity(self) -> str:
        """The settings that give the models their shape."""
        return repr(self.settings)

    @property
    def pooling(self) -> Pooling:
        """How the scores of positions become those of labels."""
        return self.settings.pooling

    def _readable(self) -> Float[Tensor, "variables K"]:
        """What a weight is multiplied by, where a value is: 1, or for counts the value.

        The last row is that of ``ones``. The first weight of a count is that of the
        number; what the readout may not read (see ``reads_out``) has zeros.
        """
        plan = self.plan
        factors = torch.ones(len(plan.variables) + 1, plan.width)
        factors[self._numbers()] = COUNT_UNIT * torch.arange(plan.width)
        for index, name in enumerate(plan.variables):
            if not reads_out(name, self.settings):
                factors[index] = 0
        return factors

    def weights(self) -> Float[Tensor, "R C variables K"]:
        """Return what every value of every variable adds; ``ones`` are last."""
        numbers = self._numbers().to(self.readout.device)[:, None]
        # A number has one weight, times its value.
        rows = torch.where(numbers, self.readout[..., :1], self.readout)
        return rows * self.readable

    def _numbers(self) -> Bool[Tensor, " variables"]:
        return torch.tensor((*self.plan.counted, True))

    def _start_classes(
        self,
        restarts: int,
        generator: Generator,
        vectors: Tensor | None,
        evidence: Tensor | None,
    ) -> Float[Tensor, "restarts classes k vocabulary"]:
        size = (len(self.plan.classes), self.plan.cardinality)
        features = [vectors] * restarts
        if self.settings.fixed_classes:
            if evidence is None:
                raise SettingsError(
                    "fixed_classes needs evidence, the log odds of labels by word"
                )
            features[1::2] = [informed(vectors, evidence)] * (restarts // 2)
        tokens = len(self.input_format.vocabulary)
        found = (
            torch.randn(*size, tokens, generator=generator)
            if rows is None
            else start_classes(rows, *size, generator)
            for rows in features
        )
        return torch.stack([*found])

    @torch.no_grad()
    def keep(self, rows: list[int]) -> None:
        """Go on with some of the models, in this order; the others are forgotten."""
        super().keep(rows)
        self.fixed = self.fixed[rows]

    def score(
        self, ids: Ids, lengths: Lengths, heats: Heats, noise: Noise
    ) -> Float[Tensor, "R C N B"]:
        """Return the scores of the labels at every position."""
        masks = scope_masks(self.settings.scope, lengths, ids.shape[1])
        # Inputs: word classes, or words, and positions.
        streams = self._inputs(self.input_format.word_ids(ids), heats[0], noise)
        classes, values = len(self.plan.classes), self.plan.cardinality
        words = streams[:, :classes, :values] if classes else None
        # What the readout reads of the words around a position.
        near: Tensor | float = self.neighbours(words, ids, lengths)  # (R, C, N, B)
        # Every layer adds its variables.
        for layer, heat in zip(self.layers, heats, strict=True):
            streams = layer(streams, masks, heat, noise)
        # (R, C, V * K) by (R, V * K, N * B), and the weight of ``ones`` where it is 1.
        weights = self.weights()
        scores = weights[:, :, :-1].flatten(2) @ streams.flatten(1, 2).flatten(2)
        scores = scores + weights[:, :, -1, 1:2]
        return scores.view(*scores.shape[:2], *streams.shape[3:]) + near

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.layers)

    def layer_of(self, name: str) -> int:
        """Return the layer of a parameter; word classes belong to the first."""
        first, *rest = name.split(".")
        return int(rest[0]) if first == "layers" else 0

    @property
    def weights_alone(self) -> frozenset[str]:
        """The weights of the readout, those of neighbours among them."""
        near = (f"neighbours.{name}" for name, _ in self.neighbours.named_parameters())
        return super().weights_alone | {*near}

    def weight_squares(self) -> Float[Tensor, " R"]:
        """Return the sum of the squares of the weights where word classes are fixed."""
        if not self.fixed.any():
            return super().weight_squares()
        names = self.weights_alone
        found = (p for name, p in self.named_parameters() if name in names)
        squares = torch.stack([p.square().flatten(1).sum(1) for p in found]).sum(0)
        return squares * self.fixed

    @torch.no_grad()
    def harden(
        self, restart: int, readout_scale: int, name: str = "learned"
    ) -> Program:
        """Return the program that one restart has become: see ``Trainable``."""
        form, plan, pooling = self.input_format, self.plan, self.settings.pooling
        domains, near = input_domains(form), self.neighbours.rows(restart)
        statements = []
        for found in self._statements(restart, readout_scale, near, domains):
            statements.append(found)
            domains[found.output] = output_domain(found, domains, form.max_length)

        # The readout: (variables, K, C), of which a count has one row that matters.
        weights = self.weights()[restart].cpu().double().movedim(0, -1)
        counted = (*plan.counted, True)
        rows = {
            name: part[1:2] if is_count else part[: domains[name].size]
            for name, is_count, part in zip(
                (*plan.variables, ONES), counted, weights, strict=True
            )
            if reads_out(name, self.settings)
        }
        readout = hard_readout(
            rows | near, domains, self.labels, pooling, form.max_length, readout_scale
        )
        return Program(name, form, tuple(statements), readout)

    def _statements(
        self, restart: int, scale: int, near: Rows, domains: Domains
    ) -> Iterator[Statement]:
        plan, scopes = self.plan, SCOPES[self.settings.scope]
        values = Domain.of_classes(plan.cardinality)
        for index, output in enumerate(plan.classes):
            entries = self.class_logits[restart, index].argmax(0)  # (vocabulary,)
            yield table_of(output, (TOKENS,), entries, values)
        yield from self.neighbours.harden(scale, near, domains)
        for layer in self.layers:
            assert isinstance(layer, RelaxedLayer)
            yield from layer.harden(restart, scopes, values, domains)

    def _inputs(self, ids: Tensor, heat: Heat, noise: Noise) -> Streams:
        width = self.plan.width
        batch, length = ids.shape
        positions = torch.arange(length, device=ids.device).expand(batch, length)
        inputs = [_one_hot(positions, width)]
        if self.plan.classes:
            # Only words of the batch are sampled: P of them.
            present, index = torch.unique(ids, return_inverse=True)
            logits = self.class_logits.index_select(3, present)  # (R, m, k, P)
            classes = sample(logits, heat, noise, dim=2)
            if self.fixed.any():
                final = chosen(logits.detach(), dim=2)
                classes = torch.where(self.fixed.view(-1, 1, 1, 1), final, classes)
            padding = width - self.plan.cardinality
            classes = functional.pad(classes, (0, 0, 0, padding))
            words = classes.index_select(3, index.T.flatten())
            words = words.view(*words.shape[:3], length, batch)  # (R, m, K, N, B)
            positions_again = inputs[0].expand(len(words), 1, *inputs[0].shape)
            return torch.cat([words, positions_again], dim=1)
        streams = torch.stack([_one_hot(ids, width), *inputs])  # (2, K, N, B)
        return streams.expand(len(self.readout), *streams.shape)


def _one_hot(ids: Ids, size: int) -> Float[Tensor, "K N B"]:
    return functional.one_hot(ids, size).permute(2, 1, 0).float().contiguous()
