"""Learn Transformers that are small discrete programs, and write them down as Python.

    import transformer_programs as tp

    result = tp.train("sort")
    result.program(["3", "1", "4", "1", "2"])  # ['1', '1', '2', '3', '4']
    print(result.program.source)

Names are loaded when they are first used, so that programs can be read and run without
loading PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from transformer_programs.data import (
        Dataset as Dataset,
        ReadOptions as ReadOptions,
        WordVectors as WordVectors,
        labelled_sequences as labelled_sequences,
        read_dataset as read_dataset,
        read_sequences as read_sequences,
        read_vectors as read_vectors,
    )
    from transformer_programs.errors import (
        LearningWarning as LearningWarning,
        TransformerProgramsError as TransformerProgramsError,
        UnknownTokenWarning as UnknownTokenWarning,
    )
    from transformer_programs.estimators import (
        TransformerProgramClassifier as TransformerProgramClassifier,
        TransformerProgramTagger as TransformerProgramTagger,
    )
    from transformer_programs.lab import (
        StandardResult as StandardResult,
        StandardSettings as StandardSettings,
        resume_sweep as resume_sweep,
        run_sweep as run_sweep,
        train_standard as train_standard,
    )
    from transformer_programs.learn import (
        Watch as Watch,
    )
    from transformer_programs.optimize import (
        resize as resize,
    )
    from transformer_programs.program import (
        Pooling as Pooling,
        Program as Program,
        Scope as Scope,
    )
    from transformer_programs.runs import (
        Result as Result,
        RunnableProgram as RunnableProgram,
        compile_run as compile_run,
        evaluate_lengths as evaluate_lengths,
        evaluate_run as evaluate_run,
        judge_invariant as judge_invariant,
        judge_run as judge_run,
        load as load,
        plot_run as plot_run,
        resume as resume,
        separate_run as separate_run,
        simplify_run as simplify_run,
        train as train,
        verify_run as verify_run,
    )
    from transformer_programs.settings import (
        Learner as Learner,
        ModelSettings as ModelSettings,
        SearchSettings as SearchSettings,
        TrainSettings as TrainSettings,
    )
    from transformer_programs.tasks import (
        DatasetSource as DatasetSource,
        FileSource as FileSource,
        Task as Task,
        TaskSource as TaskSource,
        register as register,
    )

_HOMES = {
    "Dataset": "data",
    "DatasetSource": "tasks",
    "FileSource": "tasks",
    "Learner": "settings",
    "LearningWarning": "errors",
    "ModelSettings": "settings",
    "Pooling": "program",
    "Program": "program",
    "ReadOptions": "data",
    "Result": "runs",
    "RunnableProgram": "runs",
    "Scope": "program",
    "SearchSettings": "settings",
    "StandardResult": "lab",
    "StandardSettings": "lab",
    "Task": "tasks",
    "TaskSource": "tasks",
    "TrainSettings": "settings",
    "TransformerProgramClassifier": "estimators",
    "TransformerProgramTagger": "estimators",
    "TransformerProgramsError": "errors",
    "UnknownTokenWarning": "errors",
    "Watch": "learn",
    "WordVectors": "data",
    "compile_run": "runs",
    "evaluate_lengths": "runs",
    "evaluate_run": "runs",
    "judge_invariant": "runs",
    "judge_run": "runs",
    "labelled_sequences": "data",
    "load": "runs",
    "plot_run": "runs",
    "read_dataset": "data",
    "read_sequences": "data",
    "read_vectors": "data",
    "register": "tasks",
    "resize": "optimize",
    "resume": "runs",
    "resume_sweep": "lab",
    "run_sweep": "lab",
    "separate_run": "runs",
    "simplify_run": "runs",
    "train": "runs",
    "train_standard": "lab",
    "verify_run": "runs",
}

# Where scikit-learn is missing, "import *" must not fail because of it.
_MISSING = (
    {name for name, home in _HOMES.items() if home == "estimators"}
    if find_spec("sklearn") is None
    else set()
)

__all__ = sorted([*(_HOMES.keys() - _MISSING), "__version__"])


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it."""
    if name == "__version__":
        from importlib.metadata import version  # slow to load

        return globals().setdefault(name, version("transformer-programs"))
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return __all__
