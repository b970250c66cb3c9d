import json
from collections import Counter
from dataclasses import asdict, fields

import pytest

from transformer_programs.data import ReadOptions, labelled_sequences, read_sequences
from transformer_programs.data.assembly import assemble
from transformer_programs.data.options import ReadChanges
from transformer_programs.data.records import NO_RECORDS, Origin, Row, records_of
from transformer_programs.data.split import Parts
from transformer_programs.errors import DataError, SettingsError


def classed(count, classes=2):
    return [([f"w{i}", "is"], f"c{i % classes}") for i in range(count)]


def write_jsonl(path, pairs, **extra):
    lines = [
        {"tokens": tokens, "tags" if isinstance(target, list) else "label": target}
        for tokens, target in pairs
    ]
    path.write_text("".join(json.dumps(line | extra) + "\n" for line in lines))
    return path


def parts(data):
    return data.train, data.validation, data.test


def sizes(data):
    return tuple(map(len, parts(data)))


def test_the_split_is_80_10_10_and_fixed_by_the_seed():
    pairs = classed(200)
    data = labelled_sequences(pairs)
    assert sizes(data) == (160, 20, 20)
    assert len(set(data.sequences)) == 200
    assert data == labelled_sequences(pairs)
    assert data.test != labelled_sequences(pairs, seed=1).test
    assert data.notes == (
        "split at random (seed 0) into 160 training, 20 validation and 20 test "
        "sequences, equal sequences on one side",
    )
    other = labelled_sequences(pairs, validation_fraction=0.3, test_fraction=0.25)
    assert sizes(other) == (90, 60, 50)


@pytest.mark.parametrize("seed", range(5))
def test_classes_are_held_in_proportion(seed):
    pairs = [([f"w{i}"], "rare" if i % 10 == 0 else "common") for i in range(300)]
    data = labelled_sequences(pairs, seed=seed)
    assert [Counter(part.targets)["rare"] for part in parts(data)] == [24, 3, 3]


@pytest.mark.parametrize("seed", range(5))
def test_the_only_example_of_a_class_is_trained_on(seed):
    pairs = [*classed(30), (["single"], "alone")]
    data = labelled_sequences(pairs, seed=seed)
    assert "alone" in data.train.targets
    assert "alone" in data.labels


@pytest.mark.parametrize("seed", range(5))
def test_equal_sequences_stay_on_one_side(seed):
    pairs = classed(40) * 3 + [(["twice"], "c0"), (["twice"], "c1")]
    data = labelled_sequences(pairs, seed=seed)
    assert sum(sizes(data)) == len(pairs)
    train, validation, test = (set(part.sequences) for part in parts(data))
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert data.notes[:2] == (
        "81 of 122 sequences repeat an earlier one",
        "1 distinct sequence has different labels",
    )


def test_too_few_sequences():
    assert sizes(labelled_sequences(classed(4))) == (2, 1, 1)
    with pytest.raises(DataError, match=r"^data: expected more than 2 distinct .*d 2$"):
        labelled_sequences(classed(2) * 5)
    with pytest.raises(DataError, match=r"more than 6 .* found 6"):
        labelled_sequences(classed(6), validation_fraction=0.9, test_fraction=0.09)
    with pytest.raises(DataError, match=r"^data: expected training sequences, found"):
        labelled_sequences([])


def test_a_given_split(tmp_path):
    path = tmp_path / "a.jsonl"
    names = ["train", "Train ", "dev", "test", "valid", "val", "validation"]
    lines = [
        json.dumps({"text": f"w{i}", "label": f"c{i}", "split": name})
        for i, name in enumerate(names)
    ]
    path.write_text("\n".join(lines))
    data = read_sequences(path)
    assert [part.sequences for part in parts(data)] == [
        (("w0",), ("w1",)),
        (("w2",), ("w4",), ("w5",), ("w6",)),
        (("w3",),),
    ]
    assert data.labels == ("c0", "c1")
    assert data.notes == (
        "never in the training data, so counted as errors: "
        "'c2', 'c3', 'c4', 'c5', 'c6'",
    )
    # Labels that were never trained on equal no prediction.
    assert data.encode(data.test).targets.tolist() == [2]


