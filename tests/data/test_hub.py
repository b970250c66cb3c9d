"""Data sets of Hugging Face, without a network."""

from __future__ import annotations

import json
import logging
import sys
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

import transformer_programs as tp
from transformer_programs.data import Dataset, hub
from transformer_programs.data.hub import PRESETS, read_dataset
from transformer_programs.errors import DataError, SettingsError
from transformer_programs.system.documents import decode
from transformer_programs.tasks.sources import (
    DatasetSource,
    source_document,
    source_to_json,
)

datasets = pytest.importorskip("datasets", reason="needs the extra hf")

CLASSES = datasets.ClassLabel(names=["neg", "pos"])
TEXTS = datasets.Features({"text": datasets.Value("string"), "label": CLASSES})
TAGS = datasets.ClassLabel(names=["O", "B-PER"])
SENTENCES = datasets.Features(
    {
        "id": datasets.Value("string"),
        "tokens": datasets.Sequence(datasets.Value("string")),
        "ner_tags": datasets.Sequence(TAGS),
    }
)


def texts(count: int, first: int = 0) -> Any:
    """Rows of a text with a label."""
    numbers = range(first, first + count)
    rows = {"text": [f"W{n} is" for n in numbers], "label": [n % 2 for n in numbers]}
    return datasets.Dataset.from_dict(rows, features=TEXTS)


def sentences(count: int) -> Any:
    """Rows of tokens with tags, of 1 to count tokens."""
    rows = {
        "id": [str(n) for n in range(count)],
        "tokens": [[f"w{n}"] * (n + 1) for n in range(count)],
        "ner_tags": [[n % 2] * (n + 1) for n in range(count)],
    }
    return datasets.Dataset.from_dict(rows, features=SENTENCES)


@pytest.fixture
def opinions(tmp_path: Path) -> Path:
    """A folder with two splits."""
    parts = datasets.DatasetDict(train=texts(20), test=texts(4, 100))
    parts.save_to_disk(tmp_path / "opinions")
    return tmp_path / "opinions"


@pytest.fixture
def hub_has(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[Any, ...], Any]:
    """What the hub gives, by repository, configuration and revision."""
    known: dict[tuple[Any, ...], Any] = {}

    def load(path: str, name: str | None, *, revision: str | None) -> Any:
        try:
            return known[path, name, revision]
        except KeyError:
            raise ConnectionError(f"no {path}\nand a long explanation") from None

    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.setattr(hub, "_unreachable", lambda: "")
    return known


def sizes(data: tp.Dataset) -> tuple[int, int, int]:
    return len(data.train), len(data.validation), len(data.test)


def test_a_folder_with_splits(opinions: Path) -> None:
    data = read_dataset(str(opinions))
    assert data.name == "opinions"
    assert data.labels == ("neg", "pos")
    assert sizes(data) == (18, 2, 4)
    assert data.test.sequences[0] == ("W100", "is")
    assert data.test.targets == ("neg", "pos", "neg", "pos")
    assert "cut" not in "".join(data.notes)
    limited = tp.read_dataset(str(opinions), max_vocabulary=3, split="characters")
    assert len(limited.input.vocabulary) == 3
    assert limited.test.sequences[0] == tuple("W100is")


def test_a_folder_without_splits_is_split_at_random(tmp_path: Path) -> None:
    texts(20).save_to_disk(tmp_path / "all")
    assert sizes(read_dataset(f"{tmp_path / 'all'}/")) == (16, 2, 2)


def test_lists_of_labels_are_tags(tmp_path: Path) -> None:
    parts = datasets.DatasetDict(
        train=sentences(9), val=sentences(4), test=sentences(3), extra=sentences(2)
    )
    parts.save_to_disk(tmp_path / "ner")
    columns = {"label_column": "ner_tags"}
    data = read_dataset(str(tmp_path / "ner"), **columns, max_training_length=5)
    assert data.tagging
    assert data.labels == ("B-PER", "O")
    assert sizes(data) == (5, 4, 3)
    assert data.train.targets[1] == ("B-PER", "B-PER")
    with pytest.raises(DataError, match=r"ner:test: expected 'tags' or 'label' among"):
        read_dataset(str(tmp_path / "ner"))


