"""What the readout reads of the words around a position, and of their characters.

Word classes and surfaces of neighbours, and tables over the classes of two words, are
read by the readout alone: their weights are added up where they are, and no variable is
written at any position, so that a step costs what is used. Letters in shapes are those
of ``relaxed.py``; S are the values of a surface, D the offsets of a window.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from transformer_programs.language import ONES, Domain, InputFormat, Scope, Statement
from transformer_programs.nn.harden import Domains, Rows, from_zero
from transformer_programs.nn.hardened import Ids, Lengths, head_of, table_of
from transformer_programs.nn.plan import Plan


class Neighbours(nn.Module):
    """The weights of neighbouring words, of surfaces, and of pairs of words.

    Every parameter is a weight of the readout, and starts at 0.
    """

    def __init__(
        self, plan: Plan, form: InputFormat, labels: int, restarts: int
    ) -> None:
        super().__init__()
        self.plan = plan
        self.form = form

        def zeros(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(restarts, *shape))

        offsets, size = len(plan.offsets), plan.cardinality
        self.classes: nn.Parameter | None = None
        if plan.classes and plan.near:
            self.classes = zeros(len(plan.near), labels, len(plan.classes), size)
        self.surfaces = nn.ParameterList(
            zeros(offsets, labels, len(surface.values)) for surface in form.surfaces
        )
        self.pairs = nn.ParameterList(zeros(labels, size, size) for _ in plan.pairs)

    def forward(
        self, words: Float[Tensor, "R m k N B"] | None, codes: Ids, lengths: Lengths
    ) -> Float[Tensor, "#R C N B"] | float:
        """Return what is added to the scores of every position; 0 if nothing is read.

        Args:
            words: the word classes, if there are any, each of k values.
            codes: what the surfaces follow from.
            lengths: framed lengths.
        """
        parts = list(self._windows(words, codes, lengths))
        if words is not None:
            parts += self._pairs(words, lengths)
        return sum(parts, 0.0)

    def _windows(
        self, words: Tensor | None, codes: Tensor, lengths: Tensor
    ) -> Iterator[Float[Tensor, "R C N B"]]:
        """What every place of the window adds."""
        for offset, values in zip(
            self.plan.offsets, self._surfaces(codes), strict=False
        ):
            yield neighbour(values, offset, lengths)
        if self.classes is not None:
            assert words is not None
            # All classes at once: (R, near, C, m * k) by (R, m * k, N, B).
            added = _product(self.classes.flatten(3), words.flatten(1, 2))
            for offset, values in zip(self.plan.near, added.unbind(1), strict=True):
                yield neighbour(values, offset, lengths)

    def _surfaces(self, codes: Tensor) -> tuple[Float[Tensor, "R C N B"], ...]:
        """What the surfaces of a word add at every offset; empty without surfaces."""
        added: Tensor | float = 0.0
        for surface, weights in zip(self.form.surfaces, self.surfaces, strict=True):
            ids = self.form.surface_ids(codes, surface.name)
            values = functional.one_hot(ids, len(surface.values))  # (B, N, S)
            values = values.permute(2, 1, 0)[None].float()  # (1, S, N, B)
            added = added + _product(weights, values)  # (R, D, C, N, B)
        return added.unbind(1) if isinstance(added, Tensor) else ()

    def _pairs(
        self, words: Tensor, lengths: Lengths
    ) -> Iterator[Float[Tensor, "R C N B"]]:
        """What pairs of words add, computed where there are words, not padding."""
        length, batch = words.shape[3:]
        here = torch.arange(length, device=lengths.device)[:, None] < lengths
        places = here.flatten().nonzero().squeeze(1)
        for pair, weights in zip(self.plan.pairs, self.pairs, strict=True):
            word = words[:, pair.word_class]  # (R, k, N, B)
            before = earlier(word, pair.distance)
            one, other = (
                values.flatten(2).index_select(2, places) for values in (word, before)
            )
            rows = weights.mT.flatten(1, 2) @ other  # (R, C * k here, places)
            added = (rows.view(*weights.shape[:3], -1) * one[:, None]).sum(2)
            empty = added.new_zeros(*added.shape[:2], length * batch)
            yield empty.index_copy(2, places, added).view(
                *added.shape[:2], length, batch
            )

    def rows(self, restart: int) -> dict[str, Float[Tensor, "values C"]]:
        """Return the weights of one restart by variable, in float64."""
        plan, found = self.plan, dict[str, Tensor]()
        for surface, weights in zip(self.form.surfaces, self.surfaces, strict=True):
            final = _final(weights, restart)
            for offset, part in zip(plan.offsets, final, strict=True):
                found[copy_name(surface.name, offset)] = part.T
        if self.classes is not None:
            final = _final(self.classes, restart)
            for offset, parts in zip(plan.near, final, strict=True):
                for name, part in zip(plan.classes, parts.unbind(1), strict=True):
                    found[copy_name(name, offset)] = part.T
        for pair, weights in zip(plan.pairs, self.pairs, strict=True):
            found[pair.name] = _final(weights, restart).flatten(1).T
        return found

    def harden(self, scale: int, near: Rows, domains: Domains) -> Iterator[Statement]:
        """Yield copies of neighbours' variables, and tables over pairs of words.

        A copy from two words away is that of the copy from one word away. All entries
        of a pair whose weights in ``near`` are the same become one value, with one row
        there.
        """
        plan = self.plan
        anything = torch.ones(
            2, 2, dtype=torch.bool
        )  # both values of ``ones`` match both

        def copies(name: str, offset: int) -> Iterator[Statement]:
            """The copy, after those that it copies, unless they are there."""
            output = copy_name(name, offset)
            if output not in domains:
                nearer = offset - (1 if offset > 0 else -1)
                yield from copies(name, nearer)
                scope = Scope.AFTER if offset > 0 else Scope.BEFORE
                inputs = (ONES, ONES, copy_name(name, nearer))
                yield head_of(output, inputs, anything, scope)

        for name in (*plan.classes, *(s.name for s in self.form.surfaces)):
            for offset in plan.near:
                yield from copies(name, offset)
        for pair in plan.pairs:
            name = plan.classes[pair.word_class]
            steps = (from_zero(near[pair.name]) * scale).round()  # (k * k, C)
            weights, entries = torch.unique(steps / scale, dim=0, return_inverse=True)
            near[pair.name] = weights
            yield from copies(name, -pair.distance)
            inputs = (copy_name(name, -pair.distance), name)
            yield table_of(pair.name, inputs, entries, Domain.of_classes(len(weights)))


def copy_name(name: str, offset: int) -> str:
    """Return the name of the copy of a variable from a neighbour."""
    if not offset:
        return name
    distance = "" if abs(offset) == 1 else f"_{abs(offset)}"
    return f"{name}_{'before' if offset < 0 else 'after'}{distance}"


def earlier(
    values: Float[Tensor, "*any N B"], distance: int
) -> Float[Tensor, "*any N B"]:
    """Return the values so many positions before, else those of position 0."""
    length = values.shape[-2]
    places = torch.arange(length, device=values.device) - distance
    return values.index_select(-2, places.clamp(min=0))


def neighbour(
    values: Float[Tensor, "*any N B"], offset: int, lengths: Lengths
) -> Float[Tensor, "*any N B"]:
    """Return the values at a neighbour, as heads that look before or after copy them.

    Before position 0 there is position 0; after the last position comes position 0,
    which is what a head takes if nothing is in its scope.
    """
    if offset <= 0:
        return values if not offset else earlier(values, -offset)
    length = values.shape[-2]
    places = torch.arange(length, device=values.device)[:, None] + offset
    places = (places % lengths).expand(length, len(lengths))  # (N, B)
    return values.gather(-2, places.expand_as(values))


def _product(
    weights: Float[Tensor, "R *rows V"], values: Float[Tensor, "#R V N B"]
) -> Float[Tensor, "R *rows N B"]:
    rows = weights.shape[1:-1]
    out = weights.flatten(1, -2) @ values.flatten(2)  # (R, all rows, N * B)
    return out.view(len(weights), *rows, *values.shape[2:])


def _final(weights: Tensor, restart: int) -> Tensor:
    return weights[restart].detach().cpu().double()
