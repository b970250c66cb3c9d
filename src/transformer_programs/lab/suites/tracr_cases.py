"""Cases of TracrBench and InterpBench about several tokens."""

from __future__ import annotations

import operator
from functools import partial
from itertools import pairwise

from transformer_programs.lab.suites import tracr_rules as rules
from transformer_programs.lab.suites.suite import integers
from transformer_programs.lab.suites.tracr_inputs import (
    ABC,
    BITS,
    BRACKETS,
    DIGITS,
    LONGEST,
    SIGNED,
    TENS,
    a_palindrome,
    about_letters,
    about_numbers,
    an_alternation,
    balanced_brackets,
    equal_letters,
    even_digits,
    fractions,
    in_order,
    odd_and_even,
)

CASES = (
    about_letters(
        "c1_rotation",
        "Whether the letter is that two places back.",
        lambda x: [None if i < 2 else int(a == x[i - 2]) for i, a in enumerate(x)],
        BITS,
    ),
    about_letters("c2_reverse", "The letters in reverse order.", lambda x: x[::-1]),
    about_letters(
        "c3_share_of_x",
        "The share of x so far.",
        rules.share_so_far,
        fractions(range(LONGEST + 1)),
        (*ABC, "x"),
        grows=True,
    ),
    about_letters(
        "c4_pair_balance",
        "The share of ( less that of ) so far.",
        rules.balance_so_far,
        fractions(range(-LONGEST, LONGEST + 1)),
        ("(", ")", *ABC),
        grows=True,
    ),
    about_letters(
        "c5_balanced",
        "Whether brackets of two kinds are balanced, each by itself.",
        lambda x: rules.everywhere(x, rules.balanced(x)),
        BITS,
        BRACKETS,
        special=balanced_brackets,
    ),
    about_numbers(
        "c6_oscillation",
        "Whether the number is a turning point.",
        rules.oscillates,
        BITS,
        least=3,
    ),
    about_letters(
        "c12_detect_abc",
        "Whether abc ends here.",
        partial(rules.ends_pattern, pattern=list(ABC)),
        BITS,
        ABC,
    ),
    about_numbers(
        "c13_trend",
        "Whether the next number is greater.",
        rules.trend,
        ("up", "down", "same"),
        least=2,
    ),
    about_letters(
        "c14_count_a",
        "How many a there are.",
        lambda x: rules.everywhere(x, x.count("a")),
        integers(0, LONGEST),
        grows=True,
    ),
    about_numbers(
        "c15_twice_less_index",
        "Twice the number less its index.",
        lambda x: [2 * n - i for i, n in enumerate(x)],
        integers(1 - LONGEST, 8),
        grows=True,
    ),
    about_letters(
        "c17_palindrome",
        "Whether the letters are a palindrome.",
        lambda x: rules.everywhere(x, x == x[::-1]),
        BITS,
        special=a_palindrome,
    ),
    about_letters(
        "c18_frequency_class",
        "Whether the letter is rare, common or frequent.",
        rules.frequency_class,
        ("rare", "common", "frequent"),
    ),
    about_letters(
        "c19_new_runs",
        "The letter, if it differs from that before.",
        rules.new_runs,
        (*ABC, "-"),
        ABC,
    ),
    about_letters(
        "c21_unique",
        "The letter, if it is new.",
        rules.first_occurrences,
        (*ABC, "-"),
        ABC,
    ),
    about_letters(
        "c24_first_occurrence",
        "Whether the letter is new.",
        lambda x: [int(a not in x[:i]) for i, a in enumerate(x)],
        BITS,
    ),
    about_letters(
        "c32_boundary",
        "Whether the letter differs from that before.",
        lambda x: [int(i > 0 and a != x[i - 1]) for i, a in enumerate(x)],
        BITS,
    ),
    about_letters(
        "c38_alternates",
        "Whether two letters alternate.",
        lambda x: rules.everywhere(x, rules.alternates(x)),
        BITS,
        ABC,
        special=an_alternation,
    ),
    about_letters(
        "c42_first", "The first letter.", lambda x: rules.everywhere(x, x[0])
    ),
    about_numbers(
        "c44_number_greater",
        "How many numbers are greater.",
        lambda x: [sum(m > n for m in x) for n in x],
        integers(0, LONGEST - 1),
        grows=True,
    ),
    about_numbers(
        "c45_double_first_half",
        "Twice the number in the first half.",
        rules.first_half_doubled,
        integers(0, 8),
    ),
    about_letters(
        "c47_frequency",
        "How often the letter occurs.",
        lambda x: [x.count(a) for a in x],
        integers(1, LONGEST),
        grows=True,
    ),
    about_numbers(
        "c48_plus_index",
        "The number plus its index.",
        lambda x: [n + i for i, n in enumerate(x)],
        integers(0, LONGEST + 3),
        grows=True,
    ),
    about_numbers(
        "c53_odd_indices_plus_1",
        "One more at odd indices.",
        lambda x: [n + i % 2 for i, n in enumerate(x)],
        integers(0, 5),
    ),
    about_numbers(
        "c56_every_third_zero",
        "Zero at every third place.",
        lambda x: [0 if i % 3 == 2 else n for i, n in enumerate(x)],
    ),
    about_letters(
        "c57_second",
        "The second letter.",
        lambda x: rules.everywhere(x, x[1] if len(x) > 1 else x[0]),
    ),
    about_numbers(
        "c58_mirror_first_half",
        "The first half, then from its end again.",
        rules.first_half_mirrored,
    ),
    about_numbers("c59_sort", "The numbers in rising order.", sorted),
    about_numbers(
        "c61_rank",
        "One more than how many numbers are less.",
        lambda x: [1 + sum(m < n for m in x) for n in x],
        integers(1, LONGEST),
        grows=True,
    ),
    about_numbers(
        "c63_number_less",
        "How many numbers are less.",
        lambda x: [sum(m < n for m in x) for n in x],
        integers(0, LONGEST - 1),
        grows=True,
    ),
    about_numbers(
        "c67_times_length",
        "The number times the length.",
        lambda x: [n * len(x) for n in x],
        integers(0, 3 * LONGEST),
        integers(0, 3),
        grows=True,
    ),
    about_numbers(
        "c74_odd_indices_reversed",
        "The numbers at odd indices in reverse order.",
        rules.odd_indices_reversed,
    ),
    about_numbers(
        "c76_even_indices_zero",
        "Zero at even indices.",
        lambda x: [n * (i % 2) for i, n in enumerate(x)],
    ),
    about_numbers(
        "c82_halve_second_half",
        "Half the number in the second half.",
        rules.second_half_halved,
        tuple(f"{n / 2:g}" for n in range(9)),
    ),
    about_numbers(
        "c88_mean_of_ends",
        "The mean of the first and the last number.",
        lambda x: rules.everywhere(x, f"{(x[0] + x[-1]) / 2:g}"),
        tuple(f"{n / 2:g}" for n in range(9)),
    ),
    about_numbers(
        "c89_increasing",
        "Whether no number is less than that before.",
        lambda x: rules.everywhere(x, x == sorted(x)),
        BITS,
        special=in_order,
    ),
    about_numbers(
        "c92_zero_if_less",
        "Zero, if the number is less than that before.",
        rules.falls_zeroed,
    ),
    about_numbers(
        "c93_swap_from_second",
        "Neighbours swapped, from the second on.",
        partial(rules.swapped, start=1),
    ),
    about_numbers(
        "c94_descending",
        "Whether no number is greater than that before.",
        lambda x: rules.everywhere(x, x == sorted(x, reverse=True)),
        BITS,
        special=partial(in_order, falling=True),
    ),
    about_numbers(
        "c96_duplicates_zero",
        "Zero, if the number occurred before.",
        rules.duplicates_zeroed,
        DIGITS,
        integers(1, 4),
    ),
    about_numbers(
        "c98_maximum", "The greatest number.", lambda x: rules.everywhere(x, max(x))
    ),
    about_numbers(
        "c99_sum_with_next",
        "The number plus the next.",
        partial(rules.with_next, rule=operator.add, last=lambda n: 2 * n),
        integers(0, 8),
    ),
    about_numbers(
        "c100_swap_first_two", "The first two swapped.", rules.first_two_swapped
    ),
    about_numbers(
        "c103_swap_neighbours", "Neighbours swapped in pairs.", rules.swapped
    ),
    about_numbers(
        "c106_keep_index_1",
        "Zero, except at index 1.",
        lambda x: [n if i == 1 else 0 for i, n in enumerate(x)],
    ),
    about_numbers(
        "c108_any_two_equal",
        "Whether any two are equal.",
        lambda x: rules.everywhere(x, len(set(x)) < len(x)),
        BITS,
        TENS,
    ),
    about_numbers(
        "c109_last_two_equal",
        "Whether the last two are equal.",
        lambda x: rules.everywhere(x, len(x) > 1 and x[-1] == x[-2]),
        BITS,
        least=2,
    ),
    about_numbers(
        "c110_insert_zeros", "A zero after every number.", rules.zeros_inserted
    ),
    about_numbers(
        "c111_last_then_zeros", "The last, then zeros.", rules.last_then_zeros
    ),
    about_numbers(
        "c112_difference_to_next",
        "The next number less this one.",
        partial(rules.with_next, rule=lambda a, b: b - a, last=lambda n: 0),
        SIGNED,
    ),
    about_numbers(
        "c113_reverse_if_sorted",
        "Reversed, if the numbers rise.",
        rules.reversed_if_sorted,
        special=in_order,
    ),
    about_numbers(
        "c115_times_next",
        "The number times the next.",
        partial(rules.with_next, rule=operator.mul, last=lambda n: n * n),
        integers(0, 16),
    ),
    about_numbers(
        "c116_multiple_of_first",
        "Whether the number is a multiple of the first.",
        lambda x: [int(n % x[0] == 0) for n in x],
        BITS,
        integers(1, 6),
    ),
    about_numbers(
        "c117_sum_of_last_two",
        "The sum of the last two.",
        lambda x: rules.everywhere(x, sum(x[-2:])),
        integers(0, 8),
        least=2,
    ),
    about_numbers(
        "c118_plus_previous",
        "The number plus that before.",
        lambda x: [n + (x[i - 1] if i else 0) for i, n in enumerate(x)],
        integers(0, 8),
    ),
    about_numbers(
        "c119_polynomial",
        "The value at the first number, others being coefficients.",
        rules.polynomial,
        integers(0, 120),
        integers(0, 3),
        least=4,
        most=5,
        grows=True,
    ),
    about_numbers("c120_swap_halves", "The halves swapped.", rules.halves_swapped),
    about_letters(
        "c124_all_equal",
        "Whether all letters are equal.",
        lambda x: rules.everywhere(x, len(set(x)) == 1),
        BITS,
        ABC,
        special=equal_letters,
    ),
    about_numbers(
        "c125_alternating_parity",
        "Whether odd and even numbers alternate.",
        lambda x: rules.everywhere(x, all((a + b) % 2 for a, b in pairwise(x))),
        BITS,
        integers(0, 3),
        special=odd_and_even,
    ),
    about_numbers(
        "c126_median",
        "The median.",
        rules.median,
        tuple(f"{n / 2:g}" for n in range(9)),
    ),
    about_numbers(
        "c128_swap_ends", "The first and the last swapped.", rules.ends_swapped
    ),
    about_numbers(
        "c129_all_even",
        "Whether all are even.",
        lambda x: rules.everywhere(x, all(n % 2 == 0 for n in x)),
        BITS,
        special=even_digits,
    ),
    about_numbers(
        "c131_maximum_with_previous",
        "The greater of the number and that before.",
        lambda x: [max(x[max(0, i - 1) : i + 1]) for i in range(len(x))],
    ),
)
"""Those about several tokens."""
