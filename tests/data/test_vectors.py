from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

import transformer_programs as tp
from external import DATA
from transformer_programs.data import file_hash
from transformer_programs.data.vectors import (
    UsedVectors,
    WordVectors,
    read_again,
    read_vectors,
    vectors_for_data,
)
from transformer_programs.errors import DataError, SettingsError
from transformer_programs.language.types import Vocabulary

GLOVE = "the 0.5 -1 2\ncat 1 2 3\n. . . 4 5 6\nthe 9 9 9\nPaşa 7 8 9e-1\n"
WORDS = ("the", "cat", ". . .", "Paşa")
MATRIX = [[0.5, -1, 2], [1, 2, 3], [4, 5, 6], [7, 8, 0.9]]
UNION = DATA / "glove" / "glove_6B_50d_union_vocab.npz"


def binary(words: tuple[str, ...] = WORDS, end: bytes = b"\n") -> bytes:
    """A word2vec file; some writers end each vector with a newline."""
    rows = zip(words, MATRIX, strict=False)
    parts = [w.encode() + b" " + struct.pack("<3f", *row) + end for w, row in rows]
    return f"{len(parts)} 3\n".encode() + b"".join(parts)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def npz(folder: Path, name: str = "v.npz", **arrays: object) -> Path:
    np.savez(folder / name, **arrays)  # type: ignore[arg-type]
    return folder / name


ONE_WORD = ("the", "cat", "dots", "Paşa")
BYTES = np.frombuffer("\n".join(WORDS).encode(), np.uint8)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("glove.txt", GLOVE, WORDS),
        ("glove.txt.gz", GLOVE, WORDS),
        ("glove", GLOVE.replace("\n", " \r\n").replace("cat ", "cat\t"), WORDS),
        ("w2v.vec", "5 3\n" + GLOVE, WORDS),
        ("w2v.vec.gz", "5 3\n" + GLOVE, WORDS),
        ("w2v.bin", binary(ONE_WORD), ONE_WORD),
        ("w2v.bin.gz", binary(ONE_WORD, b""), ONE_WORD),
    ],
)
def test_formats(
    name: str, content: str | bytes, words: tuple[str, ...], tmp_path: Path
) -> None:
    path = write(tmp_path, name, content)
    found = read_vectors(path)
    assert found.words == words
    assert found.matrix.dtype == np.float32
    np.testing.assert_array_equal(found.matrix, np.float32(MATRIX))
    assert (found.path, found.sha256) == (str(path), file_hash(path))
    assert repr(found) == f"<WordVectors: 4 words, 3 features, {path}>"


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("arrays", [{"words_utf8": BYTES}, {"words": np.array(WORDS)}])
def test_arrays(arrays: dict[str, object], kind: type, tmp_path: Path) -> None:
    found = read_vectors(npz(tmp_path, **arrays, vectors=np.array(MATRIX, kind)))
    assert found.words == WORDS
    np.testing.assert_array_equal(found.matrix, np.array(MATRIX, kind).astype("f4"))


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.npz"])
def test_only_what_is_wanted_is_kept(name: str, tmp_path: Path) -> None:
    if name == "v.npz":
        path = npz(tmp_path, words=np.array(WORDS), vectors=np.array(MATRIX))
    else:
        path = write(tmp_path, name, binary(ONE_WORD) if "bin" in name else GLOVE)
    found = read_vectors(path, ["CAT", "dog", "Paşa"])
    assert found.words == ("cat", "Paşa")
    np.testing.assert_array_equal(found.matrix, np.float32(MATRIX)[[1, 3]])


def test_blocks_may_end_within_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (1, 2, 5, 13):
        monkeypatch.setattr("transformer_programs.data.vector_files._BLOCK", size)
        found = read_vectors(write(tmp_path, "v.bin", binary(ONE_WORD)))
        assert found.words == ONE_WORD
        np.testing.assert_array_equal(found.matrix, np.float32(MATRIX))


