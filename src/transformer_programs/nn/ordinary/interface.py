"""A program as an ordinary Transformer, with its variables by name.

Positions of the Transformer are those of the framed sequence, after one for ``<bos>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    Pooling,
    Program,
    Value,
    encode_batch,
    tokens_of,
)
from transformer_programs.nn.ordinary.compile import Compiled
from transformer_programs.nn.ordinary.layout import BOS, EMBEDDED
from transformer_programs.nn.ordinary.model import Hook, OrdinaryTransformer, Sizes
from transformer_programs.nn.ordinary.units import Ids
from transformer_programs.nn.ordinary.weights import (
    framed_ids,
    sizes_of,
    transformer_of,
)

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

Place = str | tuple[str, int]
"""A variable, or a variable at a position of the framed sequence."""

Patch = Mapping[Place, Value | Sequence[Value]]
"""The values that variables are given: at a position one, else one or one each."""


@dataclass(frozen=True, slots=True)
class HeadMatrices:
    """The weights of a head, without biases.

    Attributes:
        name: the variable that the head computes.
        layer: its layer.
        index: its index there.
        Q: (D, K), from the residual stream to queries; divided by the root of K.
        K: (D, K), to keys.
        V: (D, K), to values.
        O: (K, D), from values to the residual stream.
    """

    name: str
    layer: int
    index: int
    Q: Tensor
    K: Tensor
    V: Tensor
    O: Tensor  # noqa: E741  # the name of the field

    @property
    def QK(self) -> Float[Tensor, "D D"]:  # noqa: N802
        """The score that what a position holds gives to what another one holds."""
        return self.Q @ self.K.mT

    @property
    def OV(self) -> Float[Tensor, "D D"]:  # noqa: N802
        """What is written for what the position looked at holds."""
        return self.V @ self.O


class ProgramTransformer:
    """A program as an ordinary Transformer.

    Args:
        program: the program.
        transformer: its weights; by default it is compiled.

    Attributes:
        program: the program.
        transformer: the module: tokens to logits, nothing else.
        sizes: the sizes of the module.
        basis: for every dimension of the residual stream, the variable and the value
            that it stands for. ``NAME:share``, ``NAME:none``, ``NAME:first`` and
            ``NAME:larger`` help to compute variables.
        heads: layer and index of every head, by the variable that it computes.
        units: the units of every layer, by the variable that they compute.

    Raises:
        ProgramError: If the program is not valid.
        SettingsError: If it would be too large.
    """

    def __init__(
        self, program: Program, transformer: OrdinaryTransformer | None = None
    ) -> None:
        compiled = Compiled(program)
        self.program = program
        self._layout = compiled.layout
        self.transformer = transformer or transformer_of(compiled)
        self.sizes: Sizes = self.transformer.sizes
        if self.sizes != sizes_of(compiled):
            raise SettingsError(
                f"the Transformer of {program.name!r} has other sizes: expected "
                f"{sizes_of(compiled)}, got {self.sizes}; export the program again"
            )
        self.basis = tuple(self._layout.names)
        self.heads = {
            head.name: (layer, index)
            for layer, heads in enumerate(compiled.heads)
            for index, head in enumerate(heads)
        }
        self.units: tuple[dict[str, int], ...] = tuple(
            _counted((part.name, part.reads.width) for part in parts)
            for parts in compiled.units
        )

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the program that are in the residual stream.

        Others are fused: nothing reads them, but what they become is written at once.
        """
        found = self._layout.subspaces.keys()
        return tuple(name for name in self.program.domains if name in found)

    @property
    def bos(self) -> int:
        """The token before every sequence; heads look at it where nothing matches."""
        return self.program.input.code_count

    @property
    def pad(self) -> int:
        """The token after shorter sequences of a batch."""
        return self.program.input.code_count + 1

    def encode(self, sequences: Sequence[Sequence[str]]) -> Int64[Tensor, "B N"]:
        """Return the tokens that the Transformer reads, framed and padded.

        Raises:
            InputError: For the first sequence that the program does not accept.
        """
        form = self.program.input
        batch = encode_batch(form, [tokens_of(form, one) for one in sequences])
        codes = torch.from_numpy(batch.ids.astype(np.int64))
        lengths = torch.from_numpy(batch.lengths.astype(np.int64))
        return framed_ids(codes, lengths, form)

    def shown(self, tokens: Sequence[str]) -> list[str]:
        """Return what stands at every position: ``<bos>``, the frame and the tokens."""
        form = self.program.input
        bare = tokens_of(form, tokens)
        ends = [[t] if t is not None else [] for t in (form.begin, form.end)]
        return [BOS, *ends[0], *bare, *ends[1]]

    def __call__(
        self, tokens: Sequence[str], patch: Patch | None = None
    ) -> list[str] | str:
        """Return the labels of a sequence, or its label for classification.

        Args:
            tokens: A list of tokens, or a text if the program was learned from texts.
            patch: Values that variables are given as soon as they are computed; what
                reads them later reads these.

        Raises:
            InputError: If the program does not accept the tokens.
            SettingsError: For a variable, value or position that there is not.
        """
        (labels,) = self.labels(self.logits(tokens, patch)[None], [tokens])
        return labels

    def logits(
        self, tokens: Sequence[str], patch: Patch | None = None
    ) -> Float[Tensor, "N C"]:
        """Return the logits of every position; arguments and errors as for a call."""
        ids = self.encode([tokens])
        hooks = self.patching(patch or {}, ids.shape[1] - 1)
        return self.transformer.run_with_hooks(ids, hooks)[0]

    def labels(
        self, logits: Float[Tensor, "B N C"], sequences: Sequence[Sequence[str]]
    ) -> list[list[str] | str]:
        """Return the labels that logits say, of bare sequences."""
        form, names = self.program.input, self.program.readout.labels
        found = logits[:, 1:].argmax(-1).tolist()  # nothing is asked of <bos>
        if not self.program.tagging:
            return [names[row[0]] for row in found]
        lengths = [len(tokens_of(form, tokens)) for tokens in sequences]
        start = form.offset
        return [
            [names[label] for label in row[start : start + length]]
            for row, length in zip(found, lengths, strict=True)
        ]

    def attention_patterns(
        self, tokens: Sequence[str]
    ) -> dict[str, Float[Tensor, "N N"]]:
        """Return where every head looks, by the variable that it computes.

        A row is a position that looks, a column one that is looked at.
        """
        _, cache = self.transformer.run_with_cache(self.encode([tokens]))
        return {
            name: cache[f"blocks.{layer}.attn.hook_pattern"][0, index]
            for name, (layer, index) in self.heads.items()
        }

    def residual_stream(
        self, tokens: Sequence[str], patch: Patch | None = None
    ) -> dict[str, list[Value]]:
        """Return every variable in the residual stream, at every framed position.

        No layer overwrites what another one wrote, so that all are there at the end.
        Arguments and errors are those of a call.
        """
        ids, found = self.encode([tokens]), list[Tensor]()
        hooks = [*self.patching(patch or {}, ids.shape[1] - 1)]
        last = f"blocks.{self.sizes.n_layers - 1}.hook_resid_post"
        self.transformer.run_with_hooks(ids, [*hooks, (last, found.append)])
        stream, domains = found[0][0, 1:], self.program.domains
        return {
            name: [domains[name].value(int(i)) for i in self.decoded(stream, name)]
            for name in self.variables
        }

    def decoded(self, stream: Float[Tensor, "... D"], variable: str) -> Ids:
        """Return the ids of a variable, which are where the stream is largest."""
        space = self._layout.subspaces[variable]
        places = stream[..., self.subspace(variable)].argmax(-1)
        return np.asarray(space.ids[places.cpu().numpy()])

    def subspace(self, variable: str) -> slice:
        """Return the dimensions of a variable.

        Raises:
            SettingsError: If it is not in the residual stream.
        """
        if variable not in self._layout.subspaces:
            raise SettingsError(
                f"{variable!r} is not in the residual stream: expected one of "
                f"{', '.join(self.variables)}"
            )
        space = self._layout.subspaces[variable]
        return slice(space.start, space.start + len(space.ids))

    def values_of(self, variable: str) -> Ids:
        """Return the id of the value that each dimension of a variable stands for."""
        self.subspace(variable)
        return self._layout.subspaces[variable].ids

    def written_at(self, variable: str) -> str:
        """Return the activation of the residual stream that first has a variable."""
        self.subspace(variable)
        return _hook_of(self._layout.stages[variable])

    def matrices(self, head: str) -> HeadMatrices:
        """Return the weights of the head that computes a variable.

        Raises:
            SettingsError: If there is no such head.
        """
        if head not in self.heads:
            raise SettingsError(
                f"no head computes {head!r}: expected one of {', '.join(self.heads)}"
            )
        layer, index = self.heads[head]
        attention = self.transformer.get_submodule(f"blocks.{layer}.attn")
        q, k, v, o = (
            attention.get_parameter(f"W_{name}").detach()[index] for name in "QKVO"
        )
        return HeadMatrices(head, layer, index, q / self.sizes.d_head**0.5, k, v, o)

    def patching(self, patch: Patch, length: int) -> list[tuple[str, Hook]]:
        """Return the hooks that give values to variables.

        Args:
            patch: the values.
            length: the length of the framed sequence.

        Raises:
            SettingsError: For a variable, value or position that there is not.
        """
        hooks: list[tuple[str, Hook]] = []
        for place, value in patch.items():
            name, at = (place, None) if isinstance(place, str) else place
            if at is not None and not 0 <= at < length:
                raise SettingsError(
                    f"{name!r} at position {at}: the framed sequence has positions 0 "
                    f"to {length - 1}"
                )
            positions = range(length) if at is None else [at]
            alone = isinstance(value, str | int)
            values = [value] * len(positions) if alone else list(value)  # type: ignore[arg-type]
            if len(values) != len(positions):
                raise SettingsError(
                    f"{name!r}: expected one value, or {len(positions)}, got "
                    f"{len(values)}"
                )
            ids = [self._id_of(name, one) for one in values]
            hooks += self._setting(name, dict(zip(positions, ids, strict=True)))
        return hooks

    def _id_of(self, name: str, value: object) -> int:
        self.subspace(name)
        ids, domain = self._layout.subspaces[name].ids, self.program.domains[name]
        found: dict[object, int] = {domain.value(i): i for i in ids.tolist()}
        if value not in found:
            some = ", ".join(map(repr, list(found)[:10]))
            more = ", ..." if len(found) > 10 else ""
            raise SettingsError(f"{name!r} is never {value!r}: it is {some}{more}")
        return found[value]

    def _setting(self, name: str, ids: Mapping[int, int]) -> list[tuple[str, Hook]]:
        # One-hot vectors in the place of a variable's, and of tables of it alone.
        hooks: list[tuple[str, Hook]] = []
        if name in self._layout.subspaces:
            space, dims = self._layout.subspaces[name], self.subspace(name)

            def put(stream: Tensor) -> Tensor:
                stream = stream.clone()
                for position, index in ids.items():
                    hot = torch.from_numpy(space.ids == index).to(stream)
                    stream[:, position + 1, dims] = hot
                return stream

            hooks.append((_hook_of(self._layout.stages[name]), put))
        for image in self._layout.images(name):
            written = self._layout.ids[image.output][image.indices].tolist()
            mapped = dict(zip(self._layout.ids[name].tolist(), written, strict=True))
            hooks += self._setting(
                image.output, {at: mapped[index] for at, index in ids.items()}
            )
        return hooks

    def hooked(self) -> HookedTransformer:
        """Return the same Transformer as a HookedTransformer of TransformerLens.

        Raises:
            SettingsError: If a version of it that has this class is not installed.
        """
        from transformer_programs.nn.ordinary.hooked import hooked_transformer

        return hooked_transformer(self.transformer)

    def described(self) -> dict[str, object]:
        """Return what a reader of the weights has to know, for ``config.json``."""
        form, readout, sizes = self.program.input, self.program.readout, self.sizes
        pooled = readout.pooling is not Pooling.NONE
        model = {name: getattr(sizes, name) for name in _SIZES}
        model |= {
            "attention_dir": "causal" if sizes.causal else "bidirectional",
            "act_fn": "relu",
            "normalization_type": None,
            "positional_embedding_type": "standard",
            "dtype": "float32",
        }
        return {
            "program": self.program.name,
            "model": model,
            "input": {
                "tokens": list(form.vocabulary.tokens),
                "features": [surface.name for surface in form.surfaces],
                "begin": form.begin,
                "end": form.end,
                "unknown": form.vocabulary.unknown,
                "bos_token_id": self.bos,
                "pad_token_id": self.pad,
            },
            "labels": list(readout.labels),
            "labels_at": "position 1" if pooled else "every token",
            "residual_stream": [list(name) for name in self.basis],
            "written_at": {name: self.written_at(name) for name in self.variables},
            "heads": {name: list(place) for name, place in self.heads.items()},
            "units": list(self.units),
        }


_SIZES = (
    *("n_layers", "n_heads", "d_model", "d_head", "d_mlp"),
    *("d_vocab", "d_vocab_out", "n_ctx", "parameters"),
)


def _counted(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, count in pairs:
        counts[name] = counts.get(name, 0) + count
    return counts


def _hook_of(stage: int) -> str:
    if stage == EMBEDDED:
        return "blocks.0.hook_resid_pre"
    return f"blocks.{stage // 2}.hook_resid_{'post' if stage % 2 else 'mid'}"
