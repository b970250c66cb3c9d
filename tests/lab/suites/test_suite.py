"""How the tasks of suites draw and list their inputs."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from transformer_programs.errors import TaskError
from transformer_programs.lab.suites import NAMES, public_suite
from transformer_programs.lab.suites.formal import counted, majorities, majority, sum_of
from transformer_programs.lab.suites.languages import LANGUAGES
from transformer_programs.lab.suites.suite import SuiteTask
from transformer_programs.tasks import get

TASKS = {
    f"{name}:{task.name}": task for name in NAMES for task in public_suite(name).tasks
}


@pytest.mark.parametrize("name", TASKS)
def test_inputs(name: str) -> None:
    """What is drawn is listed, has a place in the format, and labels that are known."""
    task = TASKS[name]
    rng = np.random.default_rng(0)
    every, largest = task.all_inputs(400)
    assert len(set(every)) == len(every) <= 400
    small = range(task.sizes[0], largest + 1)
    if every:
        drawn = task.draw_distinct(small, 10, rng)
        assert set(drawn) <= set(every)
    whole = task.draw_distinct(task.sizes, 12, rng)
    assert whole
    for tokens in (*every[:40], *whole):
        task.input.encode(tokens)
        task.target(tokens)
    for sizes in task.longer:
        for longer in task.draw_distinct(sizes, 1, rng):
            assert len(longer) > min(map(len, whole))
            (target,) = task.labelled([longer]).targets
            assert isinstance(target, str) or len(target) == len(longer)


@pytest.mark.parametrize("name", ["mips:Prev1", "formal:addition", "formal:aastar"])
def test_data_sets(name: str) -> None:
    first, again = get(name).dataset(200), get(name).dataset(200)
    assert first.train == again.train
    assert first.train != get(name).dataset(200, seed=1).train
    assert len(set(first.sequences)) == len(first.sequences)
    if name == "formal:aastar":  # one string of every even length
        assert len(first.sequences) == 25
        assert first.notes == ("25 inputs, not 200: no more were found",)


def test_definitions_are_total() -> None:
    """Programs run on any sequence of the symbols, and may be compared on it."""
    rng = np.random.default_rng(0)
    for task in TASKS.values():
        for size in range(1, min(7, task.input.max_bare_length + 1)):
            ids = rng.integers(len(task.symbols), size=(5, size))
            for row in ids.tolist():
                task.target(tuple(task.symbols[i] for i in row))


def runs_of_ones_and_zeros(string: str) -> bool:
    """No odd run of 1 is followed at once by an odd run of 0."""
    runs = [len(run) % 2 for run in re.findall("1+|0+", string.lstrip("0"))]
    return not any(
        ones and zeros for ones, zeros in zip(runs[::2], runs[1::2], strict=False)
    )


def nested(depth: int) -> Callable[[str], bool]:
    def holds(string: str) -> bool:
        heights = [0]
        for letter in string:
            heights.append(heights[-1] + (1 if letter == "a" else -1))
        return min(heights) >= 0 == heights[-1] and max(heights) <= depth

    return holds


def like(pattern: str) -> Callable[[str], bool]:
    return lambda string: re.fullmatch(pattern, string) is not None


MEMBERS: dict[str, Callable[[str], bool]] = {
    "tomita1": like("1*"),
    "tomita2": like("(10)*"),
    "tomita3": runs_of_ones_and_zeros,
    "tomita4": lambda string: "000" not in string,
    "tomita5": lambda s: s.count("0") % 2 == s.count("1") % 2 == 0,
    "tomita6": lambda s: (s.count("0") - s.count("1")) % 3 == 0,
    "tomita7": like("0*1*0*1*"),
    **{f"D{depth}": nested(depth) for depth in (2, 3, 4, 12)},
    "aastar": like("(aa)*"),
    "aaaastar": like("(aaaa)*"),
    "ababstar": like("(abab)*"),
    "abcde": like("a+b+c+d+e+"),
    "ab_d_bc": like("[ab]*d[bc]*"),
    "012_0_2": like("[012]*02*"),
}


@pytest.mark.parametrize("name", LANGUAGES)
def test_languages(name: str) -> None:
    """Strings and labels are those of the language, found by trying all strings."""
    language, member = LANGUAGES[name], MEMBERS[name]
    longest = 6 if len(language.letters) < 4 else 5

    def strings(length: int) -> list[str]:
        return ["".join(found) for found in product(language.letters, repeat=length)]

    for length in range(longest + 1):
        found = {"".join(tokens[1:]) for tokens in language.strings(length)}
        assert found == {string for string in strings(length) if member(string)}
    endings = [ending for length in range(longest) for ending in strings(length)]
    for string in strings(2 if longest == 6 else 1):
        possible = [a for a in language.letters if _begins(string + a, endings, member)]
        wanted = "".join(possible) + "$" * member(string)
        (*_, label) = language.labels(("^", *string))
        assert label == (wanted or None), string


def _begins(string: str, endings: list[str], member: Callable[[str], bool]) -> bool:
    return any(member(string + ending) for ending in endings)


def test_what_is_no_input_has_no_answer() -> None:
    assert majority(tuple("0011")) is None
    assert majority(()) is None
    assert majorities(tuple("01")) is None
    assert counted(("5", "3")) is None
    assert sum_of(tuple("1+")) is None
    task = TASKS["formal:majority"]
    assert task.target(tuple("ab|a")) == (None,) * 4


def test_what_is_not_there() -> None:
    with pytest.raises(TaskError, match=r"suite 'mips' has no task 'Prev9'; its tasks"):
        get("mips:Prev9")
    with pytest.raises(TaskError, match="unknown task 'nowhere:sort'"):
        get("nowhere:sort")
    task = TASKS["mips:Bitwise_Not"]
    assert isinstance(task, SuiteTask)
    with pytest.raises(TaskError, match="expected 3 inputs to split, got 2"):
        SuiteTask.dataset(_of_sizes(task, range(1, 2)))


def _of_sizes(task: SuiteTask, sizes: range) -> SuiteTask:
    from dataclasses import replace

    return replace(task, sizes=sizes)
