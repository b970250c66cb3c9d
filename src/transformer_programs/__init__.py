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
    from transformer_programs.comparison import (
        StandardResult as StandardResult,
        train_standard as train_standard,
    )
    from transformer_programs.errors import (
        LearningWarning as LearningWarning,
        TransformerProgramsError as TransformerProgramsError,
        UnknownTokenWarning as UnknownTokenWarning,
    )
    from transformer_programs.estimators.classifier import (
        TransformerProgramClassifier as TransformerProgramClassifier,
    )
    from transformer_programs.estimators.tagger import (
        TransformerProgramTagger as TransformerProgramTagger,
    )
    from transformer_programs.experiment import (
        compile_run as compile_run,
        resume as resume,
        train as train,
    )
    from transformer_programs.judging import (
        judge_invariant as judge_invariant,
        judge_run as judge_run,
    )
    from transformer_programs.passes.resize import (
        resize as resize,
    )
    from transformer_programs.plotting import (
        plot_run as plot_run,
    )
    from transformer_programs.program.nodes import (
        Pooling as Pooling,
        Program as Program,
        Scope as Scope,
    )
    from transformer_programs.result import (
        Result as Result,
    )
    from transformer_programs.run_checks import (
        evaluate_lengths as evaluate_lengths,
        evaluate_run as evaluate_run,
        verify_run as verify_run,
    )
    from transformer_programs.runnable import (
        RunnableProgram as RunnableProgram,
        load as load,
    )
    from transformer_programs.separating import (
        separate_run as separate_run,
    )
    from transformer_programs.settings import (
        Learner as Learner,
        ModelSettings as ModelSettings,
        SearchSettings as SearchSettings,
        TrainSettings as TrainSettings,
    )
    from transformer_programs.simplification import (
        simplify_run as simplify_run,
    )
    from transformer_programs.standard.settings import (
        StandardSettings as StandardSettings,
    )
    from transformer_programs.sweep.driver import (
        resume_sweep as resume_sweep,
        run_sweep as run_sweep,
    )
    from transformer_programs.tasks.dataset import (
        Dataset as Dataset,
    )
    from transformer_programs.tasks.files import (
        read_sequences as read_sequences,
    )
    from transformer_programs.tasks.hub import (
        read_dataset as read_dataset,
    )
    from transformer_programs.tasks.memory import (
        labelled_sequences as labelled_sequences,
    )
    from transformer_programs.tasks.options import (
        ReadOptions as ReadOptions,
    )
    from transformer_programs.tasks.sources import (
        DatasetSource as DatasetSource,
        FileSource as FileSource,
        TaskSource as TaskSource,
    )
    from transformer_programs.tasks.task import (
        Task as Task,
        register as register,
    )
    from transformer_programs.tasks.vectors import (
        WordVectors as WordVectors,
        read_vectors as read_vectors,
    )
    from transformer_programs.watch import (
        Watch as Watch,
    )

_HOMES = {
    "Dataset": "tasks.dataset",
    "DatasetSource": "tasks.sources",
    "FileSource": "tasks.sources",
    "Learner": "settings",
    "ModelSettings": "settings",
    "Pooling": "program.nodes",
    "Program": "program.nodes",
    "ReadOptions": "tasks.options",
    "Result": "result",
    "RunnableProgram": "runnable",
    "Scope": "program.nodes",
    "SearchSettings": "settings",
    "StandardResult": "comparison",
    "StandardSettings": "standard.settings",
    "Task": "tasks.task",
    "TaskSource": "tasks.sources",
    "TrainSettings": "settings",
    "TransformerProgramClassifier": "estimators.classifier",
    "TransformerProgramTagger": "estimators.tagger",
    "TransformerProgramsError": "errors",
    "LearningWarning": "errors",
    "UnknownTokenWarning": "errors",
    "Watch": "watch",
    "WordVectors": "tasks.vectors",
    "compile_run": "experiment",
    "evaluate_lengths": "run_checks",
    "evaluate_run": "run_checks",
    "judge_invariant": "judging",
    "judge_run": "judging",
    "labelled_sequences": "tasks.memory",
    "load": "runnable",
    "read_dataset": "tasks.hub",
    "read_sequences": "tasks.files",
    "read_vectors": "tasks.vectors",
    "plot_run": "plotting",
    "register": "tasks.task",
    "resize": "passes.resize",
    "resume": "experiment",
    "resume_sweep": "sweep.driver",
    "run_sweep": "sweep.driver",
    "separate_run": "separating",
    "simplify_run": "simplification",
    "train": "experiment",
    "train_standard": "comparison",
    "verify_run": "run_checks",
}

# Where scikit-learn is missing, "import *" must not fail because of it.
_MISSING = (
    {name for name, home in _HOMES.items() if home.startswith("estimators.")}
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