def test_labels_may_be_texts_and_numbers(tmp_path: Path) -> None:
    rows = {
        "text": [f"w{n} x" for n in range(12)],
        "label": [n % 3 for n in range(12)],
        "label_text": [f"c{n % 2}" for n in range(12)],
    }
    datasets.Dataset.from_dict(rows).save_to_disk(tmp_path / "d")
    assert read_dataset(str(tmp_path / "d")).labels == ("0", "1", "2")
    named = read_dataset(str(tmp_path / "d"), label_column="label_text")
    assert named.labels == ("c0", "c1")


def test_rows_that_cannot_be_used(tmp_path: Path) -> None:
    def refused(rows: dict[str, list[Any]], features: Any) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        parts = datasets.Dataset.from_dict(rows, features=features)
        datasets.DatasetDict(test=parts, train=texts(9)).save_to_disk(folder)
        with pytest.raises(DataError) as caught:
            read_dataset(str(folder))
        return str(caught.value).removeprefix(str(folder))

    empty = {"text": ["a", " "], "label": [0, 1]}
    assert refused(empty, TEXTS) == ":test[1]: expected at least one token, found none"
    missing = {"text": ["a", None], "label": [0, 1]}
    assert refused(missing, TEXTS).startswith(":test[1]: expected a list or a text in")


def test_labels_that_are_not_told(tmp_path: Path) -> None:
    def read(name: str, labels: list[int]) -> Dataset:
        rows = {"text": ["x", "y", "z"], "label": labels}
        test = datasets.Dataset.from_dict(rows, features=TEXTS)
        datasets.DatasetDict(test=test, train=texts(9)).save_to_disk(tmp_path / name)
        return read_dataset(str(tmp_path / name))

    some = read("some", [0, -1, 1])
    assert some.test.sequences == (("x",), ("z",))
    place = f"{tmp_path / 'some'}:test[1]"
    note = f"1 of 3 sequences have no label and are left out (the first: {place})"
    assert note in some.notes
    # A test part that nobody may see is none: one is split off.
    none = read("none", [-1, -1, -1])
    assert len(none.test) == 1
    assert none.test.sequences[0][0] not in "xyz"


def test_what_is_no_data_set(tmp_path: Path, opinions: Path) -> None:
    with pytest.raises(DataError, match=f"^{tmp_path}: expected a folder that save_to"):
        read_dataset(str(tmp_path))
    with pytest.raises(SettingsError, match="a folder has no configuration"):
        read_dataset(str(opinions), configuration="x")
    with pytest.raises(SettingsError, match="a data set has its own splits"):
        read_dataset(str(opinions), test="test.csv")
    datasets.DatasetDict(everything=texts(3)).save_to_disk(tmp_path / "d")
    with pytest.raises(
        DataError, match=r"expected splits named train.*, found everyth"
    ):
        read_dataset(str(tmp_path / "d"))


def test_data_sets_of_the_hub(hub_has: dict[tuple[Any, ...], Any]) -> None:
    hub_has["me/mine", None, None] = datasets.DatasetDict(train=texts(20))
    hub_has["me/mine", "more", None] = datasets.DatasetDict(train=texts(40))
    assert sizes(read_dataset("me/mine")) == (16, 2, 2)
    assert read_dataset("me/mine").name == "mine"
    assert sizes(read_dataset("me/mine", configuration="more")) == (32, 4, 4)


def test_no_network(hub_has: dict[tuple[Any, ...], Any]) -> None:
    del hub_has
    with pytest.raises(DataError) as caught:
        read_dataset("trec")
    assert str(caught.value) == (
        "trec: cannot be had from the Hugging Face hub as 'CogComp/trec': "
        "ConnectionError: no CogComp/trec. Is the name right, and is there a network? "
        "Without one: save_to_disk(FOLDER) where there is, and name that folder"
    )


