"""Names in the emitted file, and what is known when a statement is written."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable
from dataclasses import dataclass

from transformer_programs.analysis import ClosedForms


@dataclass(frozen=True, slots=True)
class Names:
    """What variables are called in the file.

    Attributes:
        functions: the function that computes each variable.
        variables: parameters, and variables of ``trace``.
    """

    functions: dict[str, str]
    variables: dict[str, str]


@dataclass(frozen=True, slots=True)
class Context(ClosedForms):
    """What is known of a program when a statement of it is written.

    Attributes:
        names: what variables are called in the file.
    """

    names: Names


def function_names(
    variables: Iterable[str], reserved: frozenset[str]
) -> dict[str, str]:
    """Return a name for each distinct variable: its own, or with underscores after it.

    ``reserved`` are further names that the file uses for something else.
    """
    taken = set(reserved) | set(dir(builtins)) | set(keyword.kwlist)
    taken |= set(keyword.softkwlist)
    names = {}
    for variable in variables:
        name = variable
        while name in taken:
            name += "_"
        taken.add(name)
        names[variable] = name
    return names
