from __future__ import annotations

from pathlib import Path

from golden_programs import BY_NAME
from transformer_programs.codegen.size import code_lines, table_entries
from transformer_programs.codegen.templates import HELPERS
from transformer_programs.runs.folder import read_program

SOURCE = f'''\
"""A docstring
of two lines.
"""

import sys

TABLE = {{
    1: 2,  # counts, with its comment
}}


def mine(x):
    """Mine."""
    # does not count

    return x


{HELPERS}


def count(key):
    """A primitive."""
    return 1


def main(arguments):
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''


def test_what_counts() -> None:
    assert code_lines(SOURCE) == len(["import", "TABLE", "1: 2", "}", "def", "return"])


def test_a_golden_program() -> None:
    source = Path(__file__).parent.parent.joinpath("golden", "hist.py").read_text()
    imports, constants, trace, run = 4, 3, 7, 2
    assert code_lines(source) == imports + constants + trace + run


def test_nothing() -> None:
    assert code_lines("") == 0


def test_entries_are_what_no_expression_says() -> None:
    gallery = Path(__file__).parent.parent.parent / "gallery"
    assert table_entries(read_program(gallery / "sort-8")) == 0
    # dyck2 has one table, over tokens and tokens.
    dyck = read_program(gallery / "dyck2-16")
    assert table_entries(dyck) == len(dyck.input.vocabulary.tokens) ** 2
    opinion = BY_NAME["opinion"].program
    rows = [row for term in opinion.readout.terms for row in term.weights if any(row)]
    weights = sum(map(len, rows))
    assert table_entries(opinion) >= weights > 0
