"""How two programs differ: what is written, and the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformer_programs.analysis import Change, changes
from transformer_programs.errors import SettingsError
from transformer_programs.language import Program
from transformer_programs.system import Shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from transformer_programs.learn import Watch
    from transformer_programs.verify import CheckResult

MOST_SHOWN = 40
"""Changes that are shown."""


@dataclass(frozen=True, slots=True)
class Difference(Shown):
    """How two programs differ.

    Attributes:
        changes: Statements, cells and weights, in the order of the first program.
        labels: Whether the second gives the labels of the first, and the shortest input
            on which it does not; None if they cannot be compared.
        incomparable: Why not.
    """

    changes: tuple[Change, ...]
    labels: CheckResult | None
    incomparable: str = ""

    def __rich__(self) -> RenderableType:
        """Return a line for each change, and one about the labels."""
        from rich.text import Text

        lines = [str(change) for change in self.changes[:MOST_SHOWN]]
        more = len(self.changes) - len(lines)
        lines += [f"and {more:,} more"] if more > 0 else []
        lines += [] if lines else ["they are written alike"]
        if self.labels is None:
            lines.append(f"labels: not compared: {self.incomparable}")
        else:
            lines.append(f"labels: {self._verdict(self.labels)}")
        return Text("\n".join(lines))

    def _verdict(self, found: CheckResult) -> str:
        if found.counterexample is None:
            return f"{found.verdict}: {found.sentence()}"
        example = found.counterexample
        tokens, said = map(_joined, (example.tokens, example.said))
        return f"differ on {tokens}: the first says {said}, {example.why}"

    @property
    def numbers(self) -> dict[str, Any]:
        """The same as plain data, for JSON."""
        example = None if self.labels is None else self.labels.counterexample
        return {
            "changes": [{"place": c.place, "text": c.text} for c in self.changes],
            "labels_compared": self.labels is not None,
            "input": None if example is None else list(example.tokens),
            "inputs": None if self.labels is None else self.labels.inputs,
            "proved_equal": self.labels is not None and self.labels.proved,
            "incomparable": self.incomparable or None,
        }


def difference(first: Program, second: Program, watch: Watch) -> Difference:
    """Return how two programs differ."""
    from transformer_programs.verify import check_specification, program_specification

    found = changes(first, second)
    watch.begin("comparing labels")
    try:
        wanted = program_specification("the second", second, first)
    except SettingsError as error:
        return Difference(found, None, str(error))
    checked = check_specification(first, wanted, advance=watch.on_compared)
    return Difference(found, checked)


def _joined(labels: object) -> str:
    parts = [labels] if isinstance(labels, str) else list(labels)  # type: ignore[call-overload]
    return f"'{' '.join(map(str, parts))}'"
