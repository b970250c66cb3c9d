"""A program with what is known of it: results, evidence, size, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Accuracy, Quality, held_out
from transformer_programs.errors import RunFolderError
from transformer_programs.language import Program as Plain
from transformer_programs.runs.folder import is_run, read_program
from transformer_programs.runs.report import Report, Training, facts, read_report
from transformer_programs.runs.runnable import Program
from transformer_programs.system import CERTIFICATE, PROGRAM, Shown, read_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from transformer_programs.verify import Certificate


class BaseRun(Shown):
    """A program with what is known of it; its attributes are those of ``Run``."""

    def __init__(
        self,
        program: Plain,
        folder: Path | None = None,
        file: Path | None = None,
        training: Training | None = None,
    ) -> None:
        self.program = Program.of(program)
        self.folder = folder
        self.file = file
        self.training = training

    @property
    def place(self) -> Path:
        """Where the run is, for messages."""
        return self.folder or self.file or Path(self.program.name)

    @property
    def certificate(self) -> Certificate | None:
        """The evidence that model, program and file agree; None if there is none.

        Raises:
            RunFolderError, SchemaError: If it cannot be read.
        """
        if self.folder is None:
            return None if self.training is None else self.training.certificate
        file = self.folder / CERTIFICATE
        if not file.exists():
            return None
        from transformer_programs.verify import certificate_from_json

        return certificate_from_json(read_text(file), str(file))

    @cached_property
    def report(self) -> Report | None:
        """The results of the training; None of a program that was not trained as it is.

        Raises:
            RunFolderError: If the metrics of the run cannot be read.
        """
        if self.training is not None:
            return self.training.report
        return None if self.folder is None else read_report(self.folder)

    @property
    def accuracy(self) -> Accuracy | None:
        """The accuracy of ``program.py`` on held-out data; None if it is not known."""
        report = self.report
        return report.test if report is not None and report.test.measured else None

    @property
    def baselines(self) -> dict[str, Quality]:
        """The accuracy of simple methods on held-out data, by name."""
        return {} if self.report is None else self.report.baselines

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for scripts; the last line of ``metrics.jsonl``."""
        certificate, report = self.certificate, self.report
        found: dict[str, Any] = {"name": self.program.name}
        if report is not None:
            found["test"] = report.test.numbers()
            found["validation"] = report.validation.numbers()
            found["baselines"] = {n: q.numbers() for n, q in report.baselines.items()}
        if certificate is not None:
            found["agreement"] = certificate.sentences()
        found["statements"] = len(self.program.statements)
        found["entries"] = self.program.entries
        found["lines"] = self.program.lines
        if report is not None:
            names = ("learner", "origin", "search_ended", "interrupted", "cut_short")
            more = ("nothing_learned", "seconds", "checking_seconds")
            found |= {name: getattr(report, name) for name in (*names, *more)}
            found["notes"] = list(report.notes)
        if report is not None and report.front:
            found["front"] = [asdict(sized) for sized in report.front]
        return found

    def _written(self) -> Path:
        if self.folder is None:
            raise RunFolderError(
                f"{self.place}: expected a run in a folder; write "
                "one first: run = run.save('runs/NAME')"
            )
        return self.folder

    def _accuracy_lines(self) -> list[str]:
        accuracy, name = self.accuracy, self.program.name
        if accuracy is None:
            return [f"{name}: no held-out labels"] if self.report is not None else []
        found = accuracy.of_entities
        return [
            f"{name}: {accuracy.per_label:.2%} of held-out labels right, "
            f"{accuracy.per_sequence:.2%} of sequences",
            *([] if found is None else [f"entities: F1 {found.f1:.2%}"]),
            *(
                f"baseline, {simple}: {quality.sentence()}"
                for simple, quality in self.baselines.items()
            ),
        ]

    def __rich__(self) -> RenderableType:
        """Return accuracy, evidence, size, and where the run is."""
        from rich.text import Text

        report, certificate = self.report, self.certificate
        lines = self._accuracy_lines()
        if report is not None and report.nothing_learned is not None:
            lines.insert(0, report.nothing_learned)
        if certificate is not None:
            lines += [f"checked: {text}" for text in certificate.sentences()]
        lines += facts(self.program, report)
        if report is not None:
            lines += [f"note: {text}" for text in report.notes]
        if self.folder is not None:
            lines.append(f"written to {self.folder}")
        return Text("\n".join(lines))

    def _repr_html_(self) -> str:
        """Return the accuracy, the circuit and the folded listing, for notebooks."""
        import html  # slow to load

        from transformer_programs.runs.page.circuit_drawing import in_notebook

        lines = "<br>".join(map(html.escape, self._accuracy_lines()))
        circuit = in_notebook(self.program.data)
        return f"<p>{lines}</p>{circuit}{self.program._repr_html_()}"

    def __repr__(self) -> str:
        known = "" if self.report is None else f": {held_out(self.report.test)}"
        return f"<Run {self.program!r}{known}>"


def read_run(path: Path) -> BaseRun:
    """Read a run folder, or a ``program.json``.

    Raises:
        RunFolderError, SchemaError, ProgramError: If there is none that is valid.
    """
    program = read_program(path)
    if path.is_dir():
        return BaseRun(program, path)
    if path.name == PROGRAM and is_run(path.parent):
        return BaseRun(program, path.parent)
    return BaseRun(program, file=path)
