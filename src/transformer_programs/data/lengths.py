"""Sequences that are longer than they may be."""

from __future__ import annotations

from dataclasses import replace

from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records
from transformer_programs.errors import DataError, SettingName


def fitted(records: Records, options: ReadOptions) -> Records:
    """The records, none longer than ``options.max_length``.

    Raises:
        DataError: for the first one that is longer, unless it may be cut.
    """
    limit = options.max_length
    if limit is None:
        return records
    if options.truncate:
        return replace(
            records,
            sequences=[tokens[:limit] for tokens in records.sequences],
            targets=[
                target if isinstance(target, str) else target[:limit]
                for target in records.targets
            ],
        )
    for index, tokens in enumerate(records.sequences):
        if len(tokens) > limit:
            raise DataError(
                f"{records.where(index)}: expected at most {limit} tokens, found "
                f"{len(tokens)}; raise ",
                *(SettingName("max_length"), " or set ", SettingName("truncate")),
            )
    return records
