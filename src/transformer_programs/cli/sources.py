"""What is learned from: a task, a file or a data set, as it was typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.cli.options import (
    OF_DATASETS,
    OF_FILES,
    OF_TASKS,
    OF_WRITTEN,
    DataOptions,
    as_typed,
    given,
    setting,
    shown,
)
from transformer_programs.data import LANGUAGE, ReadOptions, changed, preset_called
from transformer_programs.errors import SettingsError

if TYPE_CHECKING:  # it loads numpy
    from transformer_programs.tasks import Source


def source(
    task: str | None, data: Path | None, options: DataOptions, init: Path | None
) -> Source | None:
    """Where the data are from; None for those of the run that ``init`` names.

    Raises:
        SettingsError: for none or several of a task, a file and a data set, or for
            options of the others.
        TaskError: for a task that is none but the name of a data set.
    """
    from transformer_programs.data import options_for
    from transformer_programs.tasks import (
        DatasetSource,
        FileSource,
        TaskSource,
        find_task,
    )

    named = {"a task": task, "--data FILE": data, "--dataset NAME": options.dataset}
    found = [name for name, value in named.items() if value is not None]
    if not found and init is not None:
        if given(options):
            raise SettingsError(
                f"{shown(list(given(options)))}: the data are those of {init}; name a "
                "task or --data FILE to learn from others"
            )
        return None
    if len(found) != 1:
        raise SettingsError(
            "expected a task, --data FILE or --dataset NAME, got "
            + (" and ".join(found) or "none of them")
            + "; 'tprog tasks' lists the tasks"
        )
    if task is not None and preset_called(task):
        find_task(task)  # fails if there is none, and says what to do instead
    _check_meant(options, of_task=task is not None)
    chosen = {
        setting(name): value
        for name, value in given(options).items()
        if name not in (*OF_DATASETS, "language")
    }
    if options.language:
        chosen = {**LANGUAGE, **chosen}
    if task is not None:
        return TaskSource(task, **chosen)
    written = [name for name in given(options) if name in OF_WRITTEN]
    if written and data is None:
        raise SettingsError(f"{shown(written)}: for files, not for data sets; omit it")
    with as_typed(options):
        if data is not None:
            if options.configuration is not None:
                raise SettingsError("--configuration: files have none; omit it")
            return FileSource(str(data), ReadOptions(**chosen))
        assert options.dataset is not None
        read = changed(options_for(options.dataset), chosen)  # type: ignore[arg-type]
        return DatasetSource(options.dataset, read, options.configuration)


def _check_meant(options: DataOptions, *, of_task: bool) -> None:
    """Are the options those of the kind of data?

    Raises:
        SettingsError: if not.
    """
    unread = (*OF_FILES, *OF_DATASETS) if of_task else OF_TASKS
    wrong = [name for name in given(options) if name in unread]
    if wrong:
        kind, other = "a file or data set", "a task"
        if not of_task:
            kind, other = other, kind
        raise SettingsError(
            f"{shown(wrong)}: for data of {kind}, but they are of {other}; omit it"
        )


def name_of(learned_from: Source) -> str:
    """A name for what is learned from: that of the task, the file or the data set."""
    from transformer_programs.data import name_of_file
    from transformer_programs.tasks import (
        DatasetSource,
        FileSource,
        TaskSource,
    )

    match learned_from:
        case TaskSource():
            return learned_from.task.rpartition(":")[2]
        case FileSource():
            return name_of_file(Path(learned_from.path)).split(".")[0] or "data"
        case DatasetSource():
            return Path(learned_from.name).resolve().name
