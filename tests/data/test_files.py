import gzip
import json
import re
from pathlib import Path

import pytest

from external import DATA
from transformer_programs import data as door
from transformer_programs.data import ReadOptions, read_examples, read_sequences
from transformer_programs.data.files import name_of_file
from transformer_programs.errors import DataError
from transformer_programs.system import read_lines

DOCS = Path(__file__).parents[2] / "docs"
UNER = DATA / "uner_ewt"
"""Universal NER, English EWT, as train.txt.gz, valid.txt.gz and test.txt.gz."""


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        path = tmp_path / name
        data = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write_file


def sequences_of(data):
    return sorted(data.sequences)


TAGGED = [((f"w{i}", "is"), ("A" if i % 2 else "B", "O")) for i in range(10)]
CLASSED = [((f"w{i}", "is"), "yes" if i % 2 else "no") for i in range(10)]


def as_jsonl(pairs):
    lines = []
    for tokens, target in pairs:
        field = "label" if isinstance(target, str) else "tags"
        lines.append(json.dumps({"tokens": tokens, field: target}) + "\n")
    return "".join(lines)


def as_table(pairs, comma):
    rows = []
    for tokens, target in pairs:
        label = target if isinstance(target, str) else " ".join(target)
        rows.append(f"{' '.join(tokens)}{comma}{label}\n")
    name = "label" if isinstance(pairs[0][1], str) else "tags"
    return f"text{comma}{name}\n" + "".join(rows)


def as_columns(pairs, comma):
    sentences = []
    for tokens, tags in pairs:
        lines = (f"{t}{comma}{g}\n" for t, g in zip(tokens, tags, strict=True))
        sentences.append("".join(lines))
    return "\n".join(sentences)


@pytest.mark.parametrize("zipped", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "text", "pairs"),
    [
        ("a.jsonl", as_jsonl(TAGGED), TAGGED),
        ("a.jsonl", as_jsonl(CLASSED), CLASSED),
        ("a.csv", as_table(TAGGED, ","), TAGGED),
        ("a.csv", as_table(CLASSED, ","), CLASSED),
        ("a.tsv", as_table(TAGGED, "\t"), TAGGED),
        ("a.tsv", as_table(CLASSED, "\t"), CLASSED),
        ("a.CSV", as_table(CLASSED, ","), CLASSED),
        ("a.conll", as_columns(TAGGED, "\t"), TAGGED),
        ("a.iob", as_columns(TAGGED, " "), TAGGED),
        ("a.txt", as_columns(TAGGED, " x y "), TAGGED),
    ],
)
def test_every_format(write, name, text, pairs, zipped):
    path = write(name + zipped, text)
    examples = read_examples(path)
    assert list(zip(examples.sequences, examples.targets, strict=True)) == pairs
    data = read_sequences(path)
    assert data.name == "a"
    assert data.tagging == (pairs is TAGGED)
    assert sequences_of(data) == sorted(tokens for tokens, _ in pairs)
    targets = dict(pairs)
    for part in (data.train, data.validation, data.test):
        assert part.targets == tuple(targets[s] for s in part.sequences)


@pytest.mark.parametrize(
    ("name", "text", "split"),
    [
        ("a.jsonl", as_jsonl(TAGGED), None),
        ("a.csv", as_table(TAGGED, ","), "words"),
        ("a.tsv", as_table(CLASSED, "\t"), "words"),
        ("a.conll", as_columns(TAGGED, "\t"), None),
        ("a.jsonl", as_jsonl([(" ".join(t), label) for t, label in CLASSED]), "words"),
        (
            "a.jsonl",
            as_jsonl([(" ".join(t), " ".join(tags)) for t, tags in TAGGED]),
            "words",
        ),
        (
            "a.jsonl",
            as_jsonl([CLASSED[0], *((" ".join(t), c) for t, c in CLASSED[1:])]),
            None,
        ),
    ],
)
def test_the_input_format_says_how_texts_were_split(write, name, text, split):
    data = read_sequences(write(name, text), split="words")
    assert data.input.split == split


