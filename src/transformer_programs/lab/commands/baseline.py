"""``tprog baseline``: other methods on the data of a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli import (
    DATA,
    AsJson,
    Chosen,
    Force,
    Quiet,
    Trust,
    command,
    console,
    name_of,
    shown,
    source,
)
from transformer_programs.errors import SettingsError
from transformer_programs.lab.baselines.settings import StandardSettings

if TYPE_CHECKING:  # these load numpy and torch
    from transformer_programs.data import Dataset, Quality, WordVectors
    from transformer_programs.lab.baselines.shallow import BaselineKind, BaselineResult
    from transformer_programs.lab.baselines.standard import StandardResult
    from transformer_programs.runs import Run
    from transformer_programs.tasks import Source

TRANSFORMER = "transformer"
SIMPLE = "simple"
ALL = "all"

LARGE_FILE = 1_000_000
"""Bytes of a file that takes so long to read that it is said."""


@command({"Data": DATA, "Model and training": (StandardSettings,)})
def baseline(
    task: str | None = None,
    /,
    *,
    data: Path | None = None,
    kind: str | None = None,
    chosen: Chosen,
    vectors: Path | None = None,
    out: Path | None = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Measure other methods on the data of a program.

    Every method is fitted to the same training data, its settings are chosen on the
    same validation data, and all are measured on the same test data. Of a run, its own
    program stands beside them.

    Args:
        task: A run folder, to compare its program on its own data; or a built-in task
            (see "tprog tasks"), or FILE.py:NAME for one of your own.
        data: A file of labelled sequences: JSON lines, CSV, TSV or CoNLL, also .gz.
        kind: The methods, separated by commas: majority, token, positions,
            naive-bayes, logistic, svm, tree, crf; simple, all of these that suit the
            data; transformer, a standard Transformer, which is written into a run
            folder; or all [default: simple; transformer where its options are given].
            Those after positions need the extra "baselines".
        vectors: Start the transformer from these word vectors, as for "tprog train"
            [default: those of the run].
        out: The transformer's run folder [default: runs/NAME-baseline, numbered if
            that exists].
    """
    standard = chosen.of(StandardSettings)
    given = {"out": out, "force": force, "quiet": quiet}
    of_transformer = [*(name for name, value in given.items() if value), *standard]
    kinds = _divided(kind, of_transformer)
    begin = _say_nothing if as_json or quiet else _say
    compared = _compared(task, data, chosen, vectors, begin, trust=trust)
    trained = place = None
    if TRANSFORMER in kinds:
        trained, place = _train(compared, standard, out, force, quiet or as_json)
    stopped = trained is not None and trained.fitted.interrupted
    rows: list[BaselineResult] = []
    if not stopped and kinds != [TRANSFORMER]:
        stopped = _measure(compared.dataset, kinds, rows, begin, as_json)
    own = None if compared.run is None else _own(compared.run, compared.dataset)
    if as_json:
        console.print_json(_document(compared.dataset, rows, own, trained, place))
    elif quiet:
        console.out.print(str(place), markup=False)
    elif kinds == [TRANSFORMER] and trained is not None and own is None:
        _print_standard(trained, place)
    else:
        _print_all(compared.dataset, rows, own, trained, place)
    if stopped:
        sys.exit(console.INTERRUPTED)


def _divided(kind: str | None, of_transformer: Sequence[str]) -> list[str]:
    """Return the names of the methods, each once."""
    from transformer_programs.lab.baselines.shallow import BaselineKind

    if kind is None:
        return [TRANSFORMER if of_transformer else SIMPLE]
    known = [*map(str, BaselineKind), SIMPLE, TRANSFORMER, ALL]
    found = list(dict.fromkeys(name.strip() for name in kind.split(",")))
    for name in found:
        if name not in known:
            raise SettingsError(
                f"--kind {kind}: expected names among {', '.join(known)}, separated "
                f"by commas; got {name!r}"
            )
    if ALL in found:
        return [SIMPLE, TRANSFORMER]
    if TRANSFORMER not in found and of_transformer:
        raise SettingsError(
            f"{shown(of_transformer)}: only for --kind transformer and all; omit it"
        )
    return found


