"""What is read of the characters of tokens: chosen by options, fitted to data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from transformer_programs.errors import SettingName, SettingsError
from transformer_programs.program import (
    FALLBACK,
    MAX_CODE_BITS,
    Folding,
    Surface,
    SurfaceKind,
    computed,
)

if TYPE_CHECKING:
    from transformer_programs.data.options import ReadOptions
    from transformer_programs.program import InputFormat

AFFIX_LENGTH = 3
"""Characters of a prefix or suffix whose name does not say how many."""

_NAME = re.compile(r"(shape)|(prefix|suffix)([1-9]?)")


def surface_names(names: str | None) -> tuple[str, ...]:
    """The names in a list with commas.

    Raises:
        SettingsError: for one that names no surface, or is given twice.
    """
    if names is None:
        return ()
    found = tuple(name.strip() for name in names.split(","))
    for name in found:
        if not _NAME.fullmatch(name):
            raise SettingsError(
                SettingName("surfaces"),
                " needs names among shape, prefix and suffix, or with another number "
                f"of characters than {AFFIX_LENGTH} such as suffix2, separated by "
                f"commas; got {name!r}",
            )
        if found.count(name) > 1:
            raise SettingsError(
                SettingName("surfaces"), f" needs every name once, got {name!r} twice"
            )
    return found


def folding_of(options: ReadOptions) -> Folding | None:
    """How tokens are folded, if they are."""
    if not (options.lowercase or options.fold_digits):
        return None
    return Folding(options.lowercase, options.fold_digits)


def folded(tokens: Iterable[str], folding: Folding | None) -> tuple[str, ...]:
    """The tokens as they are looked up in the vocabulary."""
    return tuple(tokens) if folding is None else tuple(map(folding.fold, tokens))


def fitted_surfaces(
    counts: Mapping[str, int], options: ReadOptions
) -> tuple[Surface, ...]:
    """The surfaces that are asked for, with the values most frequent in the data.

    Args:
        counts: how often every token stands in the training data, as it is there.
        options: which surfaces, and how many values each may have.
    """
    return tuple(
        _fitted(name, counts, options.surface_values)
        for name in surface_names(options.surfaces)
    )


def _fitted(name: str, counts: Mapping[str, int], most: int) -> Surface:
    match = _NAME.fullmatch(name)
    assert match is not None, "the options are checked"
    kind, length = SurfaceKind.SHAPE, 0
    if match[2]:
        kind, length = SurfaceKind(match[2]), int(match[3] or AFFIX_LENGTH)
    found: Counter[str] = Counter()
    for token, times in counts.items():
        found[computed(kind, length, token)] += times
    del found[FALLBACK]
    ranked = sorted(found, key=lambda value: (-found[value], value))
    return Surface(name, kind, (*ranked[: most - 1], FALLBACK), length)


def check_code_count(form: InputFormat) -> None:
    """Refuse more combinations of words and surfaces than can be numbered.

    Raises:
        SettingsError: if there are too many.
    """
    if form.code_count >= 1 << MAX_CODE_BITS:
        raise SettingsError(
            f"{len(form.surfaces)} surfaces and {len(form.vocabulary):,} words have "
            f"too many combinations, expected less than 2**{MAX_CODE_BITS}; ask for "
            "fewer surfaces, or a smaller ",
            SettingName("surface_values"),
        )
