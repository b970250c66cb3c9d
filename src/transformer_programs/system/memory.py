"""How much memory there is, and whether what is asked for fits into it."""

from __future__ import annotations

import os
from bisect import bisect_right
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
    """Return the bytes that this process can use, by the machine and by its limits."""
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
    """Check that there is enough memory.

    Args:
        what: What needs it, in words.
        needed: The bytes for some sizes, at least; never less for a larger size.
        sizes: The sizes that are asked for.
        memory: The bytes that there are; by default those of the machine.
        error: The error that is raised.

    Raises:
        SettingsError: If they do not fit, or another error as given; it says which of
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
    """Return the largest value of one size that fits, if the others stay; else 0."""
    values = range(1, sizes[name])
    return bisect_right(values, memory, key=lambda n: needed({**sizes, name: n}))


def check_length(name: str, length: int, frame: int = 0) -> None:
    """Check that sequences are not too long to learn a program from them.

    Args:
        name: Name of the setting.
        length: Number of tokens.
        frame: Number of further tokens that frame them.

    Raises:
        SettingsError: If these are more than ``LONGEST_SEQUENCE``.
    """
    if length + frame > LONGEST_SEQUENCE:
        raise SettingsError(
            "expected ",
            SettingName(name),
            f" <= {LONGEST_SEQUENCE - frame}, got {length}",
        )


def _shown(count: int) -> str:
    tenths = count // 10**8
    if tenths >= 10**7:
        return "a million GB or more"
    return f"{tenths // 10:,} GB" if tenths >= 100 else f"{tenths / 10:.1f} GB"
