"""Progress displays: bars on a terminal or in a notebook, lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial, wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from transformer_programs.learn import Watch
from transformer_programs.system import display

if TYPE_CHECKING:  # rich takes a while to load, and the others load torch
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, TaskID

    from transformer_programs.learn import StepProgress
    from transformer_programs.optimize import Pass, Stage
    from transformer_programs.search import SearchProgress

P = ParamSpec("P")
T = TypeVar("T")

_PATIENCE = 1.0
"""Seconds after which a line says what goes on, where bars cannot."""

_SAYING = "progress"
"""The name of the thread that writes such lines."""

_AGAIN = 8.0
"""Seconds after which the line is there again, with the time that passed."""

_BAR = 12
"""Columns of a bar: notes need the room."""


@contextmanager
def watched(watch: Watch, progress: bool | None) -> Iterator[Watch]:
    """Yield callbacks that also show progress.

    By default (None) in notebooks and on terminals, unless ``watch`` calls something.
    """
    silent = all(getattr(watch, field.name) is None for field in fields(watch))
    if progress is False or (progress is None and not (silent and is_seen())):
        yield watch
        return
    # In a notebook that cannot redraw a line there are lines.
    redrawn = _in_notebook() and find_spec("ipywidgets") is not None
    with showing(display.console(stderr=True, force_jupyter=redrawn)) as shown:
        yield _both(shown, watch)


def shows_progress(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function with the keywords ``watch`` and ``progress`` show its progress."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        given: dict[str, Any] = dict(kwargs)
        progress = given.pop("progress", None)
        with watched(given.pop("watch", Watch()), progress) as watch:
            more: Any = given | {"watch": watch}
            return function(*args, **more)

    return call


def is_seen() -> bool:
    """Return whether somebody is looking: at a terminal, or a notebook."""
    at_terminal = sys.stderr is not None and sys.stderr.isatty()
    return at_terminal or _in_notebook()


@contextmanager
def showing(console: Console) -> Iterator[Watch]:
    """Yield callbacks that show bars on a console, or lines where bars cannot be."""
    from rich.progress import Progress

    moving = console.is_terminal or console.is_jupyter
    with Progress(
        *_columns(), console=console, disable=not moving, expand=True
    ) as bars:
        shown = _Display(bars, console, moving)
        try:
            yield Watch(
                on_progress=partial(shown.training, "program"),
                on_standard=partial(shown.training, "model"),
                on_search=shown.search,
                on_pass=shown.polishing,
                on_compared=shown.comparing,
                on_stage=shown.simplifying,
                on_phase=shown.phase,
                on_note=shown.note,
            )
        finally:
            shown.close()


def _columns() -> tuple[ProgressColumn, ...]:
    # Of what has no steps to count, a line shows how long it goes on.
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column
    from rich.text import Text

    class Count(ProgressColumn):
        def __init__(self) -> None:
            super().__init__(table_column=Column(no_wrap=True))
            self._counted = MofNCompleteColumn()

        def render(self, task: Task) -> Text:
            if task.total is not None:
                return self._counted.render(task)
            return Text(f"{task.completed:,.0f}" if task.completed else "")

    class Time(ProgressColumn):
        max_refresh = 0.5

        def __init__(self) -> None:
            super().__init__(table_column=Column(no_wrap=True))
            self._spent, self._left = TimeElapsedColumn(), TimeRemainingColumn()

        def render(self, task: Task) -> Text:
            return (self._spent if task.total is None else self._left).render(task)

    # What is too long for the line is cut in the note, not in what goes on.
    rest = Column(no_wrap=True, ratio=1)
    return (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=_BAR),
        Count(),
        Time(),
        TextColumn("{task.fields[note]}", markup=False, table_column=rest),
    )


class _Display:
    """Bars; where they cannot be redrawn, lines instead."""

    def __init__(self, bars: Progress, console: Console, moving: bool) -> None:
        self.bars, self._console, self._moving = bars, console, moving
        self._phase: TaskID | None = None
        self._by_title: dict[str, TaskID] = {}
        self._stages = 0
        self._late: threading.Event | None = None  # ends what is said of a phase

    def close(self) -> None:
        """Say no more of what goes on."""
        if self._late is not None:
            self._late.set()

    def _say_late(self, text: str, after: float | None = None) -> None:
        # Lines for what takes a while, instead of its bar.
        self.close()
        if not self._moving:
            self._late = threading.Event()
            waited = _PATIENCE if after is None else after
            arguments = (text, self._late, waited)
            threading.Thread(
                target=self._say_again, args=arguments, name=_SAYING, daemon=True
            ).start()

    def _say_again(self, text: str, ended: threading.Event, waited: float) -> None:
        begun = time.monotonic()
        while not ended.wait(waited):
            seconds = time.monotonic() - begun
            past = f" {seconds:.0f} s" if seconds >= _AGAIN else ""
            self._line(f"{text} ...{past}")
            waited = _AGAIN

    def note(self, text: str) -> None:
        self.close()
        self._console.print(f"note: {text}", markup=False)

    def phase(self, text: str) -> None:
        self._end_phase()
        self._phase = self.bars.add_task(text, total=None, note="")
        self._say_late(text)

    def _end_phase(self) -> None:
        self.close()
        if self._phase is not None:
            self.bars.remove_task(self._phase)
            self._phase = None

    def _bar(self, title: str, total: int | None = None) -> TaskID:
        # A bar is there from its first use on.
        self._end_phase()
        if title not in self._by_title:
            bar = self.bars.add_task(title, total=total, note="")
            self._by_title[title] = bar
        return self._by_title[title]

    def _show(self, title: str, completed: int, note: str, line: str) -> None:
        self.bars.update(self._bar(title), completed=completed, note=note)
        self._line(f"{line}{note}")
        self._say_late(title, _AGAIN)

    def _line(self, text: str) -> None:
        if not self._moving:
            self._console.print(text, markup=False)

    def search(self, progress: SearchProgress) -> None:
        note = (
            f"round {progress.round}, layer {progress.layer}: "
            f"best program {progress.accuracy:.2%} on training data, "
            f"{progress.statements} statement{'' if progress.statements == 1 else 's'}"
        )
        self._show("searching", progress.candidates, note, "searching ")

    def training(self, learned: str, progress: StepProgress) -> None:
        note = f"loss {progress.loss:.3f}"
        if progress.best is not None:
            note += f"  best {learned}: {progress.best} on validation"
        bar = self._bar("learning", progress.steps)
        self.bars.update(bar, completed=progress.step, note=note)
        if progress.evaluation is not None:  # a line for every evaluation alone
            self._line(f"step {progress.step} of {progress.steps}: {note}")

    def polishing(self, found: Pass) -> None:
        note = (
            f"{found.changed} of {found.choices:,} choices changed, "
            f"{found.validation} on validation data"
        )
        line = f"polishing, pass {found.number}: "
        self._show("polishing", found.number, note, line)

    def simplifying(self, stage: Stage) -> None:
        self._stages += 1
        note = f"{stage.lines} lines, {stage.quality} on validation data"
        self._show("simplifying", self._stages, note, "simplifying: ")

    def comparing(self, title: str, compared: int, total: int) -> None:
        text = f"checking {title}"
        if text not in self._by_title:
            self._bar(text, total)
            self._say_late(f"{text}, on {total:,} inputs")
        self.bars.advance(self._by_title[text], compared)


def _both(first: Watch, second: Watch) -> Watch:
    """Return callbacks that call those of both."""

    def called(one: Callable[..., None], other: Callable[..., None]) -> Any:
        def call(*arguments: Any) -> None:
            one(*arguments)
            other(*arguments)

        return call

    joint = {}
    for field in fields(Watch):
        one, other = getattr(first, field.name), getattr(second, field.name)
        joint[field.name] = called(one, other) if one and other else one or other
    return Watch(**joint)


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from rich.console import Console

    return Console().is_jupyter