def _say(text: str) -> None:
    console.err.print(text, markup=False)


def _say_nothing(text: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Compared:
    """What methods are measured on, and the run whose program is beside them."""

    name: str
    source: Source
    dataset: Dataset
    vectors: Path | WordVectors | None
    run: Run | None = None


def _compared(
    task: str | None,
    data: Path | None,
    chosen: Chosen,
    vectors: Path | None,
    begin: Callable[[str], None],
    *,
    trust: bool,
) -> _Compared:
    from transformer_programs.runs import is_run, load, load_dataset, read_config

    if task is None or not is_run(Path(task)):
        if task is None and chosen.get("language") and vectors is not None:
            chosen.setdefault("more_words", str(vectors))
        found = source(task, data, chosen, None)
        assert found is not None
        _say_of_reading(found, begin)
        return _Compared(name_of(found), found, found.dataset(), vectors)
    reading = chosen.of(*DATA)
    if refused := [*reading, *(["data"] if data is not None else [])]:
        raise SettingsError(
            f"{shown(refused)}: the data are those of the run {task}; omit it"
        )
    folder = Path(task)
    config = read_config(folder, trust=trust)
    _say_of_reading(config.source, begin)
    otherwise = "to measure other methods alone, name a file with --data instead"
    dataset = load_dataset(config.source, folder, otherwise)
    assert config.source is not None
    used: Path | WordVectors | None = vectors
    if vectors is None and config.vectors is not None and config.vectors.path:
        used = Path(config.vectors.path)
    return _Compared(config.name, config.source, dataset, used, load(folder))


def _say_of_reading(learned_from: Source | None, begin: Callable[[str], None]) -> None:
    from transformer_programs.tasks import DatasetSource, FileSource

    match learned_from:
        case FileSource(path=path) if Path(path).is_file():
            is_long = Path(path).stat().st_size >= LARGE_FILE
        case DatasetSource():
            is_long = True
        case _:
            is_long = False
    if is_long:
        begin("reading the data")


def _train(
    compared: _Compared,
    standard: dict[str, Any],
    out: Path | None,
    force: bool,
    quiet: bool,
) -> tuple[StandardResult, Path]:
    from transformer_programs.runs import free_folder

    place = out or free_folder(Path("runs"), f"{compared.name}-baseline")
    with console.waiting("loading PyTorch", quiet=quiet):
        from transformer_programs.lab.baselines.standard import train_standard
    with console.watching(quiet=quiet) as watch:
        result = train_standard(
            compared.source,
            change=lambda suited: replace(suited, **standard),
            vectors=compared.vectors,
            out=place,
            force=force,
            watch=watch,
            progress=False,
        )
    return result, place


def _measure(
    dataset: Dataset,
    names: Sequence[str],
    rows: list[BaselineResult],
    begin: Callable[[str], None],
    as_json: bool,
) -> bool:
    """Measure simple methods one by one; return whether Ctrl-C ended it."""
    from transformer_programs.lab.baselines.shallow import (
        EXTRA,
        BaselineKind,
        kinds_for,
        measure_baselines,
        missing_package,
    )

    kinds: list[BaselineKind] = [
        BaselineKind(name) for name in names if name not in (SIMPLE, TRANSFORMER)
    ]
    if SIMPLE in names:
        suited = [one for one in kinds_for(dataset) if one not in kinds]
        lacking = {one: missing_package(one) for one in suited}
        kinds += [one for one in suited if lacking[one] is None]
        if packages := sorted({package for package in lacking.values() if package}):
            left = ", ".join(one for one in suited if lacking[one])
            console.note(f"without {', '.join(packages)} no {left}: {EXTRA}")
    try:
        for row in measure_baselines(dataset, kinds, lambda text: begin(f"{text} ...")):
            rows.append(row)
            begin(f"{row.name}: {row.test.sentence()}, {row.seconds:.1f} CPU seconds")
    except KeyboardInterrupt:
        if not rows:
            raise
        if not as_json:
            console.note("stopped early: these are the methods until then")
        return True
    return False


def _own(run: Run, dataset: Dataset) -> BaselineResult:
    """Measure the program of a run; its seconds are those of its learning."""
    import time

    from transformer_programs.data import evaluate_all
    from transformer_programs.lab.baselines.shallow import BaselineResult

    started = time.process_time()
    validation, test = (
        evaluate_all(run.program.batch, examples, dataset.tags).quality
        for examples in (dataset.validation, dataset.test)
    )
    report = run.report
    seconds = time.process_time() - started if report is None else report.seconds
    how = "" if report is None else report.learner
    name, lines = f"program of {run.place}", run.program.lines
    return BaselineResult(
        "program", name, validation, test, seconds, how, lines, "lines"
    )


def _beside(trained: StandardResult) -> BaselineResult:
    from transformer_programs.lab.baselines.shallow import BaselineResult

    return BaselineResult(
        TRANSFORMER,
        "standard Transformer",
        trained.validation.quality,
        trained.test.quality,
        trained.seconds,
        f"step {trained.fitted.step}",
        trained.model.size,
        "parameters",
    )


def _document(
    dataset: Dataset,
    rows: Sequence[BaselineResult],
    own: BaselineResult | None,
    trained: StandardResult | None,
    place: Path | None,
) -> dict[str, Any]:
    found: dict[str, Any] = {"name": dataset.name, "notes": list(dataset.notes)}
    if trained is not None:
        found |= trained.summary() | {"run": str(place)}
    if rows or trained is None:
        found["baselines"] = {row.name: row.numbers() for row in rows}
    if own is not None:
        found["program"] = own.numbers()
    return found


def _print_all(
    dataset: Dataset,
    rows: Sequence[BaselineResult],
    own: BaselineResult | None,
    trained: StandardResult | None,
    place: Path | None,
) -> None:
    for text in dataset.notes if trained is None else ():
        console.note(text)
    others = [*rows, *([] if trained is None else [_beside(trained)])]
    _print_table(dataset.name, [*others, *([] if own is None else [own])])
    if others:
        best = max(others, key=lambda row: row.validation.score)
        text = f"best on validation data: {best.name}, {best.test} on test data"
        if own is not None:
            text += f"; the program: {own.test}"
        console.out.print(f"\n{text}", markup=False)
    if own is not None:
        console.out.print(
            "the program's seconds are those of its learning, by the clock"
        )
    _print_place(trained, place)


def _print_place(trained: StandardResult | None, place: Path | None) -> None:
    if place is not None:
        console.out.print(f"\nwritten to {place}", markup=False)
    if trained is not None and trained.fitted.interrupted:
        console.out.print("stopped early: this is the best model so far.")


def _print_table(name: str, rows: Sequence[BaselineResult]) -> None:
    with_entities = any(row.test.entity_f1 is not None for row in rows)
    score = "entity F1" if with_entities else "labels right"
    columns = ["method", f"validation: {score}", f"test: {score}"]
    columns += ["test: labels right"] if with_entities else []
    drawn = console.table(name, *columns, "CPU s", "size", "chosen")

    def share(quality: Quality) -> str:
        return f"{quality.score:.2%}"

    for row in rows:
        cells = [row.name, share(row.validation), share(row.test)]
        cells += [f"{row.test.accuracy:.2%}"] if with_entities else []
        size = "" if row.size is None else f"{row.size:,} {row.unit}"
        console.add_row(drawn, *cells, f"{row.seconds:.1f}", size, row.chosen)
    console.print_table(drawn)


def _print_standard(result: StandardResult, place: Path | None) -> None:
    console.print_accuracy(result.test, f"{result.name}: held out", result.baselines)
    chosen = result.settings
    console.out.print(
        f"size: {result.model.size:,} parameters; layers {chosen.layers}, "
        f"heads {chosen.heads}, width {chosen.width}, feed-forward "
        f"{chosen.feed_forward}; learned in {result.seconds:.0f} s "
        f"(step {result.fitted.step} of {chosen.steps})"
    )
    _print_place(result, place)
