"""The 15 tasks along the Chomsky hierarchy: learned to 40 tokens, judged to 500.

G. Delétang and others: Neural networks and the Chomsky hierarchy, arXiv 2207.02098.
"""

from __future__ import annotations

from functools import partial

from transformer_programs.lab.suites import chomsky_rules as rules
from transformer_programs.lab.suites.chomsky_rules import BITS, BLANK, DIGITS, STOP
from transformer_programs.lab.suites.suite import (
    FRAME,
    PER_SEQUENCE,
    Inputs,
    Sample,
    Suite,
    SuiteTask,
    Tokens,
)
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks import Definition

LONGEST = 40
"""The largest size of training."""

LONGER = (range(41, 501),)


def _task(
    name: str,
    summary: str,
    definition: Definition,
    symbols: Tokens,
    labels: Tokens,
    *,
    sample: Sample | None = None,
    inputs: Inputs | None = None,
    per_sequence: bool = False,
    tokens: int = LONGEST,
) -> SuiteTask:
    # tokens: of the longest input.
    return SuiteTask(
        name=name,
        summary=summary,
        definition=definition,
        symbols=symbols,
        labels=labels,
        max_length=tokens + 1,
        begin=FRAME,
        model=PER_SEQUENCE if per_sequence else ModelSettings(),
        sizes=range(1, LONGEST + 1),
        longer=LONGER,
        sample=sample,
        inputs=inputs,
    )


TASKS = (
    _task(
        "even_pairs",
        "Whether the pairs 01 and 10 are odd in number.",
        rules.even_pairs,
        BITS,
        BITS,
        per_sequence=True,
    ),
    _task(
        "modular_arithmetic",
        "The value modulo 5 of numbers with + - * between them.",
        rules.modular_arithmetic,
        (*DIGITS, "+", "-", "*"),
        DIGITS,
        sample=rules.arithmetic,
        inputs=rules.all_arithmetic,
        per_sequence=True,
    ),
    _task(
        "parity_check",
        "The parity of the ones.",
        rules.parity_check,
        BITS,
        BITS,
        per_sequence=True,
    ),
    _task(
        "cycle_navigation",
        "The place on a circle of five after steps.",
        rules.cycle_navigation,
        ("0", "1", "-1"),
        DIGITS,
        per_sequence=True,
    ),
    _task(
        "stack_manipulation",
        "The stack after POP and PUSH, the top first, then an end.",
        rules.stack_manipulation,
        (*BITS, "POP", "PUSH0", "PUSH1", BLANK),
        (*BITS, STOP),
        sample=rules.stack_actions,
        inputs=rules.all_stack_actions,
        tokens=LONGEST + 1,
    ),
    _task(
        "reverse_string",
        "The tokens in reverse order.",
        rules.reverse_string,
        BITS,
        BITS,
    ),
    _task(
        "modular_arithmetic_brackets",
        "The value modulo 5 of an rules.expression with brackets.",
        rules.modular_arithmetic_brackets,
        (*DIGITS, "+", "-", "(", ")"),
        DIGITS,
        sample=rules.expression,
        inputs=rules.all_expressions,
        per_sequence=True,
    ),
    _task(
        "solve_equation",
        "The digit for x, modulo 5.",
        rules.solve_equation,
        (*DIGITS, "+", "-", "(", ")", "x", "="),
        DIGITS,
        sample=rules.equation,
        inputs=rules.all_equations,
        per_sequence=True,
    ),
    _task(
        "duplicate_string",
        "The string before the blanks, twice.",
        rules.duplicate_string,
        (*BITS, BLANK),
        BITS,
        sample=rules.before_blanks,
        inputs=rules.all_before_blanks,
        tokens=2 * LONGEST,
    ),
    _task(
        "missing_duplicate",
        "The token that is missing in a string written twice.",
        rules.missing_duplicate,
        (*BITS, "?", BLANK),
        BITS,
        sample=rules.with_a_gap,
        inputs=rules.all_with_a_gap,
        per_sequence=True,
    ),
    _task(
        "odds_first",
        "The first, third, ... token, then the second, fourth, ...",
        rules.odds_first,
        BITS,
        BITS,
    ),
    _task(
        "binary_addition",
        "The sum of two numbers, lowest bits first, then an end.",
        partial(rules.binary_result, sign="+"),
        (*BITS, "+", BLANK),
        (*BITS, STOP),
        sample=partial(rules.two_numbers, sign="+", blanks=1),
        inputs=partial(rules.all_two_numbers, sign="+", blanks=1),
        tokens=LONGEST + 1,
    ),
    _task(
        "binary_multiplication",
        "The product of two numbers, lowest bits first, then an end.",
        partial(rules.binary_result, sign="*"),
        (*BITS, "*", BLANK),
        (*BITS, STOP),
        sample=partial(rules.two_numbers, sign="*", blanks=0),
        inputs=partial(rules.all_two_numbers, sign="*", blanks=0),
        tokens=LONGEST + 1,
    ),
    _task(
        "compute_sqrt",
        "The root of a number, rounded down, highest bits first.",
        rules.compute_sqrt,
        BITS,
        BITS,
        sample=rules.positive_number,
        inputs=rules.all_positive_numbers,
    ),
    _task(
        "bucket_sort", "The digits in rising order.", rules.bucket_sort, DIGITS, DIGITS
    ),
)
"""By class of the hierarchy, as in the suite."""

SUITE = Suite(
    name="chomsky",
    title="Tasks along the Chomsky hierarchy",
    about=(
        "G. Delétang and others: Neural networks and the Chomsky hierarchy, arXiv "
        "2207.02098, all 15 tasks. Learned from inputs of 1 to 40 tokens and judged at "
        "41 to 500, sizes uniform, as in the suite. Labels stand at the places of the "
        "output; inputs that are shorter than it are filled up with blanks. Published "
        "is the mean accuracy at 41 to 500, chance included; a program counts as right "
        "at greater lengths only if it makes no error."
    ),
    tasks=TASKS,
    best="Transformer 24 to 96% per task, none without errors; Tape-RNN 11 of 15",
    published={
        # Only the rows that could be checked.
        "Transformer": {
            "modular_arithmetic": "24.2",
            "parity_check": "52.0",
            "stack_manipulation": "57.5",
            "reverse_string": "62.3",
            "duplicate_string": "52.8",
            "odds_first": "52.8",
        },
        "Tape-RNN": dict.fromkeys(
            (
                *("modular_arithmetic", "parity_check", "stack_manipulation"),
                *("reverse_string", "duplicate_string", "odds_first"),
            ),
            "100.0",
        ),
    },
)