def test_a_word_that_is_no_utf8_equals_no_token(tmp_path: Path) -> None:
    content = binary(("the", "cat")).replace(b"cat", b"c\xff\xfe")
    path = write(tmp_path, "v.bin", content)
    assert read_vectors(path, ["the", "cat"]).words == ("the",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "v.txt",
            "a 1 2\nb 1\n",
            ":2: expected a word and 2 numbers, .* found 1 after",
        ),
        (
            "v.txt",
            "a 1 2\nb 1 2 3\n",
            ":2: expected a word and 2 numbers, .*found 3 aft",
        ),
        ("v.txt", "a 1 2\n\n", ":2: expected a word and 2 .*, found an empty line"),
        ("v.txt", "a 1 2\n 1 2\n", ":2: expected a word and 2 numbers"),
        ("v.txt", "a 1 x\n", ":1: expected numbers after the word 'a', found 'x'"),
        (
            "v.txt",
            "a 1 nan\n",
            ":1: expected finite numbers for the word 'a', found nan",
        ),
        (
            "v.txt",
            "a 1 1e99\n",
            ":1: expected finite numbers for the word 'a', found in",
        ),
        ("v.txt", "word\n", ":1: expected a word and at least 1 numbers"),
        ("v.txt", "", ": expected word vectors, such as lines .*, found none; give"),
        ("v.txt", b"a 1\n\xff 1\n", ":2: expected UTF-8 text, found byte 0xff"),
        ("v.txt", "3 2\na 1 2\nb 1 2\n", ":3: expected 3 words, as line 1 .* found 2"),
        ("v.bin", "the 1 2\n", ": expected a first line with how many words and"),
        ("v.bin", binary()[:-3], ": expected 4 words of 3 numbers, .* within word 4"),
        ("v.bin", b"1 1\na " + struct.pack("<f", np.inf), ": word 1: expected finite"),
        ("v.npz", "text", ": expected arrays 'vectors' and .*, found something else"),
    ],
)
def test_damaged_files(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, name, content)
    with pytest.raises(DataError, match=f"{name}{message}"):
        read_vectors(path)


