"""Names in the emitted file, and what is known when a part of it is written."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from transformer_programs.analysis import AnyLength, ClosedForms
from transformer_programs.codegen.outside import Outside
from transformer_programs.language import INPUTS, Program


class Context(ClosedForms):
    """What is known of a program when its file is written.

    Attributes:
        outside: what stands in ``tables.json``.
        meaning: what the program means at any length.
        any_length: whether the file has the option that lifts the limit of the length.
        variables: what variables are called in ``trace``, and as parameters; their own
            names where that can be.
        functions: what the functions that compute variables are called.
    """

    def __init__(
        self, program: Program, reserved: frozenset[str], *, narrow: bool = False
    ) -> None:
        super().__init__(program)
        self.outside = Outside(self, narrow=narrow)
        self.meaning = AnyLength(program, self)
        self.any_length = not self.meaning.bound
        outputs = [surface.name for surface in program.input.surfaces]
        outputs += [statement.output for statement in program.statements]
        own = function_names(outputs, reserved)
        taken = reserved | {*own.values()}
        functions = function_names([f"{name}_of" for name in outputs], taken)
        self.functions = dict(zip(outputs, functions.values(), strict=True))
        self.variables = own | {name: name for name in INPUTS}

    @property
    def renamed(self) -> dict[str, str]:
        """The variables that cannot have their own name in the file, by that there."""
        return {file: name for name, file in self.variables.items() if file != name}


def function_names(
    variables: Iterable[str], reserved: frozenset[str]
) -> dict[str, str]:
    """Return a name for each distinct variable: its own, or with underscores after it.

    ``reserved`` are further names that the file uses for something else.
    """
    taken = {*reserved, *dir(builtins), *keyword.kwlist, *keyword.softkwlist}
    names = {}
    for variable in variables:
        name = variable
        while name in taken:
            name += "_"
        taken.add(name)
        names[variable] = name
    return names
