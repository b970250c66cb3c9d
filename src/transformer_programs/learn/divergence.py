"""What is said when a loss or a weight is no finite number any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformer_programs.errors import Message, SettingName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformer_programs.settings import TrainSettings


def divergence(diverged: Mapping[int, int]) -> str:
    """Which restarts diverged at which step.

    Args:
        diverged: the step of every restart that did.
    """
    by_step: dict[int, list[int]] = {}
    for restart, step in sorted(diverged.items()):
        by_step.setdefault(step, []).append(restart)
    whole = ", ".join(
        f"{'restart' if len(restarts) == 1 else 'restarts'} "
        f"{', '.join(map(str, restarts))} at step {step}"
        for step, restarts in sorted(by_step.items())
    )
    return f"the loss or a weight is no finite number (NaN or inf) in {whole}"


def advice(settings: TrainSettings) -> Message:
    """Return what to do about it."""
    return Message(
        *("lower ", SettingName("learning_rate"), f" (now {settings.learning_rate})"),
        *(" or raise ", SettingName("tau_end"), f" (now {settings.tau_end})"),
    )
