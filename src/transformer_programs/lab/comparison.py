"""A standard Transformer on the data of a program, measured in the same way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Accuracy, Quality, baselines, held_out
from transformer_programs.lab.standard.model import StandardTransformer
from transformer_programs.lab.standard.settings import StandardSettings, suited_standard
from transformer_programs.lab.standard.storage import load_standard, save_standard
from transformer_programs.lab.standard.trainer import (
    Fitted,
    StandardEvaluation,
    accuracy,
    fit,
)
from transformer_programs.learn import Watch
from transformer_programs.runs import (
    Data,
    folder as run_folder,
    load_data,
    new_run,
    shows_progress,
)
from transformer_programs.system import Shown
from transformer_programs.tasks import Source, source_to_json

if TYPE_CHECKING:
    from rich.console import RenderableType

StandardChange = Callable[[StandardSettings], StandardSettings]
"""Takes the settings that suit the data, and gives those to use."""


@dataclass(frozen=True, slots=True, repr=False)
class StandardResult(Shown):
    """What the training of a standard Transformer gives.

    Attributes:
        name: of the data.
        model: the best model; ``model.batch(sequences)`` gives labels.
        settings: its size, and how it was trained.
        validation: its accuracy on the data that chose it.
        test: its accuracy on held-out data.
        baselines: how right simple methods are on the test data, by name.
        fitted: how the model came about.
        seconds: the time of learning.
        folder: the run folder, if there is one.
        notes: what a reader should know about the data.
    """

    name: str
    model: StandardTransformer
    settings: StandardSettings
    validation: Accuracy
    test: Accuracy
    baselines: dict[str, Quality]
    fitted: Fitted
    seconds: float
    folder: Path | None
    notes: tuple[str, ...]

    def summary(self) -> dict[str, Any]:
        """The numbers, for scripts; the last line of ``metrics.jsonl``."""
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
        """Accuracy, size, and where it is."""
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


@shows_progress()
def train_standard(
    data: Data,
    settings: StandardSettings | None = None,
    *,
    change: StandardChange | None = None,
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
        out: the run folder to write, if any.
        force: whether a run folder that is there may be replaced.
        watch: what to call meanwhile.
        progress: whether progress is shown, as for ``train``.

    Returns:
        The result; after Ctrl-C during training that of the best model until then.

    Raises:
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    watch.begin("reading the data")
    source, dataset, suited = load_data(data)
    settings = settings or suited_standard(suited.model)
    settings = change(settings) if change else settings

    def learn() -> StandardResult:
        if watch.on_note is not None:
            for text in dataset.notes:
                watch.on_note(text)
        started = time.perf_counter()
        fitted = fit(dataset, settings, watch.on_standard)
        return StandardResult(
            name=dataset.name,
            model=fitted.model,
            settings=settings,
            seconds=time.perf_counter() - started,
            validation=accuracy(fitted.model, dataset.validation, dataset.tags),
            test=accuracy(fitted.model, dataset.test, dataset.tags),
            baselines=baselines(dataset),
            fitted=fitted,
            folder=None,
            notes=dataset.notes,
        )

    if out is None:
        return learn()
    with new_run(Path(out), force=force) as run:
        result = learn()
        _write(run, source, result)
    return replace(result, folder=Path(out))


def load_standard_run(run: str | Path) -> StandardTransformer:
    """The model of a run folder that ``train_standard`` wrote.

    Raises:
        RunFolderError: if there is none that can be read.
    """
    return load_standard(Path(run) / run_folder.MODEL)


def _numbers(evaluation: StandardEvaluation) -> dict[str, Any]:
    """An evaluation, for scripts; entity F1 only where there is one."""
    fields = asdict(evaluation)
    return {name: value for name, value in fields.items() if value is not None}


def _write(run: Path, source: Source | None, result: StandardResult) -> None:
    """Fill a run folder: configuration, model and metrics."""
    config = {
        "format": run_folder.STANDARD_FORMAT,
        "version": run_folder.STANDARD_VERSION,
        "name": result.name,
        "source": source_to_json(source),
        "settings": asdict(result.settings),
    }
    history = [{"kind": "evaluation"} | _numbers(e) for e in result.fitted.history]
    lines = [*history, {"kind": "result"} | result.summary()]
    texts = {
        run_folder.CONFIG: json.dumps(config, indent=2, allow_nan=False) + "\n",
        run_folder.METRICS: "".join(
            json.dumps(line, allow_nan=False) + "\n" for line in lines
        ),
    }
    run_folder.write_files(run, texts)
    save_standard(result.model, result.settings, run / run_folder.MODEL)
