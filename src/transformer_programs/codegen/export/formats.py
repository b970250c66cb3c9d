"""The languages that programs are exported to."""

from __future__ import annotations

from collections.abc import Callable

from transformer_programs.codegen.export.c import emit_c
from transformer_programs.codegen.export.dot import emit_dot
from transformer_programs.codegen.export.js import emit_js
from transformer_programs.codegen.export.onnx import emit_onnx
from transformer_programs.codegen.export.rasp import emit_rasp
from transformer_programs.errors import SettingsError
from transformer_programs.language import Program

SUFFIXES = {"js": ".mjs", "c": ".c", "onnx": ".onnx", "rasp": ".rasp", "dot": ".dot"}
"""The languages, and what their files end in."""

_EMITTERS: dict[str, Callable[[Program], str | bytes]] = {
    "js": emit_js,
    "c": emit_c,
    "onnx": emit_onnx,
    "rasp": emit_rasp,
    "dot": emit_dot,
}


def emit_in(program: Program, language: str) -> bytes:
    """Return a program in another language, as the content of a file.

    Raises:
        SettingsError: If there is no such language, or it cannot express the program.
        ProgramError: If the program is not valid.
    """
    if language not in _EMITTERS:
        raise SettingsError(
            f"to {language!r}: expected one of {', '.join(map(repr, SUFFIXES))}"
        )
    content = _EMITTERS[language](program)
    return content.encode() if isinstance(content, str) else content