def test_the_folder_names_data_in_a_file_called_train(tmp_path, monkeypatch):
    folder = tmp_path / "trec"
    folder.mkdir()
    for name in ("train.conll", "Training.conll", "trainer.conll"):
        (folder / name).write_text(as_columns(TAGGED, " "))
    assert read_sequences(folder / "train.conll").name == "trec"
    assert read_sequences(folder / "Training.conll").name == "trec"
    assert read_sequences(folder / "trainer.conll").name == "trainer"
    monkeypatch.chdir(folder)
    assert read_sequences("train.conll").name == "trec"
    assert name_of_file(Path("/train.conll.gz")) == "train"


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv", "a.conll"])
def test_byte_order_mark_and_windows_line_ends(write, name):
    text = {
        "a.jsonl": as_jsonl(TAGGED),
        "a.csv": as_table(TAGGED, ","),
        "a.tsv": as_table(TAGGED, "\t"),
        "a.conll": as_columns(TAGGED, "\t"),
    }[name]
    windows = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    assert read_examples(write(name, windows)) == read_examples(
        write(f"unix-{name}", text)
    )


def test_lines_have_numbers_and_no_ends(write):
    path = write("a.txt", b"\xef\xbb\xbfa\r\nb\x85\n\nc".replace(b"\x85", b"\xc2\x85"))
    assert list(read_lines(path)) == [(1, "a"), (2, "b\x85"), (3, ""), (4, "c")]


def test_json_text_and_integers(write):
    path = write(
        "a.jsonl",
        '{"text": " what  a film ", "label": 1, "id": 9}\n\n'
        '{"tokens": [3, "1", 4], "label": "bad "}\n',
    )
    examples = read_examples(path)
    assert examples.sequences == (("what", "a", "film"), ("3", "1", "4"))
    assert examples.targets == ("1", "bad")


def test_csv_quotes_and_tsv_does_not(write):
    csv = write("a.csv", 'label,text\nx,"a ""b"", c\nd"\n\ny,e\n')
    assert read_examples(csv).sequences == (("a", '"b",', "c", "d"), ("e",))
    tsv = write("a.tsv", 'label\ttext\nx\t"a "b" c\ny\te\n')
    assert read_examples(tsv).sequences == (('"a', '"b"', "c"), ("e",))


def test_a_csv_row_over_several_lines_is_named_by_its_first(write):
    path = write("a.csv", 'label,text\nx,"a\nb\nc"\ny\n')
    with pytest.raises(DataError, match=r"a\.csv:5: expected 2 columns"):
        read_examples(path)


def test_chosen_columns(write):
    path = write("a.csv", "words,kind,text\na b,x,q\nc d,y,q\n")
    examples = read_examples(
        path, ReadOptions(tokens_column="words", label_column="kind")
    )
    assert examples.sequences == (("a", "b"), ("c", "d"))
    assert examples.targets == ("x", "y")
    path = write("a.conll", "1 a NN x\n2 b VB y\n")
    options = ReadOptions(tokens_column="1", label_column="-2")
    assert read_examples(path, options).sequences == (("a", "b"),)
    assert read_examples(path, options).targets == (("NN", "VB"),)


def test_characters(write):
    path = write("a.csv", "label,text\nEI,GAT TACA\nN,ACGT\n")
    options = ReadOptions(split="characters")
    examples = read_examples(path, options)
    assert examples.sequences == (tuple("GATTACA"), tuple("ACGT"))
    assert examples.targets == ("EI", "N")
    path = write("b.csv", "tags,text\nHHE,GAT\nE,A\n")
    assert read_examples(path, options).targets == (("H", "H", "E"), ("E",))


