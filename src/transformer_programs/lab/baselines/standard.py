"""A standard Transformer on the data of a program: trained, measured, written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import (
    Accuracy,
    Dataset,
    Quality,
    UsedVectors,
    WordVectors,
    baselines,
    evaluate_all,
    held_out,
    read_vectors,
    vectors_for_data,
)
from transformer_programs.lab.baselines.settings import (
    StandardSettings,
    suited_standard,
)
from transformer_programs.lab.baselines.training import TrainedTransformer, fit
from transformer_programs.lab.baselines.transformer import (
    StandardTransformer,
    save_standard,
)
from transformer_programs.learn import Watch
from transformer_programs.runs import (
    STANDARD_FORMAT,
    STANDARD_VERSION,
    Data,
    load_data,
    new_run,
    shows_progress,
)
from transformer_programs.system import CONFIG, METRICS, MODEL, Shown, write_files
from transformer_programs.tasks import Source, source_to_json

if TYPE_CHECKING:
    from rich.console import RenderableType

StandardChange = Callable[[StandardSettings], StandardSettings]
"""Takes the settings that suit the data, and gives those to use."""


@dataclass(frozen=True, slots=True, repr=False)
class StandardResult(Shown):
    """A trained standard Transformer and its accuracy."""

    name: str  # of the data
    settings: StandardSettings
    fitted: TrainedTransformer
    validation: Accuracy  # on the data that chose it
    test: Accuracy  # on held-out data
    baselines: dict[str, Quality]  # of simple methods on the test data, by name
    seconds: float  # of learning, of the CPU
    folder: Path | None
    notes: tuple[str, ...]  # what a reader should know about the data
    vectors: UsedVectors | None = None  # that the embeddings began with

    @property
    def model(self) -> StandardTransformer:
        """The best model; ``model.batch(sequences)`` gives labels."""
        return self.fitted.model

    def summary(self) -> dict[str, Any]:
        """Return the numbers, as in the last line of ``metrics.jsonl``."""
        return {
            "name": self.name,
            "test": self.test.numbers(),
            "validation": self.validation.numbers(),
            "baselines": {n: q.numbers() for n, q in self.baselines.items()},
            "parameters": self.model.size,
            "learner": "baseline",
            "origin": f"step {self.fitted.step}",
            "interrupted": self.fitted.interrupted,
            "seconds": round(self.seconds, 1),
            "notes": list(self.notes),
        }

    def __rich__(self) -> RenderableType:
        from rich.text import Text

        lines = [
            f"{self.name}: {held_out(self.test)}",
            *(f"baseline, {n}: {q.sentence()}" for n, q in self.baselines.items()),
            f"size: {self.model.size:,} parameters; learned in {self.seconds:.0f} s "
            f"(step {self.fitted.step} of {self.settings.steps})",
            *(f"note: {text}" for text in self.notes),
            *([] if self.folder is None else [f"written to {self.folder}"]),
        ]
        return Text("\n".join(lines))

    def __repr__(self) -> str:
        return (
            f"<StandardResult {self.name!r}: {self.model.size:,} parameters, "
            f"{held_out(self.test)}>"
        )


@shows_progress
def train_standard(
    data: Data,
    settings: StandardSettings | None = None,
    *,
    change: StandardChange | None = None,
    vectors: str | Path | WordVectors | None = None,
    out: str | Path | None = None,
    force: bool = False,
    watch: Watch = Watch(),
    progress: bool | None = None,
) -> StandardResult:
    """Train a standard Transformer, to compare programs with.

    Args:
        data: as for ``train``; the same split is used in the same way.
        settings: the size of the model, and how it is trained; by default like the
            program that suits the data.
        change: applied to the settings before they are used.
        vectors: word vectors that the embeddings of tokens begin with: a file of them,
            or what was read of one. They are trained with the rest.
        out: the run folder to write, if any.
        force: whether a run folder that is there may be replaced.
        watch: callbacks.
        progress: whether progress is shown, as for ``train``.

    Returns:
        The result; after Ctrl-C during training that of the best model until then.

    Raises:
        TransformerProgramsError: The subclass says what is wrong (``errors.py``).
    """
    watch.begin("reading the data")
    source, dataset, suited = load_data(data)
    tokens = len(dataset.input.vocabulary)
    settings = settings or suited_standard(suited.model, tokens)
    settings = change(settings) if change else settings
    folder = None if out is None else Path(out)
    with nullcontext() if folder is None else new_run(folder, force=force) as run:
        if watch.on_note is not None:
            for text in dataset.notes:
                watch.on_note(text)
        matrix, used = _vectors(vectors, dataset, watch)
        started = time.process_time()
        fitted = fit(dataset, settings, watch.on_standard, matrix)
        seconds = time.process_time() - started
        validation, test = (
            evaluate_all(fitted.model.batch, examples, dataset.tags)
            for examples in (dataset.validation, dataset.test)
        )
        result = StandardResult(
            name=dataset.name,
            settings=settings,
            fitted=fitted,
            validation=validation,
            test=test,
            baselines=baselines(dataset),
            seconds=seconds,
            folder=folder,
            notes=dataset.notes,
            vectors=used,
        )
        if run is not None:
            _write(run, source, result)
    return result


def _vectors(
    vectors: str | Path | WordVectors | None, dataset: Dataset, watch: Watch
) -> tuple[NDArray[np.float32] | None, UsedVectors | None]:
    if vectors is None:
        return None, None
    if not isinstance(vectors, WordVectors):
        watch.begin("reading word vectors")
        vectors = read_vectors(vectors, dataset.input.vocabulary.tokens)
    matrix, used = vectors_for_data(vectors, dataset)
    watch.note(used.sentence())
    return matrix, used


def _write(run: Path, source: Source | None, result: StandardResult) -> None:
    config = {
        "format": STANDARD_FORMAT,
        "version": STANDARD_VERSION,
        "name": result.name,
        "source": source_to_json(source),
        "settings": asdict(result.settings),
        "vectors": None if result.vectors is None else asdict(result.vectors),
    }
    lines = [
        {"kind": "evaluation", "step": progress.step, "loss": progress.loss}
        | (progress.evaluation.numbers() if progress.evaluation else {})
        for progress in result.fitted.history
    ]
    lines.append({"kind": "result"} | result.summary())
    metrics = "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)
    text = json.dumps(config, indent=2, allow_nan=False) + "\n"
    files = {CONFIG: text, METRICS: metrics}
    write_files(run, files)
    save_standard(result.model, result.settings, run / MODEL)
