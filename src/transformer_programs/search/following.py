"""Further processes of a search, which compute the same as the first one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformer_programs.search.learner import Search
from transformer_programs.system import Team, Work, follow


def main() -> None:
    """Search as the process does that started this one."""
    follow(_search)


def _search(team: Callable[[Work], Team], message: Any) -> None:
    dataset, settings, widest = message
    # Only the first process looks at the clock, and reports.
    Search(dataset, settings, None, widest, team(Work(settings.work))).run()