def test_a_column_of_any_name_is_tags_if_it_has_as_many_items_everywhere(write):
    as_tags = write("a.csv", "text,pos\na b,X Y\nc,Z\n")
    options = ReadOptions(label_column="pos")
    assert read_examples(as_tags, options).targets == (("X", "Y"), ("Z",))
    assert read_examples(as_tags, options, tagging=False).targets == ("X Y", "Z")
    as_label = write("b.csv", "text,pos\na b,X Y\nc d,Z\n")
    assert read_examples(as_label, options).targets == ("X Y", "Z")
    with pytest.raises(DataError, match=r"b\.csv:3: expected one tag per token"):
        read_examples(as_label, options, tagging=True)
    single = write("c.csv", "text,label\na,X\nc,Z\n")
    assert read_examples(single).targets == ("X", "Z")


def test_what_is_expected_of_evaluation_data(write):
    tagged = write("a.jsonl", as_jsonl(TAGGED))
    with pytest.raises(
        DataError, match=r"jsonl:1: expected a single label, found one tag per token"
    ):
        read_examples(tagged, tagging=False)
    assert len(read_examples(tagged, tagging=True)) == 10
    with pytest.raises(DataError, match=r"jsonl:1: expected at most 1 tokens, found 2"):
        read_examples(tagged, ReadOptions(max_length=1))


