from __future__ import annotations

from collections.abc import Sequence

import pytest

from golden_programs import BY_NAME
from loaded import load_file
from transformer_programs.codegen.python import emit_python
from transformer_programs.data.accuracy import Accuracy, evaluate, held_out
from transformer_programs.data.dataset import Examples, find_tags
from transformer_programs.data.metrics import Score
from transformer_programs.data.tags import BIO
from transformer_programs.errors import InputError
from transformer_programs.runs.runnable import Program as Runnable


def same(tokens: Sequence[str]) -> list[str]:
    return list(tokens)


def test_tagging() -> None:
    examples = Examples(
        (("a", "b"), ("a",), ("a", "a", "a")),
        (("a", "b"), ("b",), ("a", "b", "b")),
    )
    assert evaluate(same, examples) == Accuracy(3 / 6, 1 / 3, 6, 3)


def test_positions_without_a_label_do_not_count() -> None:
    examples = Examples((("a", "b"), ("c", "d")), (("a", None), (None, None)))
    assert evaluate(same, examples) == Accuracy(1.0, 1.0, 1, 1)


def test_classification() -> None:
    examples = Examples((("a",), ("b", "a")), ("a", "a"))
    assert evaluate(lambda tokens: tokens[0], examples) == Accuracy(0.5, 0.5, 2, 2)


def test_nothing_to_measure() -> None:
    found = evaluate(same, Examples((), ()))
    assert found == Accuracy(0.0, 0.0, 0, 0)
    assert not found.measured
    assert held_out(found) == "no held-out labels"
    some = Accuracy(0.5, 0.25, 8, 4)
    assert held_out(some) == "held-out accuracy 50.00% per label, 25.00% per sequence"


def test_programs_and_files_measure_the_same() -> None:
    golden = BY_NAME["hist"]
    sequences = (("0", "1"), ("2", "2", "2"))
    examples = Examples(sequences, (("1", "2"), ("3", "3", "3")))
    file = load_file(emit_python(golden.program))["run"]
    for run in (Runnable.of(golden.program), file):
        assert evaluate(run, examples) == Accuracy(4 / 5, 1 / 2, 5, 2)
        with pytest.raises(InputError, match="sequence 2: unknown token 'x' at posit"):
            evaluate(run, Examples((("0",), ("1", "x")), (("1",), ("1", "1"))))


def test_bio_tags_have_entities_as_well() -> None:
    wanted = ("B-A", "I-A", "O", "B-B")
    examples = Examples((("B-A", "O", "I-A", "B-B"),), (wanted,))
    found = evaluate(same, examples)
    assert found.entities == {"A": Score(0, 1, 1), "B": Score(1, 1, 1)}
    assert (found.per_label, found.quality.score) == (0.5, 0.5)
    assert found.numbers()["entities"]["types"]["A"]["recall"] == 0
    assert found.numbers()["entities"]["f1"] == 0.5
    assert str(found) == "50.00% per label, 0.00% per sequence, entity F1 50.00%"


def test_the_labels_of_the_data_set_say_whether_they_are_bio() -> None:
    outside = Examples((("O", "O"),), (("O", "O"),))
    assert evaluate(same, outside).entities is None
    assert "entities" not in evaluate(same, outside).numbers()
    assert evaluate(same, outside, BIO).entities == {}
    assert find_tags(outside, ("O", "B-A")) == BIO
    tagged = Examples((("B-A",),), (("B-A",),))
    assert evaluate(same, tagged, None).entities is None
    assert find_tags(tagged, ("B-A", "noun")) is None
    whole = Examples((("B-A",),), ("B-A",))
    assert evaluate(lambda tokens: tokens[0], whole).entities is None
    assert find_tags(whole, ("B-A", "O")) is None


def test_entities_of_other_schemes() -> None:
    wanted = ("S_A", "B_B", "E_B", "O")
    found = evaluate(same, Examples((("S_A", "B_B", "O", "O"),), (wanted,)))
    assert found.entities == {"A": Score(1, 1, 1), "B": Score(0, 0, 1)}
    assert found.numbers()["entities"]["scheme"] == "IOBES"
