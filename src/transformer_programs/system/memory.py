"""How much memory there is, and whether what is asked for fits into it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from transformer_programs.errors import (
    SettingName,
    SettingsError,
    TransformerProgramsError,
)

LONGEST_SEQUENCE = 100_000
"""The most tokens of a sequence, its frame counted."""

_UNKNOWN = 16 << 30
"""Bytes where the system does not say."""

_NAMED = 2
"""Sizes that a message names."""

Sizes = Mapping[str, int]
"""What memory depends on, by the name of the setting."""


def machine_memory() -> int:
    """The bytes that this process can use: the machine's, or less by its limits."""
    found = []
    with suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):  # of a container
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    with suppress(ImportError):
        import resource  # not on Windows

        for limit in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
            soft, _ = resource.getrlimit(limit)
            if soft != resource.RLIM_INFINITY:
                found.append(soft)
    return min(found, default=_UNKNOWN)


def check_fits(
    what: str,
    needed: Callable[[Sizes], int],
    sizes: Sizes,
    *,
    memory: int | None = None,
    error: type[TransformerProgramsError] = SettingsError,
) -> None:
    """Refuse sizes that need more memory than there is.

    Args:
        what: what needs it, in words.
        needed: the bytes for some sizes, at least; never less for a larger size.
        sizes: what is asked for.
        memory: the bytes that are there; by default those of the machine.
        error: what is raised.

    Raises:
        SettingsError: if they do not fit, or another error as given; it says which of
            the sizes would have to be lowered, alone, and to what.
    """
    memory = machine_memory() if memory is None else memory
    asked = needed(sizes)
    if asked <= memory:
        return
    fitting = {name: _largest(needed, sizes, name, memory) for name in sizes}
    lower = [name for name in sizes if fitting[name]]
    lower.sort(key=lambda name: sizes[name], reverse=True)  # the unusual ones first
    advice: list[str] = []
    for name in lower[:_NAMED]:
        advice += [" or "] if advice else []
        advice += [SettingName(name), f" <= {fitting[name]} (got {sizes[name]})"]
    if not lower:
        largest = [name for name, size in sizes.items() if size > 1]
        advice = [f"smaller sizes, several of {', '.join(largest)}"]
    raise error(
        f"{what} needs about {_shown(asked)} of memory, and this machine has "
        f"{_shown(memory)}: expected ",
        *advice,
    )


def _largest(
    needed: Callable[[Sizes], int], sizes: Sizes, name: str, memory: int
) -> int:
    """The largest value of one size that fits, if the others stay; 0 if none does."""
    fits, too_large = 0, sizes[name]
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        if needed({**sizes, name: middle}) <= memory:
            fits = middle
        else:
            too_large = middle
    return fits


def check_length(name: str, length: int, frame: int = 0) -> None:
    """Refuse sequences that are too long for any program to be learned from them.

    Args:
        name: of the setting.
        length: how many tokens.
        frame: how many more frame them.

    Raises:
        SettingsError: if these are more than ``LONGEST_SEQUENCE``.
    """
    if length + frame > LONGEST_SEQUENCE:
        raise SettingsError(
            "expected ",
            SettingName(name),
            f" <= {LONGEST_SEQUENCE - frame}, got {length}",
        )


def _shown(count: int) -> str:
    """Bytes in words."""
    tenths = count // 10**8
    if tenths >= 10**7:
        return "a million GB or more"
    return f"{tenths // 10:,} GB" if tenths >= 100 else f"{tenths / 10:.1f} GB"