def test_conll_comments_documents_and_hash_tokens(write):
    path = write(
        "a.conll",
        "-DOCSTART- -X- O\n\n# text = # a b\n# sent 1 of 2\n# NN O\na NN X\n\n \n"
        "-DOCSTART- -X- O\nb NN Y\n# NN O\n\n# newdoc\n\n# last\n",
    )
    examples = read_examples(path)
    assert examples.sequences == (("#", "a"), ("b", "#"))
    assert examples.targets == (("O", "X"), ("Y", "O"))
    spaces = write("c.conll", "a X\n\n# O\n\n# a comment\nb Y\n")
    assert read_examples(spaces).sequences == (("a",), ("#",), ("b",))
    tabs = write("b.conll", "# two words\n#\tO\n# a\tX\n\n# x\n#\tO\n")
    assert read_examples(tabs).sequences == (("#", "# a"), ("#",))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"tags": ["x"]}', ":1: expected 'tokens' or 'text' among the fie"),
        (
            "a.jsonl",
            "{}",
            ":1: expected 'tokens' or 'text' and 'tags' or 'label' among the ",
        ),
        (
            "a.jsonl",
            '{"text": "a", "label": "x", "tags": ["x"]}',
            ":1: expected either 'tags' or 'label', found both; set label_column=",
        ),
        (
            "a.jsonl",
            '\n{"tokens": ["a", "b"], "tags": ["x"]}',
            ":2: expected one tag per token, found 2 tokens and 1 tags",
        ),
        ("a.jsonl", '{"tokens": ["a"], "tags": "x y"}', ":1: expected one tag per tok"),
        ("a.jsonl", "", ": expected labelled sequences, found none"),
        ("a.csv", "", ": expected labelled sequences, found none"),
        ("a.csv", "text,label\n", ": expected labelled sequences, found none"),
        ("a.conll", "\n\n", ": expected labelled sequences, found none"),
        ("a.conll", "# only this\n", ": expected labelled sequences, found none"),
        (
            "a.jsonl",
            b'\n"\xff\x00"',
            ":2: expected text, found bytes that are neither ",
        ),
        ("a.csv", b"text,label\na,\x81\n", ":2: expected UTF-8 text, found byte 0x81"),
        ("a.jsonl", "[1]", ":1: expected one JSON object, found [1]"),
        ("a.jsonl", "{", ":1: expected one JSON object, found invalid JSON: Expecting"),
        ("a.jsonl", "[" * 99_999, ":1: expected one JSON object, found maximum recurs"),
        ("a.jsonl", '{"a": ' + "1" * 9999, ":1: expected one JSON object, found Exce"),
        (
            "a.jsonl",
            '{"text": "a", "label": null}',
            ": expected labelled sequences, found none; 1 of 1 sequences have no label",
        ),
        ("a.jsonl", '{"text": "a", "label": true}', ":1: expected a string or an inte"),
        ("a.jsonl", '{"text": "a", "label": 1.5}', ":1: expected a string or an integ"),
        ("a.jsonl", '{"text": "a", "label": " "}', ":1: expected a label, found an em"),
        (
            "a.jsonl",
            '{"tokens": ["a"], "tags": [0.5]}',
            ":1: expected strings, integers or null (no label) as tags, found 0.5 at ",
        ),
        (
            "a.jsonl",
            '{"tokens": ["a", 0.5], "tags": ["x", "x"]}',
            ":1: expected strings or integers as tokens, found 0.5 at position 1",
        ),
        ("a.jsonl", '{"tokens": [true], "tags": ["x"]}', ":1: expected strings or int"),
        ("a.jsonl", '{"tokens": 3, "tags": ["x"]}', ":1: expected a list or a text in"),
        (
            "a.jsonl",
            '{"tokens": ["a", ""], "label": "x"}',
            ":1: expected tokens that are not empty",
        ),
        ("a.jsonl", '{"tokens": ["a"], "tags": [""]}', ":1: expected a label, found a"),
        ("a.jsonl", '{"tokens": [], "tags": []}', ":1: expected at least one token, f"),
        ("a.csv", "text,label\n ,x\n", ":2: expected at least one token, found none"),
        (
            "a.jsonl",
            '{"text": "a", "label": "x"}\n{"tokens": ["a"], "tags": ["x"]}',
            ":2: expected a single label, as at ",
        ),
        (
            "a.jsonl",
            '{"tokens": ["a"], "tags": ["x"]}\n{"text": "a", "label": "x"}',
            ":2: expected one tag per token, as at ",
        ),
        ("a.csv", "text,class\na,x\n", ":1: expected 'tags' or 'label' among the fiel"),
        ("a.tsv", "words\tlabel\na\tx\n", ":1: expected 'tokens' or 'text' among the "),
        ("a.csv", "text,text,label\n", ":1: expected distinct column names, found tex"),
        (
            "a.csv",
            "text,label\na,b,c\n",
            ":2: expected 2 columns (text, label) divided by ',', found 3: ['a', 'b', ",
        ),
        (
            "a.tsv",
            "text\tlabel\na b\n",
            ":2: expected 2 columns (text, label) divided b",
        ),
        (
            "a.csv",
            'text,label\na,b\n"c,d\n',
            ":3: expected fields divided by ',', foun",
        ),
        (
            "a.csv",
            "text,label\na,\n",
            ": expected labelled sequences, found none; 1 of 1",
        ),
        (
            "a.csv",
            "text,tags\na,\n",
            ": expected labelled sequences, found none; 1 of 1",
        ),
        ("a.jsonl", '{"text": "a"}', ":1: expected 'tags' or 'label' among the fields"),
        ("a.csv", "text,tags\na b,x\n", ":2: expected one tag per token, found 2 toke"),
        ("a.conll", "a\n", ":1: expected a token and a tag in columns, found 1 column"),
        ("a.conll", "a X\nb NN Y\n", ":2: expected 2 columns, as in the lines before"),
        ("a.conll", "a\tX\n\tY\n", ":2: expected a token and a tag, found an empty co"),
        (
            "a.conll",
            "a\tX\nb\t\n",
            ":2: expected a token and a tag, found an empty col",
        ),
        ("a.xlsx", "PK\x03\x04", ": expected a text file, found a zip archive, as Exc"),
        ("a", "", ": expected labelled sequences, found none"),
        (
            "a",
            "nothing known",
            ": expected JSON lines, a table with names of columns, ",
        ),
    ],
)
def test_bad_input_is_one_clear_line_with_its_place(write, name, text, message):
    path = write(name, text)
    with pytest.raises(DataError) as caught:
        read_examples(path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)
    assert str(caught.value)[len(str(path)) :].startswith(message[0])
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_opened(write, tmp_path):
    with pytest.raises(DataError, match=r"no\.csv: no such file$"):
        read_sequences(tmp_path / "no.csv")
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path))}: .*a folder$"):
        read_sequences(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"folder\.csv: .* found a folder$"):
        read_sequences(tmp_path / "folder.csv")
    with pytest.raises(DataError, match=r"a\.csv/b\.csv: cannot be read: Not a dir"):
        read_sequences(write("a.csv", "") / "b.csv")


