"""Known data sets of the Hugging Face hub, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from transformer_programs.data.options import ReadChanges, ReadOptions, changed

LANGUAGE: ReadChanges = {
    "max_vocabulary": 20_000,
    "lowercase": True,
    "fold_digits": True,
    "surfaces": "shape,prefix,suffix2,suffix",
    "frame": True,
}
"""How sentences are read best: the most frequent words (the paper has half as many),
whatever their case and their numbers, and what the characters of all words say."""

# Training sentences have at most 64 words where they are classified, 32 where words are
# tagged.
_CLASSES = changed(ReadOptions(), {**LANGUAGE, "max_training_length": 64})
_TAGS = replace(_CLASSES, max_training_length=32)

_CONVERTED = "refs/convert/parquet"
"""Where the hub keeps the rows of data sets that are made by a script, which is not
executed any more."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A known data set: its name, configuration and branch on the hub, and options."""

    repository: str
    options: ReadOptions
    configuration: str | None = None
    revision: str | None = None


PRESETS: dict[str, Preset] = {
    "conll2003": Preset(
        "eriktks/conll2003",
        replace(_TAGS, tokens_column="tokens", label_column="ner_tags"),
        "conll2003",
        _CONVERTED,
    ),
    "trec": Preset(
        "CogComp/trec",
        replace(_CLASSES, tokens_column="text", label_column="coarse_label"),
        "default",
        _CONVERTED,
    ),
    "rotten_tomatoes": Preset(
        "cornell-movie-review-data/rotten_tomatoes",
        replace(_CLASSES, tokens_column="text", label_column="label"),
    ),
    "SetFit/subj": Preset(
        "SetFit/subj",
        replace(_CLASSES, tokens_column="text", label_column="label_text"),
    ),
    "ag_news": Preset(
        "fancyzhx/ag_news",
        replace(_CLASSES, tokens_column="text", label_column="label"),
    ),
}
"""By the name that ``read_dataset`` and ``--dataset`` take."""


def preset_called(name: str) -> str | None:
    """Return the preset that is meant by a name, in any case and without its owner."""
    known = {preset.rpartition("/")[2].lower(): preset for preset in PRESETS}
    return known.get(name.rpartition("/")[2].lower())
