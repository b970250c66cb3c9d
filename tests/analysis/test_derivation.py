"""Derivations: every step is computed from its inputs, as the definitions say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

import transformer_programs as tp
from cli.commands import tprog
from golden_programs import GOLDEN, Golden
from naive import _matches, _nearest, naive_trace
from statements import counting
from strategies import programs_with_inputs
from transformer_programs.analysis.derivation import (
    Derivations,
    InputPart,
    Step,
    StepInput,
    _renamed,
    steps_of,
)
from transformer_programs.analysis.drawing import tree
from transformer_programs.analysis.tables import literal
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Aggregate,
    Decide,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.runs.runnable import Program as Runnable

GALLERY = Path(__file__).parents[2] / "gallery"

Traced = dict[str, list[int]]


def every_step(program: Program, tokens: tuple[str, ...]) -> tuple[Step, ...]:
    """The steps of all variables at all positions."""

    def value(name: str, index: int) -> object:
        return program.domains[name].value(index)

    derivations = Derivations(Interpreter(program), tokens, value)
    return steps_of(
        [
            derivations.step(n, i)
            for n, ids in derivations.ids.items()
            for i in range(len(ids))
        ]
    )


def assert_exact(program: Program, tokens: tuple[str, ...]) -> None:
    """Every step follows from its inputs alone, and is what was traced."""
    traced = naive_trace(program, tokens)
    statements = {s.output: s for s in program.statements}
    for step in every_step(program, tokens):
        index = step.position + program.input.offset
        here = traced[step.variable][index]
        assert step.value == program.domains[step.variable].value(here)
        statement = statements.get(step.variable)
        if statement is None:
            assert (step.rule, step.inputs) == ("", ())
            continue
        assert step.rule
        if isinstance(statement, Decide):
            assert_reasons(program, statement, step, here)
            continue
        assert recomputed(program, statement, step.inputs) == here
        if isinstance(statement, Table):
            assert_rule(step)
        else:
            assert_found(statement, step, traced, program.input.offset)


def ids_of(program: Program, found: StepInput) -> int:
    step = found.step
    return program.domains[step.variable].values.index(step.value)


def recomputed(
    program: Program, statement: Head | Table, inputs: tuple[StepInput, ...]
) -> int:
    """The id that a statement writes, by what is shown of its inputs."""
    match statement:
        case Table():
            assert tuple(f.step.variable for f in inputs) == statement.inputs
            row = 0
            for found in inputs:
                size = program.domains[found.step.variable].size
                row = row * size + ids_of(program, found)
            return statement.table[row]
        case Head(aggregate=Aggregate.NEAREST):
            (copied,) = (f for f in inputs if f.part is InputPart.VALUE)
            return ids_of(program, copied)
        case Head():
            if statement.value == ONES:
                return sum(f.part is InputPart.MATCH for f in inputs)
            return sum(ids_of(program, f) for f in inputs if f.part is InputPart.VALUE)


def added(program: Program, term: Term, index: int) -> list[int]:
    if program.domains[term.variable].numerical:
        return [index * factor for factor in term.weights[0]]
    return [*term.weights[index]]


def assert_reasons(program: Program, decide: Decide, step: Step, here: int) -> None:
    """What is shown decides, and the sums and reasons are those of what is shown."""
    shown = {f.step.variable: ids_of(program, f) for f in step.inputs}
    terms = [term for term in decide.terms if term.variable in shown]
    rows = [added(program, term, shown[term.variable]) for term in terms]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    found = re.fullmatch(r"(.*?) (-?\d+) before (.*?) (-?\d+)(: .*)?", step.rule)
    if found is None:
        if step.rule.startswith("always"):
            assert step.rule == f"always {literal(step.value)}"
        elif step.rule.startswith("of "):
            assert (here, shown) == (0, {})
        else:
            assert_rule(step)
        return
    assert sums.index(max(sums)) == here
    assert [found[2], found[4]] == [*map(str, sorted(sums, reverse=True)[:2])]
    leads = re.findall(r" ([+-]\d+)(?=,|$)", found[5] or "")
    assert sum(map(int, leads)) == int(found[2]) - int(found[4])


def assert_rule(step: Step) -> None:
    """A closed form gives the value, whatever stands in its strings."""
    if step.rule.startswith(("its table's entry", "the learned class")):
        return
    # A variable may be called as a keyword of Python is.
    names = {f.step.variable: f"v_{i}" for i, f in enumerate(step.inputs)}
    values = {names[f.step.variable]: f.step.value for f in step.inputs}
    assert eval(_renamed(step.rule, names), {}, values) == step.value


def assert_found(head: Head, step: Step, traced: Traced, offset: int) -> None:
    """What a head asked for and found is what the definition says."""
    read, index = [traced[name] for name in head.inputs], step.position + offset
    matching = _matches(head, read, index)
    assert step.missed == (not matching)
    by_part = {
        part: [f.step for f in step.inputs if f.part is part] for part in InputPart
    }
    assert all(own.position == step.position for own in by_part[InputPart.OWN])
    found = [s.position + offset for s in by_part[InputPart.MATCH]]
    values = [s.position + offset for s in by_part[InputPart.VALUE]]
    if not head.sums:
        assert values == [_nearest(head, [*read[:2], [*range(len(read[0]))]], index)]
        assert found in ([], values)
    else:
        added = [j for j in sorted(matching) if traced[head.value][j]]
        assert values == (added if head.value != ONES else [])
        assert found in ([], added)
    if by_part[InputPart.OWN] and by_part[InputPart.MATCH]:
        asked = traced[head.query][index]
        assert {traced[head.key][j] for j in found} <= {*head.predicate[asked]}


@given(programs_with_inputs() | programs_with_inputs(characters=True))
@settings(deadline=None, max_examples=60)
def test_every_step_follows_from_what_is_shown(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, inputs = case
    for tokens in inputs:
        assert_exact(program, tokens)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_of_programs_written_by_hand(golden: Golden) -> None:
    program = golden.program
    symbols, most = program.input.symbols, program.input.max_bare_length
    for tokens in (symbols[:1], symbols[:most], (symbols[-1],) * most):
        assert_exact(program, tokens)


SHOWN = {
    ("hist-8", "3 1 4 1 2", 1): """