def test_a_split_column_in_a_table(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"w{i},c{i % 2},{'test' if i < 3 else 'train'}" for i in range(13)]
    path.write_text("\n".join(["text,label,split", *rows]))
    data = read_sequences(path)
    assert sizes(data) == (9, 1, 3)
    assert data.test.sequences == (("w0",), ("w1",), ("w2",))
    renamed = read_sequences(path, label_column="split")
    assert renamed.labels == ("test", "train")
    assert sum(sizes(renamed)) == 13


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ['{"text": "a", "label": "x", "split": "eval"}'],
            r":1: expected one of train",
        ),
        (['{"text": "a", "label": "x", "split": null}'], r":1: .* found None$"),
        (
            [
                '{"text": "a", "label": "x", "split": "train"}',
                '{"text": "b", "label": "y"}',
            ],
            r":2: expected a split field, as in other lines of a.jsonl, found none",
        ),
        (
            ['{"text": "a", "label": "x", "split": "test"}'],
            r"a.jsonl: expected training sequences, found none",
        ),
    ],
)
def test_bad_splits(tmp_path, lines, message):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=message):
        read_sequences(path)


def test_separate_files(tmp_path):
    train = write_jsonl(tmp_path / "train.jsonl", classed(20))
    test = write_jsonl(tmp_path / "test.jsonl", [*classed(2), (["new"], "c1")])
    data = read_sequences(train, test=test)
    assert sizes(data) == (18, 2, 3)
    assert data.test.sequences == (("w0", "is"), ("w1", "is"), ("new",))
    train_too = sum(s in data.train.sequences for s in data.test.sequences)
    assert train_too > 0
    assert (
        f"{train_too} of 3 test sequences are also in the training data" in data.notes
    )
    both = read_sequences(train, validation=test, test=test)
    assert sizes(both) == (20, 3, 3)
    assert both.train.sequences == tuple(tuple(tokens) for tokens, _ in classed(20))
    assert not any("split at random" in note for note in both.notes)