def test_without_a_network_the_hub_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The library would ask for a minute, and write a line each time."""
    from huggingface_hub import constants

    offline: list[tuple[bool, bool]] = []

    def load(*_: Any, **__: Any) -> Any:
        offline.append((constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE))
        logging.getLogger("datasets.load").warning("nothing that helps")
        raise ConnectionError("no copy")

    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError) as caught:
        read_dataset("trec")
    assert "http://127.0.0.1:9 cannot be reached (" in str(caught.value)
    assert "Is the name right, and is there a network?" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert offline == [(True, True)]
    assert (constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE) == (False, False)
    assert capfd.readouterr() == ("", "")


def test_without_a_network_a_copy_that_was_kept_is_read(
    monkeypatch: pytest.MonkeyPatch, hub_has: dict[tuple[Any, ...], Any]
) -> None:
    hub_has["me/mine", None, None] = datasets.DatasetDict(train=texts(20))
    monkeypatch.setattr(hub, "_unreachable", lambda: "the hub cannot be reached")
    assert sizes(read_dataset("me/mine")) == (16, 2, 2)


def test_what_answers_is_asked_by_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise HTTPError("http://x", 403, "no", Message(), None)

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    assert hub._unreachable() == ""


def test_options_of_files_are_not_for_data_sets(opinions: Path) -> None:
    with pytest.raises(SettingsError, match=r"^delimiter and encoding: for files, but"):
        read_dataset(str(opinions), delimiter=";", encoding="utf-8")


def test_tags_that_are_not_told(tmp_path: Path) -> None:
    rows = {"tokens": [["a", "b"]] * 9, "ner_tags": [[0, -1], [1, 0], [-1, 1]] * 3}
    features = datasets.Features({k: SENTENCES[k] for k in rows})
    made = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict(train=made, val=made, test=made).save_to_disk(tmp_path / "n")
    data = read_dataset(str(tmp_path / "n"), label_column="ner_tags")
    assert data.train.targets[:3] == (("O", None), ("B-PER", "O"), (None, "B-PER"))


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str, hub_has: dict[tuple[Any, ...], Any]) -> None:
    preset = PRESETS[name]
    options = preset.options
    assert options.tokens_column is not None
    assert options.label_column is not None
    ids: Any = list(range(80))
    target: Any = [n % 2 for n in ids]
    tokens: Any = [" ".join(["Word"] * (n + 1)) for n in ids]
    if name == "conll2003":
        tokens, target = sentences(80)["tokens"], sentences(80)["ner_tags"]
    rows = {options.tokens_column: list(tokens), options.label_column: list(target)}
    place = (preset.repository, preset.configuration, preset.revision)
    made = datasets.Dataset.from_dict(rows)
    hub_has[place] = datasets.DatasetDict(train=made, validation=made, test=made)
    data = read_dataset(name)
    longest = 32 if name == "conll2003" else 64
    assert max(map(len, data.train.sequences + data.validation.sequences)) == longest
    assert (len(data.test), data.input.max_bare_length) == (80, 80)
    assert data.tagging == (name == "conll2003")
    assert options.max_vocabulary == 20_000
    assert sizes(read_dataset(name, max_training_length=None)) == (80, 80, 80)
    assert sizes(read_dataset(name, tp.ReadOptions())) == (80, 80, 80)


def test_a_folder_with_the_name_of_a_preset(
    opinions: Path,
    hub_has: dict[tuple[Any, ...], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del hub_has
    monkeypatch.chdir(opinions.rename(opinions.with_name("trec")).parent)
    with pytest.raises(DataError, match="from the Hugging Face hub"):
        read_dataset("trec")
    assert sizes(read_dataset("./trec")) == (18, 2, 4)


def test_a_source_gives_the_same_again(
    opinions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(opinions.parent)
    source, data = DatasetSource("opinions").read()
    assert source.name == str(opinions)
    assert source.options == tp.ReadOptions()
    assert len(source.fingerprint) == 64
    stored = json.loads(json.dumps(source_to_json(source)))
    assert stored["kind"] == "dataset"
    again = decode(stored, source_document())
    assert again == source
    assert again.dataset() == data == read_dataset(str(opinions))
    preset = DatasetSource("trec", None)
    assert hub.options_for(preset.name).max_training_length == 64


def test_another_data_set_is_refused(opinions: Path) -> None:
    source, _ = DatasetSource(str(opinions)).read()
    relabelled = texts(20).map(lambda row: {"label": 1 - row["label"]})
    parts = datasets.DatasetDict(train=relabelled, test=texts(4, 100))
    for file in sorted(opinions.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    parts.save_to_disk(opinions)
    with pytest.raises(
        DataError, match=r"not what was learned from: expected fingerpr"
    ):
        source.dataset()


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(SettingsError, match=r"install 'transformer-programs\[hf\]'"):
        read_dataset("trec")
