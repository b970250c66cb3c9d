"""An export to RASP, compared with the program that it is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from transformer_programs.codegen import rasp_names
from transformer_programs.errors import AgreementError, InputError
from transformer_programs.language import Program
from transformer_programs.verify.rasp_text import Rasp, RaspError


class RaspText:
    """An export to RASP, for comparison with the program that it is of.

    Args:
        program: the program.
        text: the file.

    Attributes:
        any_length: whether the file says that it holds at any length.

    Raises:
        AgreementError: If it is no text of RASP.
    """

    name = "the rasp file"

    def __init__(self, program: Program, text: str) -> None:
        self._program, self._names = program, rasp_names(program)
        self.any_length = "\n# Length: any." in text
        try:
            self._rasp = Rasp(text)
        except RaspError as error:
            raise AgreementError(f"{self.name} cannot be read: {error}") from error

    def close(self) -> None:
        """Do nothing: it is no process."""

    def stated(self) -> dict[str, Any]:
        """Return what the program states: the file says it in a comment."""
        form = self._program.input
        labels = self._program.readout.labels
        return {
            "tokens": form.symbols,
            "labels": labels,
            "length": form.max_bare_length,
        }

    def answers(
        self,
        sequences: Iterable[Sequence[str]],
        names: tuple[str, ...] | None = None,
        *,
        any_length: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the results for inputs, lazily."""
        for tokens in sequences:
            try:
                found = self._rasp.evaluate(self._framed(tokens))
            except InputError as error:  # which RASP cannot refuse by itself
                yield {"refused": True, "error": str(error)}
                continue
            except (RaspError, ArithmeticError) as error:
                yield {"error": str(error)}
                continue
            yield self._answer(found, names or ())

    def _framed(self, tokens: Sequence[str]) -> list[str]:
        form = self._program.input
        if not all(map(form.accepts, tokens)):
            raise InputError("an unknown token")
        begin, end = ([] if x is None else [x] for x in (form.begin, form.end))
        return [*begin, *tokens, *end]

    def _answer(
        self, found: Mapping[str, Any], names: tuple[str, ...]
    ) -> dict[str, Any]:
        form, label = self._program.input, found["label"]
        end = len(label) - (form.frame_size - form.offset)
        run = label[form.offset : end] if self._program.tagging else label[0]
        trace = [list(found[self._names[name]]) for name in names]
        return {"run": run, "trace": trace}