@pytest.mark.parametrize("name", ["v.txt.gz", "v.bin.gz"])
def test_damaged_gzip(name: str, tmp_path: Path) -> None:
    whole = gzip.compress(binary() if "bin" in name else GLOVE.encode())
    for content in (whole[:-9], b"no gzip"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name):
            read_vectors(tmp_path / name)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"vectors": MATRIX}, "expected arrays .*, found 'vectors'"),
        ({"words": WORDS}, "expected arrays .*, found 'words'"),
        (
            {"words": WORDS, "vectors": [1, 2]},
            "of shape .words, features., found int64",
        ),
        ({"words": WORDS, "vectors": [["x"]]}, "expected 'vectors' to be numbers"),
        ({"words": WORDS, "vectors": [[1]]}, "a vector for each of 4 words, found 1"),
        ({"words": [1], "vectors": [[1]]}, "expected 'words' to be a list of strings"),
        (
            {"words_utf8": [1], "vectors": [[1]]},
            r"a list of bytes \(uint8\), found int",
        ),
        (
            {"words_utf8": np.uint8([255]), "vectors": [[1]]},
            "in UTF-8 .*byte 0xff at 0",
        ),
        ({"words": ["a"], "vectors": [[np.nan]]}, r"vectors\[0\]: expected finite num"),
        (
            {"words": np.array([{}]), "vectors": [[1]]},
            "found something else: Object array",
        ),
    ],
)
def test_arrays_that_are_no_word_vectors(
    arrays: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = npz(tmp_path, **arrays)
    with pytest.raises(DataError, match=message):
        read_vectors(path)


def test_a_single_array_and_no_file(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", MATRIX)
    (tmp_path / "v.npy").rename(tmp_path / "v.npz")
    with pytest.raises(DataError, match=r"v\.npz: expected arrays .* a single array"):
        read_vectors(tmp_path / "v.npz")
    with pytest.raises(DataError, match="no such file"):
        read_vectors(tmp_path / "none.txt")
    message = r"g\.txt: expected .* 1 words \(Dog\), found 5 vectors of others \(the, c"
    with pytest.raises(DataError, match=message):
        read_vectors(write(tmp_path, "g.txt", GLOVE), ["Dog"])
    with pytest.raises(
        DataError, match=r"g\.txt: expected word vectors, .*, found none"
    ):
        read_vectors(write(tmp_path, "g.txt", ""), ["Dog"])


def test_a_matrix_must_fit_its_words() -> None:
    with pytest.raises(SettingsError, match=r"shape \(2, features\), got \(1, 3\)"):
        WordVectors(("a", "b"), np.zeros((1, 3), np.float32))


def test_words_are_found_as_they_are_then_lower_cased() -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    vectors = WordVectors(("us", "US", "paris"), matrix)
    assert vectors.rows(["US", "Us", "Paris", "PARIS", "u"]).tolist() == [
        1,
        0,
        2,
        2,
        -1,
    ]
    assert repr(vectors) == "<WordVectors: 3 words, 2 features, from memory>"


def test_the_rows_of_missing_words_are_no_numbers() -> None:
    vectors = WordVectors(("a", "b"), np.float32([[1, 2], [3, 4]]))
    matrix, found = vectors.for_vocabulary(Vocabulary(("b", "c", "A")))
    assert found == 2
    np.testing.assert_array_equal(matrix, np.float32([[3, 4], [np.nan] * 2, [1, 2]]))


def test_what_is_kept_does_not_depend_on_what_else_was_read(tmp_path: Path) -> None:
    path = write(tmp_path, "glove.txt", GLOVE)
    vocabulary = Vocabulary(("<unk>", "Cat", "The", "dog"), "<unk>")
    everything, _ = read_vectors(path).for_vocabulary(vocabulary)
    few, _ = read_vectors(path, vocabulary.tokens).for_vocabulary(vocabulary)
    np.testing.assert_array_equal(everything, few)


def test_vectors_of_none_of_the_words(tmp_path: Path) -> None:
    vectors = read_vectors(write(tmp_path, "glove.txt", GLOVE))
    message = (
        r"glove.txt: expected .* 2 words \(x, y\), found 4 vectors of others \(the,"
    )
    with pytest.raises(SettingsError, match=message):
        vectors.for_vocabulary(Vocabulary(("x", "y")))


def test_a_vector_of_the_unknown_token_covers_nothing(tmp_path: Path) -> None:
    pairs = [(["x", "y", f"w{i}"], f"c{i % 2}") for i in range(10)]
    dataset = tp.labelled_sequences(pairs)
    path = write(tmp_path, "glove.txt", "<unk> 1 2\n. 1 2\nthe 2 1\n")
    message = (
        r"glove.txt: .* words \(x, y, w\d.*\), found 3 vectors of others \(the, ...\)"
    )
    for vectors in (read_vectors(path, ["<unk>", "x"]), read_vectors(path)):
        with pytest.raises(SettingsError, match=message):
            vectors_for_data(vectors, dataset)


def test_what_vectors_cover() -> None:
    pairs = [(["a", "a", "b"], "x"), (["c", "a", "B"], "y")] * 5
    data = tp.labelled_sequences(
        [(tokens, label) for tokens, label in pairs]
        + [(["a", str(n)], "x") for n in range(20)],
        max_vocabulary=4,
    )
    vectors = WordVectors(("a", "0"), np.ones((2, 3), np.float32))
    matrix, used = vectors_for_data(vectors, data)
    tokens = [token for sequence in data.train.sequences for token in sequence]
    assert matrix.shape == (4, 3)
    known = tokens.count("a")  # "0" is read as <unk>
    assert used == UsedVectors("", "", 4, 1, len(tokens), known)
    share = f"{known / len(tokens):.1%} of tokens"
    assert used.sentence() == f"vectors for 25.0% of 4 words, {share}"


def test_other_vectors_are_not_read_again(tmp_path: Path) -> None:
    data = tp.labelled_sequences([(["cat", str(n)], "xy"[n % 2]) for n in range(20)])
    path = write(tmp_path, "glove.txt", GLOVE)
    vectors = read_vectors(path)
    _, used = vectors_for_data(vectors, data)
    assert read_again(used, data).words == ("cat",)
    path.write_text(GLOVE + "dog 1 2 3\n", encoding="utf-8")
    with pytest.raises(
        DataError, match="not the word vectors that training began with"
    ):
        read_again(used, data)
    path.unlink()
    with pytest.raises(DataError, match="no such file"):
        read_again(used, data)


@pytest.mark.skipif(not UNION.exists(), reason="no external data: glove")
def test_real_vectors() -> None:
    vectors = read_vectors(UNION)
    assert vectors.matrix.shape == (12_619, 50)
    some = read_vectors(UNION, ["King", "queen"])
    assert set(some.words) == {"king", "queen"}
    a, b = some.matrix
    cosine = float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert cosine > 0.6
