"""Where labelled sequences come from: built-in tasks, the user's tasks and files."""

from transformer_programs.tasks.builtin import BUILT_IN
from transformer_programs.tasks.dataset import (
    NO_LABEL,
    Dataset,
    Encoded,
    Examples,
    Target,
)
from transformer_programs.tasks.files import read_examples, read_sequences
from transformer_programs.tasks.memory import labelled_sequences
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.task import Task, get, names, register

__all__ = [
    "NO_LABEL",
    "Dataset",
    "Encoded",
    "Examples",
    "ReadOptions",
    "Target",
    "Task",
    "get",
    "labelled_sequences",
    "names",
    "read_examples",
    "read_sequences",
    "register",
]

for _task in BUILT_IN:
    register(_task)