label = 2 at 1 '1': str(same_token)
  same_token = 2: at each position, the number of positions with the same token
    own tokens = 1
    match tokens = 1 at 1 '1', 3 '1'
""",
    ("palindrome-8", "1 2 1", 0): """
label = yes at -1 '<s>': "yes" if verdict_1_in_all < 2 else "no"
  verdict_1_in_all = 0: at each position, the sum of verdict_1 over positions \
(all are 0 here)
""",
    ("reverse-8", "3 1", 0): """
token_by_positions_after = 1 at 0 '3': from each position, the token at the nearest \
position with its own position as positions_after
  own positions = 1
  match positions_after = 1 at 1 '1': at each position, the number of later positions
    match at 2 '</s>'
  tokens = 1 at 1 '1'
""",
}


@pytest.mark.parametrize("case", SHOWN, ids=lambda case: case[0])
def test_down_to_the_tokens(case: tuple[str, str, int]) -> None:
    name, text, position = case
    program = tp.load(GALLERY / name).program
    decision = program.explain(text.split()).decisions[position]
    assert "\n".join(tree(decision.derivations)) == SHOWN[case].strip()


def test_no_deeper_than_asked() -> None:
    decision = tp.load(GALLERY / "sort-8").program.explain(["3", "1"]).decisions[0]
    lines = [tree(decision.derivations, depth) for depth in (1, 2, 9)]
    assert [len(found) for found in lines] == [2, 5, 10]
    assert lines[0][1] == "  ..."
    assert [line for line in lines[2] if "..." in line] == []


def test_what_is_shown_twice_is_explained_once() -> None:
    program = tp.load(GALLERY / "double_hist-8").program
    for decision in program.explain(["1", "2", "3", "1", "3"]).decisions:
        lines = [line.strip() for line in tree(decision.derivations, 9)]
        explained = [line for line in lines if ": at each" in line]
        assert len(explained) == len(set(explained))


def test_beyond_the_training_length_values_are_those_of_the_program() -> None:
    program = tp.load(GALLERY / "sort-8").program
    tokens = [*"314123141223"]
    found = program.explain(tokens, any_length=True)
    trace = program.trace(tokens, any_length=True)
    offset = program.input.offset
    for decision in found.decisions:
        (root,) = decision.derivations
        assert root.value == decision.label
        for step in steps_of(decision.derivations):
            assert step.value == trace[step.variable][step.position + offset]


def test_a_value_that_stands_for_another_label_says_so() -> None:
    program = tp.load(GALLERY / "majority-8").program
    base = program
    names = {"1": "one", "2": "two"}
    labels = tuple(names.get(label, label) for label in base.readout.labels)
    readout = replace(base.readout, labels=labels)
    renamed = Runnable.of(replace(base, readout=readout))
    lines = str(renamed.explain(["1", "2", "1"])).splitlines()
    assert lines[0].startswith("label one (score 1) before 0 ")
    assert lines[1] == "copy_1 = 1 alone tells one from 0"
    same = str(program.explain(["1", "2", "1"])).splitlines()
    assert same[1].startswith("copy_1 = 1 at -1 '<s>': from each position, the token")


def test_a_readout_of_many_variables_is_a_sum_alone() -> None:
    names = ("a", "b", "c", "d")
    form = InputFormat(Vocabulary(("x", "y")), max_length=4)
    counts = tuple(
        counting(name, TOKENS, TOKENS, ONES, ((0,), (1,)), scope)
        for name, scope in zip(names, Scope, strict=True)
    )
    terms = tuple(Term(name, ((0, 1),)) for name in names)
    for read, found in ((4, 0), (3, 3)):
        readout = Readout(("no", "yes"), terms[:read])
        program = Runnable.of(Program("many", form, counts, readout))
        decision = program.explain(["x", "x", "y", "x"]).decisions[1]
        assert len(decision.contributions) >= 3
        assert len(decision.derivations) == found


def test_evidence_of_single_words_is_no_derivation() -> None:
    """What a table says of a token stands in the sum already."""
    form = InputFormat(Vocabulary(("x", "y")), max_length=4)
    table = Table("evidence", (TOKENS,), (1, 0), Domain.of_classes(2))
    term = Term("evidence", ((0, 2), (3, 0)))
    readout = Readout(("no", "yes"), (term,), Pooling.MEAN)
    program = Runnable.of(Program("words", form, (table,), readout))
    (decision,) = program.explain(["x", "y"]).decisions
    assert (len(decision.contributions), decision.derivations) == (2, ())


def test_sums_of_evidence_stay_sums() -> None:
    """A readout that adds up words is explained by what each of them adds."""
    opinion = next(golden for golden in GOLDEN if golden.name == "opinion").program
    found = Runnable.of(opinion).explain(["not", "bad"]).decisions[0]
    alone = Runnable.of(opinion).explain(["good"]).decisions[0]
    for decision in (found, alone):
        assert sum(part.amount for part in decision.contributions) == decision.margin
        # What a table read of a neighbour is followed to it.
        for step in decision.derivations:
            assert step.variable not in (TOKENS, ONES)


def test_for_scripts() -> None:
    run = GALLERY / "hist-8"
    done = tprog("explain", run, *"31412", "--position", "1", "--json")
    (decision,) = json.loads(done.out)["decisions"]
    root, count, *tokens = decision["steps"]
    assert (root["variable"], root["rule"]) == ("label", "str(same_token)")
    assert root["inputs"] == [
        {"part": "input", "variable": "same_token", "position": 1}
    ]
    assert [found["part"] for found in count["inputs"]] == ["own", "match", "match"]
    assert {step["word"] for step in tokens} == {"1"}


def test_the_command_shows_the_way_and_how_deep() -> None:
    run = GALLERY / "sort-8"
    done = tprog("explain", run, "3", "1", "--position", "0", "--depth", "2")
    first, *rest = done.out.splitlines()
    assert first == "token 0, '3': label 1 (score 1) before 0 (0): margin 1"
    assert rest[0].startswith("token_by_rank = 1 at 0 '3': from each position, the")
    assert "  own positions = 1" in rest
    assert rest[-1] == "  tokens = 1 at 1 '1'"
    refused = tprog("explain", run, "3", "--depth", "0")
    assert (refused.status, "--depth 0: expected" in refused.err) == (2, True)
