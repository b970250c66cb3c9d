"""Tables whose first line is data: which column is what, where their cells say it."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.data.columns import (
    LABEL_FIELDS,
    PARTS,
    SPLIT_FIELD,
    TOKEN_FIELDS,
)
from transformer_programs.data.table import Dialect
from transformer_programs.data.text_files import TextFile

_FEWEST = 4
"""Rows below which nothing is concluded."""

Column = Sequence[str]
"""The cells of a column, from the first row on."""


def find_columns(
    file: TextFile, kinds: Sequence[Dialect], *, likely: str | None
) -> tuple[Dialect, list[str]] | None:
    """Return the dialect and names for the columns of a table without names.

    Args:
        file: The table.
        kinds: The dialects that it may be in.
        likely: The delimiter that its extension says, which is preferred.

    Returns:
        None if the first line may be names, or the cells allow several readings.
    """
    found: dict[str, tuple[Dialect, list[str]]] = {}
    for dialect in kinds:
        rows = [row for _, row in dialect.first_rows(file)]
        if dialect.delimiter not in found and (names := names_of(rows)) is not None:
            found[dialect.delimiter] = dialect, names
    if likely in found:
        return found[likely]
    return next(iter(found.values())) if len(found) == 1 else None


def names_of(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """Return names for the columns of rows of data; None if they are not clear.

    Labels are what recurs, also what stands in the first row, which names hardly do.
    Tokens are the only other column, or the only one with several words.
    """
    if len(rows) < _FEWEST or {len(row) for row in rows} != {len(rows[0])}:
        return None
    columns = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    if len(columns) == 2 and (tags := _tags(columns)) is not None:
        return [LABEL_FIELDS[0] if n == tags else TOKEN_FIELDS[1] for n in range(2)]
    split = [n for n, cells in enumerate(columns) if _are_parts(cells)]
    others = [n for n in range(len(columns)) if n not in split]
    labels = [n for n in others if _recurs(columns[n])]
    if len(labels) > 1:  # texts may recur, too
        labels = [n for n in labels if not _has_words(columns[n])]
    if len(split) > 1 or len(labels) != 1:
        return None
    texts = [n for n in others if n not in labels]
    if len(texts) > 1:
        texts = [n for n in texts if _has_words(columns[n])]
    if len(texts) != 1:
        return None
    names = [f"column_{number}" for number in range(1, len(columns) + 1)]
    names[labels[0]], names[texts[0]] = LABEL_FIELDS[1], TOKEN_FIELDS[1]
    for n in split:
        names[n] = SPLIT_FIELD
    return names


def _recurs(cells: Column) -> bool:
    """Return whether cells can be labels: few of them, the first one of these."""
    return cells[0] in cells[1:] and 2 * len(set(cells)) <= len(cells)


def _has_words(cells: Column) -> bool:
    return 2 * sum(len(cell.split()) > 1 for cell in cells) > len(cells)


def _are_parts(cells: Column) -> bool:
    return all(cell.lower() in PARTS for cell in cells)


def _tags(columns: Sequence[Column]) -> int | None:
    """Return which of two columns holds a tag for every token of the other."""
    items = [[cell.split() for cell in cells] for cells in columns]
    lengths = [list(map(len, rows)) for rows in items]
    if lengths[0] != lengths[1] or max(lengths[0]) < 2:
        return None
    for this, other in ((0, 1), (1, 0)):
        tags, tokens = ({i for row in items[n] for i in row} for n in (this, other))
        later = {tag for row in items[this][1:] for tag in row}
        if 2 * len(tags) <= len(tokens) and later.issuperset(items[this][0]):
            return this
    return None