def test_a_split_field_and_a_separate_file_of_the_same_part_contradict(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", classed(9), split="test")
    with pytest.raises(DataError, match=r"a\.jsonl:1: expected no test data in this"):
        read_sequences(path, test=path)


def test_errors_in_separate_files_name_those(tmp_path):
    train = write_jsonl(tmp_path / "train.jsonl", classed(20))
    tags = write_jsonl(tmp_path / "tags.jsonl", [(["a"], ["c1"])])
    with pytest.raises(DataError, match=r"tags\.jsonl:1: expected a single label, as"):
        read_sequences(train, test=tags)
    with pytest.raises(DataError, match=r"no\.jsonl: no such file"):
        read_sequences(train, validation=tmp_path / "no.jsonl")


@pytest.mark.parametrize("target", ["same", ["same", "same"]])
def test_a_single_label_is_told(tmp_path, target):
    pairs = [(["a", f"w{i}"], target) for i in range(10)]
    data = read_sequences(write_jsonl(tmp_path / "a.jsonl", pairs))
    assert (data.labels, data.single_label) == (("same",), "same")
    assert data.notes[-1] == (
        "the data have one label only, 'same': a program for them always gives it, "
        "whatever its input"
    )
    mixed = labelled_sequences(classed(30))
    assert mixed.single_label is None
    assert not any("one label only" in note for note in mixed.notes)


def test_no_label_is_refused():
    rows = (Row(i, ["a", f"w{i}"], [None, None]) for i in range(10))
    parts = Parts(records_of(Origin(""), rows), NO_RECORDS, NO_RECORDS)
    with pytest.raises(DataError, match="expected labels in the training data, found"):
        assemble("none", "none", parts, ReadOptions())


def test_a_label_that_only_another_part_has_is_named(tmp_path):
    with pytest.raises(DataError) as caught:
        labelled_sequences([(["a"], "A"), (["b"], "B")] * 5, test_fraction=0)
    assert str(caught.value).startswith(
        "data: expected 2 labels or more in the training data, as the data have them, "
        "found only "
    )
    assert "equal sequences go to one part, and 2 distinct ones are few" in str(
        caught.value
    )
    train = write_jsonl(tmp_path / "a.jsonl", [([f"w{i}"], "A") for i in range(5)])
    test = write_jsonl(tmp_path / "b.jsonl", [([f"w{i}"], "B") for i in range(5)])
    with pytest.raises(DataError, match="found only 'A' there, and 'B' in validation"):
        read_sequences(train, test=test)


@pytest.mark.parametrize("seed", range(20))
def test_a_split_leaves_every_label_in_training(seed):
    """Where another sequence can be held out instead."""
    common = [([f"w{i}", "x"], ["A", "B"]) for i in range(12)]
    rare = [([f"r{i}"], [f"R{i}"]) for i in range(6)]
    data = labelled_sequences(common + rare, seed=seed)
    assert data.labels == ("A", "B", *(f"R{i}" for i in range(6)))
    assert len(data.validation) == len(data.test) == 2
    assert not any("never in the training data" in note for note in data.notes)
    small = labelled_sequences(
        [(["a"], "A"), (["b"], "B"), (["c"], "B")], test_fraction=0, seed=seed
    )
    assert small.labels == ("A", "B")


def test_tokens_stand_in_natural_order_whatever_their_frequency() -> None:
    numbers = ["10", "9", "-1", "2.5", "9", "9"]
    pairs = [(numbers + ["x", "B"] * i, f"c{i % 2}") for i in range(1, 12)]
    tokens = labelled_sequences(pairs).input.vocabulary.tokens
    assert tokens == ("<unk>", "-1", "2.5", "9", "10", "B", "x")
    many = [([str(n)], f"c{n % 2}") for n in range(200)]
    found = labelled_sequences(many, test_fraction=0).input.vocabulary.tokens[1:]
    assert [*found] == sorted(found, key=int)


def test_of_many_words_the_most_frequent_come_first() -> None:
    words = [f"w{n}" for n in range(90)]
    pairs = [
        (["z", "z", words[n], words[(n * 7) % 90]], f"c{n % 2}") for n in range(90)
    ]
    tokens = labelled_sequences(pairs, test_fraction=0).input.vocabulary.tokens
    assert tokens[:2] == ("<unk>", "z")


def test_the_most_frequent_tokens_are_kept():
    pairs = [(["b", "b", "c", "a", f"w{i}"], f"c{i % 2}") for i in range(10)]
    data = labelled_sequences(pairs, test_fraction=0.2)
    seen = {token for s in data.train.sequences for token in s}
    rare = tuple(sorted(seen - {"a", "b", "c"}))
    assert data.input.vocabulary.tokens == ("<unk>", "a", "b", "c", *rare)
    assert data.input.vocabulary.unknown == "<unk>"
    limited = labelled_sequences(pairs, max_vocabulary=3)
    assert limited.input.vocabulary.tokens == ("<unk>", "a", "b")
    # Everything can be encoded, tokens of the test data that were never seen too.
    assert limited.encode(limited.test).ids[0].tolist() == [2, 2, 0, 1, 0]
    assert 0 in data.encode(data.test).ids


def test_a_literal_unknown_token_means_unknown():
    pairs = [(["<unk>", "<unk>", f"w{i % 3}"], f"c{i}") for i in range(9)]
    tokens = labelled_sequences(pairs).input.vocabulary.tokens
    assert tokens.count("<unk>") == 1
    closed = labelled_sequences(
        [(["<unk>", "x"] + ["y"] * i, f"c{i}") for i in range(9)],
        closed_vocabulary=True,
    )
    assert closed.input.vocabulary.unknown is None
    assert "<unk>" in closed.input.vocabulary


def test_a_closed_vocabulary(tmp_path):
    train = write_jsonl(tmp_path / "a.jsonl", [(["a"], "x"), (["b"], "y")])
    test = write_jsonl(tmp_path / "b.jsonl", [(["b"], "x"), (["a", "c"], "y")])
    with pytest.raises(DataError, match=r"b\.jsonl:2: expected tokens of the training"):
        read_sequences(train, validation=train, test=test, closed_vocabulary=True)
    data = read_sequences(train, validation=train, test=train, closed_vocabulary=True)
    assert data.input.vocabulary.tokens == ("a", "b")


def test_length(tmp_path):
    train = write_jsonl(tmp_path / "a.jsonl", classed(9))
    pair = (["a", "b", "c", "d"], ["x", "y", "x", "y"])
    test = write_jsonl(tmp_path / "b.jsonl", [(pair[0], "c1")])
    assert read_sequences(train).input.max_length == 2
    assert read_sequences(train, test=test).input.max_length == 4
    assert read_sequences(train, max_length=7).input.max_length == 7
    with pytest.raises(DataError, match=r"b\.jsonl:1: expected at most 3 .*truncate$"):
        read_sequences(train, test=test, max_length=3)
    cut = read_sequences(train, test=test, max_length=3, truncate=True)
    assert cut.test.sequences == (("a", "b", "c"),)
    tagged = labelled_sequences(
        [pair, (["e"], ["x"]), (["f"], ["y"]), (["g", "h"], ["x", "y"])],
        max_length=3,
        truncate=True,
    )
    assert all(
        len(s) == len(t) <= 3
        for part in parts(tagged)
        for s, t in zip(part.sequences, part.targets, strict=True)
    )


def test_long_sequences_are_only_tested_on(tmp_path):
    def pairs(longest):
        return [([f"w{n}"] * n, f"c{n % 2}") for n in range(1, longest + 1)]

    train = write_jsonl(tmp_path / "a.jsonl", pairs(9))
    validation = write_jsonl(tmp_path / "b.jsonl", pairs(7))
    test = write_jsonl(tmp_path / "c.jsonl", pairs(8))
    files = {"validation": validation, "test": test}
    data = read_sequences(train, max_training_length=6, **files)
    assert sizes(data) == (6, 6, 8)
    assert data.input.max_length == 8
    assert "w7" not in data.input.vocabulary
    note = "3 training and 1 validation sequences of more than 6 tokens are left out"
    assert note in data.notes
    assert read_sequences(train, **files).input.max_length == 9
    shorter = read_sequences(train, max_training_length=7, **files)
    assert "2 training sequences of more than 7 tokens are left out" in shorter.notes
    same = read_sequences(train, max_training_length=9, **files)
    assert same == read_sequences(train, **files)
    cut = {"max_length": 4, "truncate": True}
    assert sizes(read_sequences(train, max_training_length=4, **cut, **files))[0] == 9
    long = write_jsonl(tmp_path / "d.jsonl", pairs(9)[5:])
    with pytest.raises(
        DataError, match=r"a\.jsonl: expected validation sequences of at"
    ):
        read_sequences(train, max_training_length=5, validation=long, test=test)


def test_long_sequences_of_a_random_split_are_left_out_too():
    pairs = [([f"w{n}"] * (n % 10 + 1), f"c{n % 2}") for n in range(100)]
    data = labelled_sequences(pairs, max_training_length=5)
    whole = labelled_sequences(pairs)
    assert data.test == whole.test
    assert max(map(len, data.train.sequences + data.validation.sequences)) == 5
    assert set(data.train.sequences) < set(whole.train.sequences)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("What's  this, then?", ("What", "'", "s", "this", ",", "then", "?")),
        ("3.5 a_b -- Größe", ("3", ".", "5", "a_b", "-", "-", "Größe")),
        ("\n<unk>\t", ("<", "unk", ">")),
        (" ", ()),
    ],
)
def test_texts_are_split_into_words(text, tokens):
    assert ReadOptions(split="words").tokens_of(text) == tokens


