"""Sequences that are longer than they may be."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.errors import DataError
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.records import Record


def fitted(records: Sequence[Record], options: ReadOptions) -> list[Record]:
    """The records, none longer than ``options.max_length``.

    Raises:
        DataError: for the first one that is longer, unless it may be cut.
    """
    limit = options.max_length
    if limit is None:
        return list(records)
    if options.truncate:
        return [_cut(record, limit) for record in records]
    for record in records:
        if len(record.tokens) > limit:
            raise DataError(
                f"{record.where}: expected at most {limit} tokens, found "
                f"{len(record.tokens)}; raise max_length or set truncate"
            )
    return list(records)


def _cut(record: Record, limit: int) -> Record:
    target = record.target
    if not isinstance(target, str):
        target = target[:limit]
    return record._replace(tokens=record.tokens[:limit], target=target)
