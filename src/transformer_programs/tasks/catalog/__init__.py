"""The built-in tasks, each a file with its definition, formula, inputs and sizes.

To add one, write a file and put its task into ``CATALOG``.
"""

from transformer_programs.tasks.catalog import (
    double_hist,
    hist,
    induction,
    majority,
    maximum_position,
    most_freq,
    palindrome,
    prefix_parity,
    previous_distinct,
    reverse,
    run_length,
    shift,
    sort,
    unique,
)
from transformer_programs.tasks.catalog.addition import ADD_DIGITS, ADD_NUMBERS
from transformer_programs.tasks.catalog.dyck import DYCK1, DYCK2

CATALOG = (
    reverse.TASK,
    sort.TASK,
    hist.TASK,
    double_hist.TASK,
    most_freq.TASK,
    DYCK1,
    DYCK2,
    induction.TASK,
    shift.TASK,
    run_length.TASK,
    previous_distinct.TASK,
    unique.TASK,
    prefix_parity.TASK,
    palindrome.TASK,
    majority.TASK,
    maximum_position.TASK,
    ADD_DIGITS,
    ADD_NUMBERS,
)
"""In the order of ``tprog tasks``: the tasks of the paper's table come first."""