def test_tags_are_not_split_into_words(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"Ada {n},B-PER O\n" for n in range(9)]
    path.write_text("".join(["text,tags\n", *rows]))
    assert read_sequences(path, split="words").labels == ("B-PER", "O")
    path.write_text("".join(["text,label\n", *rows]))
    assert read_sequences(path, split="words").tagging


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ((["a"], ["x", "y"]), r"expected one tag per token, found 1 tokens and 2 tags"),
        (
            (["a", 3.5], "x"),
            r"expected strings or integers as tokens, found 3\.5 at position 1",
        ),
        (({"a": 1}, "x"), r"expected a text or a list of tokens, found \{'a': 1\}"),
        ((["a"], [2.5]), r"expected strings, integers or null \(no label\) as tags, "),
        ((["a"], True), r"expected a string or an integer as label, found True; write"),
        (["a", "b"], r"expected a pair of tokens and labels, found \['a', 'b'\]; or g"),
        (([], "x"), r"expected at least one token, found none"),
        ((["a"],), r"expected a pair of tokens and labels, found \(\['a'\],\)"),
        (3, r"expected a pair of tokens and labels, found 3"),
        ((["a"], ["x"]), r"expected a single label, as at mine\[0\], found a list of"),
    ],
)
def test_bad_pairs_are_named_by_their_index(pair, message):
    with pytest.raises(DataError, match=rf"^mine\[9\]: {message}"):
        labelled_sequences([*classed(9), pair], name="mine")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation_fraction": 0.0}, "expected 0 < validation_fraction < 1"),
        ({"test_fraction": -0.1}, "expected 0 <= test_fraction < 1"),
        ({"test_fraction": 1.0}, "expected 0 <= test_fraction < 1"),
        ({"validation_fraction": 0.5, "test_fraction": 0.5}, "< 1, got 0.5"),
        (
            {"split": "lines"},
            "expected split whitespace, characters, words, None, got 'lines'",
        ),
        ({"max_vocabulary": 1}, "expected max_vocabulary >= 2, got 1"),
        ({"max_length": 0}, "expected max_length >= 1, got 0"),
        ({"max_training_length": 0}, "expected max_training_length >= 1, got 0"),
        ({"truncate": True}, "truncate needs max_length"),
        ({"closed_vocabulary": True, "max_vocabulary": 9}, "choose one of them"),
    ],
)
def test_options_that_contradict_each_other(changes, message):
    with pytest.raises(SettingsError, match=message):
        ReadOptions(**changes)
    with pytest.raises(SettingsError, match=message):
        labelled_sequences(classed(9), **changes)


