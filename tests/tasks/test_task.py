import re
from dataclasses import replace
from pathlib import Path

import pytest

from transformer_programs import tasks
from transformer_programs.errors import TaskError
from transformer_programs.language.nodes import Pooling
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks.registry import _register

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def registry():
    before = dict(_register)
    yield
    _register.clear()
    _register.update(before)


def parity(tokens):
    return "odd" if tokens.count("1") % 2 else "even"


def make(**changes):
    fields = {
        "name": "parity",
        "summary": "Parity.",
        "definition": parity,
        "symbols": ("0", "1"),
        "labels": ("even", "odd"),
        "max_length": 5,
        "begin": "<s>",
        "model": ModelSettings(pooling=Pooling.MEAN),
    }
    return tasks.Task(**(fields | changes))


def test_names_are_in_the_order_of_the_paper_and_then_the_others():
    assert tasks.names() == (
        "reverse",
        "sort",
        "hist",
        "double_hist",
        "most_freq",
        "dyck1",
        "dyck2",
        "induction",
        "shift",
        "run_length",
        "previous_distinct",
        "unique",
        "prefix_parity",
        "palindrome",
        "majority",
        "maximum_position",
        "add_digits",
        "add_numbers",
    )


def test_an_unknown_name_is_answered_with_the_closest_and_all_names():
    with pytest.raises(TaskError) as caught:
        tasks.get("revers")
    message = str(caught.value)
    assert message.startswith("unknown task 'revers'; did you mean 'reverse'?")
    assert message.endswith(", ".join(tasks.names()))
    with pytest.raises(TaskError, match=r"^unknown task 'zzz'; known tasks: reverse"):
        tasks.get("zzz")


@pytest.mark.usefixtures("registry")
def test_a_registered_task_is_found_and_its_name_is_taken():
    task = tasks.register(make())
    assert tasks.get("parity") is task
    assert tasks.names()[-1] == "parity"
    with pytest.raises(TaskError, match="there is a task 'parity' already"):
        tasks.register(make())
    other = tasks.register(make(), replace=True)
    assert tasks.get("parity") is other


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"symbols": ("0", "0")}, "the symbols must be distinct: '0'"),
        ({"labels": ("even", "even")}, "the labels must be distinct: 'even'"),
        ({"labels": ("even", "<pad>")}, "no label may be: '<pad>'"),
        ({"symbols": ("0", "<s>")}, "the frame is among the symbols: '<s>'"),
        ({"alphabets": (("0", "2"),)}, "tokens that are no symbols: '2'"),
        ({"symbols": ()}, "no symbols or no labels"),
        ({"max_length": 1}, "max_length 1 leaves room for 0 bare tokens"),
        ({"min_length": 0}, "expected at least 1"),
        ({"min_length": 5}, "leaves room for 4 bare tokens, expected at least 5"),
    ],
)
def test_contradictions_are_refused(changes, message):
    with pytest.raises(TaskError, match=f"^task 'parity': .*{re.escape(message)}"):
        make(**changes)


@pytest.mark.parametrize(
    ("definition", "pooling"),
    [
        (lambda tokens: "even", Pooling.NONE),
        (lambda tokens: ("even",) * len(tokens), Pooling.MEAN),
        (lambda tokens: ("even",), Pooling.NONE),
        (lambda tokens: ("maybe",) * len(tokens), Pooling.NONE),
        (lambda tokens: "maybe", Pooling.FIRST),
        (lambda tokens: None, Pooling.FIRST),
    ],
)
def test_a_definition_that_breaks_its_promise_is_named_with_the_input(
    definition, pooling
):
    task = make(definition=definition, model=ModelSettings(pooling=pooling))
    with pytest.raises(TaskError, match=r"'parity': .* for \('0', '1'\), expected"):
        task.target(("0", "1"))


def test_classification_tasks_have_one_label_per_sequence():
    task = make()
    data = task.dataset(size=20, seed=3)
    assert not task.tagging
    assert not data.tagging
    for split in (data.train, data.validation, data.test):
        assert split.targets == tuple(map(parity, split.sequences))


def test_a_task_without_resize_changes_only_its_length():
    task = make().build(max_length=9)
    assert task.input.max_bare_length == 8
    assert task.build(vocabulary_size=4) == task
    with pytest.raises(TaskError, match="so the vocabulary size is 4, got 5"):
        task.build(vocabulary_size=5)


def test_the_vocabulary_holds_symbols_first_and_no_padding():
    task = tasks.get("reverse")
    assert task.input.vocabulary.tokens == ("0", "1", "2", "3", "4", "<s>", "</s>")
    assert task.input.vocabulary.unknown is None
    assert task.vocabulary_size == 8


def test_data_need_three_inputs():
    with pytest.raises(TaskError, match="expected size >= 3, to split inputs, got 2"):
        make().dataset(size=2)
    tiny = replace(make(), max_length=2)
    with pytest.raises(TaskError, match="2 exist"):
        tiny.dataset()


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("page", ["how-to/tasks.md", "how-to/data.md"])
def test_the_documentation_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for what it writes
    blocks = re.findall(
        r"^```python\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.M | re.S
    )
    executed = [block for block in blocks if "tp.train(" not in block]
    assert executed
    for block in executed:
        exec(compile(block, page, "exec"), {"__name__": "docs"})


def test_a_definition_that_fails_is_named_with_the_input():
    task = make(definition=lambda tokens: 1 // tokens.count("x"))
    message = (
        r"^task 'parity': the definition fails for \('0', '1'\): ZeroDivisionError: "
    )
    with pytest.raises(TaskError, match=message) as caught:
        task.target(("0", "1"))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("name", "size", "begin"),
    [
        ("sort", (None, None), "d4697bc0518d7544"),
        ("dyck2", (None, None), "a2647417fa2dc727"),
        ("run_length", (None, None), "9046d4ce4e143b50"),
        ("add_numbers", (7, 9), "dc56142c3c20b73c"),
    ],
)
def test_hashes_are_those_that_certificates_hold(name, size, begin):
    assert tasks.task_hash(tasks.get(name).build(*size)).startswith(begin)
