"""FASTA files: headers with labels, sequences of characters."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import transformer_programs as tp
from data.data_files import write
from transformer_programs.data import ReadOptions, read_examples
from transformer_programs.errors import DataError

SEQUENCES = ["".join("ACGT"[(n >> k) % 4] for k in (0, 1, 2, 3, 4)) for n in range(40)]


def fasta(header: str, width: int = 3) -> str:
    blocks = []
    for n, sequence in enumerate(SEQUENCES):
        lines = [sequence[at : at + width] for at in range(0, len(sequence), width)]
        label, part = ("site", "none")[n % 2], ("training", "testing")[n % 5 == 0]
        blocks.append("\n".join([header.format(n=n, label=label, part=part), *lines]))
    return "\n".join(blocks) + "\n"


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (">s{n} {label}", None),
        ("> s{n}\t{label}", None),
        (">s{n}|{label}", None),
        (">s{n} | {label}", None),
        (">s{n}|{label}|{part}", None),
        (">sp|Q{n}|X_HUMAN {label}", "-1"),
        (">s{n} {label} of {n} letters", "1"),
        (">{label} s{n}", "0"),
        (">s{n}|0|{label}", "2"),
    ],
)
def test_headers(tmp_path: Path, header: str, column: str | None) -> None:
    path = write(tmp_path / "a.fa", "; a comment\n\n" + fasta(header))
    examples = read_examples(path, ReadOptions(label_column=column))
    assert ["".join(tokens) for tokens in examples.sequences] == SEQUENCES
    assert examples.targets[:3] == ("site", "none", "site")


@pytest.mark.parametrize("name", ["a.fasta", "a.fna", "a.FAA", "a.fa.gz", "a.txt"])
def test_they_are_split_like_a_table_of_characters(tmp_path: Path, name: str) -> None:
    text = fasta(">s{n} {label}").encode()
    path = write(tmp_path / name, gzip.compress(text) if name[-2:] == "gz" else text)
    rows = [f"{s},{('site', 'none')[n % 2]}" for n, s in enumerate(SEQUENCES)]
    table = write(tmp_path / "b.csv", "\n".join(["text,label", *rows]))
    data = tp.read_sequences(path)
    assert data.test == tp.read_sequences(table, split="characters").test
    assert data.input.split == "characters"
    assert set(data.input.vocabulary.tokens) == {"<unk>", *"ACGT"}
    both = tp.read_sequences(path, test=table)
    assert len(both.test) == len(SEQUENCES)


def test_a_third_field_is_the_part(tmp_path: Path) -> None:
    data = tp.read_sequences(write(tmp_path / "a.fa", fasta(">s{n}|{label}|{part}")))
    assert len(data.test) == 8


def test_a_label_may_have_several_words(tmp_path: Path) -> None:
    text = ">s1 signal peptide\nMK\n>s2 signal anchor\nMKV*\n>s3\nMA\n"
    notes: list[str] = []
    examples = read_examples(write(tmp_path / "a.faa", text), on_note=notes.append)
    assert examples.targets == ("signal peptide", "signal anchor")
    assert examples.sequences[1] == ("M", "K", "V", "*")
    (note,) = notes
    assert note.startswith("1 of 3 sequences have no label and are left out")


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            "ACGT\n>a x\nA\n",
            {},
            "a.fa:1: expected a header that begins with '>', found",
        ),
        (">a x\n>b y\nA\n", {}, "a.fa:1: expected a sequence below the header 'a x', "),
        (">a x\nA\n>b y\n", {}, "a.fa:3: expected a sequence below the header 'b y', "),
        (
            ">a\nA\n>b\nC\n",
            {},
            "a.fa:1: expected a label in the header, as in '>id label' or '>id|label', "
            "found 'a'",
        ),
        (
            ">a x\nA\n>sp|b y\nC\n",
            {},
            "a.fa:3: expected either '>id label' or '>id|label' as headers, found "
            "'sp|b y'; set label_column to the number of the field with the label",
        ),
        (">a|x\nA\n>b y\nC\n", {}, "a.fa:3: expected either"),
        (
            ">a|x|7\nA\n",
            {},
            "a.fa:1: expected a header '>id|label' or '>id|label|train'",
        ),
        (
            ">a x\nA\n",
            {"label_column": "2"},
            "a.fa:1: expected a field 2 in the he",
        ),
        (">a x\nA\n", {"label_column": "x"}, "expected a field's number in label_colu"),
        (">a x\nA\n", {"tokens_column": "0"}, "omit tokens_column"),
        (">a x\nA\n", {"split": "words"}, "found 'words'; omit split"),
        (">a x\nA\n", {"group_column": "id"}, "found fasta; omit group_column"),
        ("", {}, "a.fa: expected labelled sequences, found none"),
    ],
)
def test_errors(
    tmp_path: Path, text: str, options: dict[str, str], message: str
) -> None:
    path = write(tmp_path / "a.fa", text)
    with pytest.raises(DataError) as caught:
        tp.read_sequences(path, **options)  # type: ignore[arg-type]
    assert message in str(caught.value)
