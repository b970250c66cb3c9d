"""What is learned from: a task, a file or a data set, as it was typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.cli.options import Chosen, shown
from transformer_programs.data import ReadOptions
from transformer_programs.errors import SettingsError
from transformer_programs.settings import DrawSettings, names, setting

if TYPE_CHECKING:  # it loads numpy
    from transformer_programs.tasks import Source


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Which data set is learned from, and how its texts are read."""

    dataset: str | None = setting(
        None,
        "A data set of Hugging Face: conll2003, trec, rotten_tomatoes, SetFit/subj, "
        "ag_news, another one of the hub, or a folder that save_to_disk wrote.",
        common=True,
    )
    configuration: str | None = setting(
        None, "Configuration of the data set, if it has several."
    )
    language: bool = setting(
        False,
        "Read natural language: --max-vocabulary 20000 --lowercase --fold-digits "
        "--frame --surfaces shape,prefix,suffix2,suffix, and the words of --vectors.",
    )


DATA = (SourceSettings, DrawSettings, ReadOptions)
"""The settings of what is learned from."""

_OF_TASKS = names(DrawSettings)
_OF_FILES = names(SourceSettings, ReadOptions)
_OF_WRITTEN = ("format", "delimiter", "columns", "encoding")


def source(
    task: str | None, data: Path | None, chosen: Chosen, init: Path | None
) -> Source | None:
    """Return where the data are from; None for those of the run that ``init`` names."""
    from transformer_programs.data import LANGUAGE, changed, options_for, preset_called
    from transformer_programs.tasks import (
        DatasetSource,
        FileSource,
        TaskSource,
        find_task,
    )

    given = chosen.of(*DATA)
    dataset = given.get("dataset")
    named = {"a task": task, "--data FILE": data, "--dataset NAME": dataset}
    found = [name for name, value in named.items() if value is not None]
    if not found and init is not None:
        if given:
            raise SettingsError(
                f"{shown(given)}: the data are those of {init}; name a task or --data "
                "FILE to learn from others"
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
    _check_meant(given, of_task=task is not None)
    if task is not None:
        return TaskSource(task, **chosen.fields(DrawSettings))
    options = chosen.fields(ReadOptions)
    if chosen.get("language"):
        options = {**LANGUAGE, **options}
    if data is not None:
        if "configuration" in given:
            raise SettingsError("--configuration: files have none; omit it")
        return FileSource(str(data), ReadOptions(**options))
    assert dataset is not None
    if written := [name for name in given if name in _OF_WRITTEN]:
        raise SettingsError(f"{shown(written)}: for files, not for data sets; omit it")
    read = changed(options_for(dataset), options)  # type: ignore[arg-type]
    return DatasetSource(dataset, read, given.get("configuration"))


def _check_meant(given: dict[str, object], *, of_task: bool) -> None:
    # The options must be those of the kind of data.
    wanted, other = _OF_TASKS, _OF_FILES
    kind, typed = "a file or data set", "a task"
    if not of_task:
        wanted, other, kind, typed = other, wanted, typed, kind
    if wrong := [name for name in given if name in other and name not in wanted]:
        raise SettingsError(
            f"{shown(wrong)}: for data of {kind}, but they are of {typed}; omit it"
        )


def name_of(learned_from: Source) -> str:
    """Return a name for the data: that of the task, the file or the data set."""
    from transformer_programs.data import name_of_file
    from transformer_programs.tasks import DatasetSource, FileSource, TaskSource

    match learned_from:
        case TaskSource():
            return learned_from.task.rpartition(":")[2]
        case FileSource():
            return name_of_file(Path(learned_from.path)).split(".")[0] or "data"
        case DatasetSource():
            return Path(learned_from.name).resolve().name


def place_name(program: Path) -> str:
    """Return the name of the run folder that holds a program, else of its file."""
    from transformer_programs.runs import folder_of, is_run
    from transformer_programs.system import PROGRAM

    folder = folder_of(program)
    if program.name != PROGRAM and program != folder and not is_run(folder):
        return program.stem
    return folder.resolve().name or "program"