def test_data_in_memory_have_no_files():
    with pytest.raises(SettingsError, match="no validation or test file"):
        labelled_sequences(classed(9), test="test.csv")


def test_options_are_json_and_keywords_are_their_fields(tmp_path):
    names = [field.name for field in fields(ReadOptions)]
    assert list(ReadChanges.__annotations__) == names
    options = ReadOptions(split="characters", max_length=9, test="t.csv")
    assert ReadOptions(**json.loads(json.dumps(asdict(options)))) == options
    path = write_jsonl(tmp_path / "a.jsonl", classed(9))
    assert read_sequences(path, ReadOptions(seed=4)) == read_sequences(path, seed=4)
    assert read_sequences(path, ReadOptions(seed=4), seed=0) == read_sequences(path)


def test_a_data_set_shows_what_it_is_not_what_it_holds() -> None:
    pairs = [(["a", str(i)], "yes" if i % 2 else "no") for i in range(50)]
    shown = repr(labelled_sequences(pairs, name="mine"))
    assert shown == (
        "<Dataset 'mine': classification, 40 train, 5 validation, 5 test sequences, "
        "42 tokens, 2 labels>"
    )


def test_no_test_part():
    data = labelled_sequences(classed(40), test_fraction=0)
    assert (len(data.train), len(data.validation), len(data.test)) == (36, 4, 0)
    assert len(data.encode(data.test)) == 0
    assert "36 training, 4 validation and 0 test sequences" in " ".join(data.notes)
    assert "0 test" in repr(data)
