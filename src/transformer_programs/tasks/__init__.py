"""Where labelled sequences come from: built-in tasks, the user's tasks and files.

Names are loaded when they are first used: options can be had without numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformer_programs.tasks.dataset import (
        NO_LABEL as NO_LABEL,
        Dataset as Dataset,
        Encoded as Encoded,
        Examples as Examples,
        Target as Target,
    )
    from transformer_programs.tasks.files import (
        read_examples as read_examples,
        read_sequences as read_sequences,
    )
    from transformer_programs.tasks.memory import (
        labelled_sequences as labelled_sequences,
    )
    from transformer_programs.tasks.options import ReadOptions as ReadOptions
    from transformer_programs.tasks.task import (
        Task as Task,
        get as get,
        names as names,
        register as register,
    )

_HOMES = {
    "NO_LABEL": "dataset",
    "Dataset": "dataset",
    "Encoded": "dataset",
    "Examples": "dataset",
    "ReadOptions": "options",
    "Target": "dataset",
    "Task": "task",
    "get": "task",
    "labelled_sequences": "memory",
    "names": "task",
    "read_examples": "files",
    "read_sequences": "files",
    "register": "task",
}


def __getattr__(name: str) -> Any:
    """Load a name from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
