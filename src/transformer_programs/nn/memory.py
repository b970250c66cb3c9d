"""The memory that training needs, estimated from its settings before it begins."""

from __future__ import annotations

import math

import torch

from transformer_programs.data import Dataset
from transformer_programs.language import Pooling, Program
from transformer_programs.settings import ModelSettings, TrainSettings
from transformer_programs.system import Sizes, check_fits

NUMBER = 4
"""Bytes of a float32."""

TRAINED = 4 * NUMBER
"""Bytes per trained number: itself, its gradient, and two averages of Adam."""

SAMPLED = 3 * NUMBER
"""Bytes more for one that is sampled: noise, the sample, and its gradient."""

STREAMS, MATCHES = 10 * NUMBER, 4 * NUMBER
"""Bytes that a step keeps per value of a variable, and per pair of positions of a head:
measured, to a tenth."""

_OF_MODEL = (
    *("layers", "categorical_heads", "numerical_heads", "tables"),
    *("word_classes", "window", "pairs"),
)

_OFFSET = 64
"""Bytes per place of the window."""


def check_training_fits(
    dataset: Dataset,
    model: ModelSettings,
    training: TrainSettings,
    start: Program | None = None,
) -> None:
    """Refuse a training by gradient descent that needs more memory than there is.

    Where training starts at a program, ``model`` says nothing.

    Raises:
        SettingsError: Says which settings would have to be lowered, and to what.
    """
    memory = device_memory(training.device)
    if start is not None:
        each, alone = TRAINED * _numbers_of(start), {"restarts": training.restarts}
        check_fits("training", lambda s: s["restarts"] * each, alone, memory=memory)
        return
    form = dataset.input
    sizes = {name: getattr(model, name) for name in _OF_MODEL} | {
        "restarts": training.restarts,
        "batch_size": min(training.batch_size, len(dataset.train.sequences)),
        "vocabulary": len(form.vocabulary),
        "max_length": form.max_length,
    }
    if model.cardinality is not None:
        sizes["cardinality"] = model.cardinality
    labels = len(dataset.labels)
    surfaces = sum(len(surface.values) for surface in form.surfaces)
    tagging = model.pooling is Pooling.NONE
    longest = max(map(len, dataset.train.sequences), default=0) + form.frame_size

    def needed(sizes: Sizes) -> int:
        # In bytes, by the shapes of ``relaxed.py``.
        layers, heads = sizes["layers"], sizes["categorical_heads"]
        counts, tables = sizes["numerical_heads"], sizes["tables"]
        classes, length = sizes["word_classes"], sizes["max_length"]
        vocabulary = 1 if classes else sizes["vocabulary"]
        k = sizes.get("cardinality", max(vocabulary, length, 2))
        width = max(vocabulary, length + bool(counts), k)
        first, written = (classes or 1) + 1, heads + counts + tables
        read = layers * first + written * (layers * (layers - 1) // 2)
        offsets = 2 * sizes["window"] + 1 if tagging else 1
        # Numbers that are trained: predicates, tables, gates, readout, word classes,
        # and the weights of neighbours and of pairs of words.
        trained = (
            layers * (heads + counts) * width**2
            + layers * tables * k * width**2
            + (3 * heads + 2 * counts + 2 * tables) * read
            + labels * (first + layers * written + 1) * width
            + classes * k * sizes["vocabulary"]
            + offsets * labels * (classes * k * (offsets > 1) + surfaces)
            + sizes["pairs"] * labels * k**2
        )
        # What a step keeps for the way back.
        length = min(length, longest)
        places = length * sizes["batch_size"]
        streams = (first + layers * written) * width * places
        matches = layers * (heads + counts) * length * places
        each = (TRAINED + SAMPLED) * trained + STREAMS * streams + MATCHES * matches
        return sizes["restarts"] * each + offsets * _OFFSET

    check_fits("training", needed, sizes, memory=memory)


def _numbers_of(program: Program) -> int:
    # What is trained of a program: entries, predicates and weights, at least.
    domains = program.domains
    written = sum(
        math.prod(domains[name].size for name in statement.listed)
        for statement in program.statements
    ) + sum(
        sum(map(len, term.weights))
        for decide in program.decisions
        for term in decide.terms
    )
    weights = sum(domains[term.variable].size for term in program.readout.terms)
    return written + weights * len(program.readout.labels)


def device_memory(device: str) -> int | None:
    """Return the memory of a GPU in bytes; None for that of the machine."""
    if device.startswith("cuda") and torch.cuda.is_available():
        return int(torch.cuda.mem_get_info(device)[1])
    return None