def test_damaged_gzip(write, tmp_path):
    whole = write("a.jsonl.gz", as_jsonl(TAGGED * 50)).read_bytes()
    path = tmp_path / "b.jsonl.gz"
    path.write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"b\.jsonl\.gz: expected a whole gzip file, f"):
        read_sequences(path)
    path.write_bytes(as_jsonl(TAGGED).encode())
    with pytest.raises(DataError, match=r"b\.jsonl\.gz: expected a gzip file, found"):
        read_sequences(path)
    path.write_bytes(whole[:40] + bytes(20) + whole[60:])
    with pytest.raises(DataError, match=r"b\.jsonl\.gz: expected a gzip file, found"):
        read_sequences(path)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("token", "a.conll: expected a column number in tokens_column"),
        ("5", "a.conll:1: expected a column 5, found 2 columns"),
        ("-3", "a.conll:1: expected a column -3, found 2 columns"),
    ],
)
def test_bad_conll_columns(write, column, message):
    path = write("a.conll", "a X\n")
    with pytest.raises(DataError, match=re.escape(message)):
        read_examples(path, ReadOptions(tokens_column=column))


def test_every_example_of_the_documentation_is_read(write):
    text = (DOCS / "how-to" / "data.md").read_text("utf-8")
    blocks = re.findall(r"^```(jsonl|csv|tsv|conll)\n(.*?)^```", text, re.M | re.S)
    assert [name for name, _ in blocks] == ["jsonl", "jsonl", "csv", "tsv", "conll"]
    read = [read_examples(write(f"a.{name}", block)) for name, block in blocks]
    assert [len(examples) for examples in read] == [2, 2, 2, 2, 1]
    assert [isinstance(e.targets[0], str) for e in read] == [
        *(False, True, True, False, False),
    ]
    assert read[-1].sequences == (("Ada", "lives", "here"),)


@pytest.mark.skipif(not UNER.exists(), reason="no external data: uner_ewt")
def test_universal_ner():
    data = read_sequences(
        UNER / "train.txt.gz",
        validation=UNER / "valid.txt.gz",
        test=UNER / "test.txt.gz",
        max_vocabulary=10_000,
    )
    parts = (data.train, data.validation, data.test)
    assert tuple(map(len, parts)) == (12_543, 2_001, 2_077)
    assert data.labels == (
        *("B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O"),
    )
    assert len(data.input.vocabulary) == 10_000
    assert [
        sum(tag.startswith("B") for tags in part.targets for tag in tags)
        for part in parts
    ] == [7_022, 966, 1_088]
    assert any("#" in sequence for sequence in data.train.sequences)
    assert data.tagging


def test_the_package_has_the_readers():
    assert door.read_sequences is read_sequences
    assert door.read_examples is read_examples


@pytest.mark.parametrize(
    "line",
    [
        r'{"tokens": ["a", "b\ud800"], "tags": ["X", "Y"]}',
        r'{"tokens": ["a", "b"], "tags": ["X", "b\ud800"]}',
        r'{"tokens": ["a\nc", "b"], "label": "b\ud800"}',
    ],
)
def test_lone_surrogates_are_refused(write, line):
    path = write("a.jsonl", f"{as_jsonl(TAGGED)}\n{line}\n")
    found = r"\.jsonl:\d+: expected text, found a lone surrogate in 'b\\ud800'"
    with pytest.raises(DataError, match=found):
        read_examples(path)


def test_lone_surrogates_in_memory_are_refused():
    for pair in ((["a", "\udfff"], ["X", "Y"]), (["a"], "\udfff")):
        with pytest.raises(DataError, match=r"^data\[1\]: expected text, found a lone"):
            door.labelled_sequences([(["a"], "X"), pair])
