"""Every task of every public suite on an example that was worked by hand."""

from __future__ import annotations

import pytest

from transformer_programs.lab.suites import NAMES, public_suite
from transformer_programs.tasks import registry

MIPS = """
Binary_Addition: 1,1 0,1 0,0 -> 0 0 1
Base_3_Addition: 2,2 0,1 1,0 -> 1 2 1
Base_4_Addition: 3,1 3,3 -> 0 3
Base_5_Addition: 4,4 0,0 -> 3 1
Base_6_Addition: 5,1 2,3 -> 0 0
Base_7_Addition: 6,6 6,6 -> 5 6
Bitwise_Xor: 1,1 1,0 0,0 -> 0 1 0
Bitwise_Or: 1,1 1,0 0,0 -> 1 1 0
Bitwise_And: 1,1 1,0 0,0 -> 1 0 0
Bitwise_Not: 0 1 -> 1 0
Parity_Last2: 1 1 0 1 -> 1 0 1 1
Parity_Last3: 1 1 1 0 -> 1 0 1 0
Parity_Last4: 1 1 1 0 0 -> 1 0 1 1 0
Parity_All: 1 0 1 1 -> 1 1 0 1
Parity_Zeros: 1 0 0 1 -> 0 1 0 0
Evens_Counter: 0 3 8 -> 1 1 2
Sum_All: 10 20 3 -> 10 30 33
Sum_Last2: 10 20 3 -> 10 30 23
Sum_Last3: 1 2 3 4 -> 1 3 6 9
Sum_Last4: 1 2 3 4 5 -> 1 3 6 10 14
Sum_Last5: 1 1 1 1 1 7 -> 1 2 3 4 5 11
Sum_Last6: 1 1 1 1 1 1 9 -> 1 2 3 4 5 6 14
Sum_Last7: 1 1 1 1 1 1 1 9 -> 1 2 3 4 5 6 7 15
Current_Number: 7 99 -> 7 99
Prev1: 5 6 7 -> 0 5 6
Prev2: 5 6 7 -> 0 0 5
Prev3: 5 6 7 8 -> 0 0 0 5
Prev4: 5 6 7 8 9 -> 0 0 0 0 5
Prev5: 5 6 7 8 9 1 -> 0 0 0 0 0 5
Previous_Equals_Current: 0 0 3 3 -> 1 1 0 1
Diff_Last2: 5 -3 -> 5 -8
Abs_Diff: 5 -3 -> 5 8
Abs_Current: -7 7 -> 7 7
Diff_Abs_Values: -5 3 -> 5 -2
Min_Seen: 4 2 9 -> 4 2 2
Max_Seen: 4 2 9 -> 4 4 9
Majority_0_1: 1 0 0 -> 1 0 0
Majority_0_2: 2 1 1 2 -> 2 1 1 1
Majority_0_3: 3 3 0 0 -> 3 3 3 0
Evens_Detector: 4 7 -> 1 0
Perfect_Square_Detector: 9 10 0 -> 1 0 1
Bit_Palindrome: 1 0 1 -> 1 0 1
Balanced_Parenthesis: 0 1 1 0 -> 0 1 0 0
Parity_Bits_Mod2: 1 1 0 -> 0 1 0
Alternating_Last3: 1 0 1 1 -> 0 1 1 0
Alternating_Last4: 1 0 1 1 -> 0 0 1 0
Bit_Shift_Right: 1 0 1 -> 0 1 0
Bit_Dot_Prod_Mod2: 1,1 0,1 1,1 -> 1 1 0
Div_3: 1 0 0 0 0 1 0 -> 0 0 1 0 1 1 0
Div_5: 1 0 1 0 -> 0 0 1 0
Div_7: 1 1 1 0 -> 0 0 1 0
Add_Mod_3: 2 2 1 -> 2 1 2
Add_Mod_4: 3 3 -> 3 2
Add_Mod_5: 4 4 -> 4 3
Add_Mod_6: 5 5 -> 5 4
Add_Mod_7: 6 6 -> 6 5
Add_Mod_8: 7 7 -> 7 6
Dithering: 10 10 10 -> 0 1 1
Newton_Freebody: 1 0 0 -> 1 2 3
Newton_Gravity: 1 0 0 -> 0 -1 -3
Newton_Spring: 1 0 0 -> 1 1 0
"""

FORMAL = """
tomita1: ^ 1 -> 1$ 1$
tomita2: ^ 1 0 -> 1$ 0 1$
tomita3: ^ 1 0 0 1 -> 01$ 01$ 0 01$ 01$
tomita4: ^ 0 0 1 -> 01$ 01$ 1$ 01$
tomita5: ^ 0 1 0 1 -> 01$ 01 01 01 01$
tomita6: ^ 0 0 0 -> 01$ 01 01 01$
tomita7: ^ 0 1 0 1 -> 01$ 01$ 01$ 01$ 1$
D2: ^ a a b b -> a$ ab b ab a$
D3: ^ a a a b -> a$ ab ab b ab
D4: ^ a a a a -> a$ ab ab ab b
D12: ^ a b -> a$ ab a$
aastar: ^ a a -> a$ a a$
aaaastar: ^ a a a a -> a$ a a a a$
ababstar: ^ a b a b -> a$ b a b a$
abcde: ^ a a b c d e e -> a ab ab bc cd de e$ e$
ab_d_bc: ^ a d c -> abd abd bc$ bc$
012_0_2: ^ 1 0 2 1 -> 012 012 012$ 012$ 012
bin_majority: 0 1 1 | -> . . . 1
bin_majority_interleave: 0 1 1 0 1 0 1 1 0 | 0 1 0 -> . . . . . . . . . 0 1 0 $
majority: a b a | -> . . . a
sort: 12 3 | 3 12 -> . . 3 12 $
unique_copy: 7 5 | 7 5 -> . . 7 5 $
unique_reverse: 7 5 | 5 7 -> . . 5 7 $
repeat_copy: a a b | a a b -> . . . a a b $
count: 3 5 | 3 4 5 -> . . 3 4 5 $
parity: 1 0 1 | -> . . . 0
addition: 1 1 + 1 | 1 0 0 -> . . . . 1 0 0 $
"""

TRACRBENCH = """
c1_rotation: a b a c -> . . 1 0
c2_reverse: a b c -> c b a
c3_share_of_x: x a x -> 1 1/2 2/3
c4_pair_balance: ( ( ) -> 1 1 1/3
c5_balanced: ( { ) } -> 1 1 1 1
c6_oscillation: 1 3 1 3 3 -> . 1 1 1 .
c12_detect_abc: a a b c -> 0 0 0 1
c13_trend: 1 2 2 0 -> up same down .
c14_count_a: a b a -> 2 2 2
c15_twice_less_index: 3 0 1 -> 6 -1 0
c17_palindrome: a b a -> 1 1 1
c18_frequency_class: a a a b -> frequent frequent frequent rare
c19_new_runs: a a b b -> a - b -
c21_unique: a b a -> a b -
c24_first_occurrence: a b a -> 1 1 0
c32_boundary: a b b -> 0 1 0
c38_alternates: a b a -> 1 1 1
c42_first: c a -> c c
c44_number_greater: 1 3 2 -> 2 0 1
c45_double_first_half: 1 2 3 -> 2 4 3
c47_frequency: a b a -> 2 1 2
c48_plus_index: 3 3 3 -> 3 4 5
c53_odd_indices_plus_1: 3 3 3 -> 3 4 3
c56_every_third_zero: 1 1 1 1 -> 1 1 0 1
c57_second: a c d -> c c c
c58_mirror_first_half: 1 2 3 4 -> 1 2 2 1
c59_sort: 3 1 2 -> 1 2 3
c61_rank: 3 1 3 -> 2 1 2
c63_number_less: 3 1 3 -> 1 0 1
c67_times_length: 2 1 -> 4 2
c74_odd_indices_reversed: 0 1 2 3 4 -> 0 3 2 1 4
c76_even_indices_zero: 1 2 3 -> 0 2 0
c82_halve_second_half: 4 3 4 3 -> 4 3 2 1.5
c88_mean_of_ends: 1 4 4 -> 2.5 2.5 2.5
c89_increasing: 1 1 3 -> 1 1 1
c92_zero_if_less: 2 1 3 -> 2 0 3
c93_swap_from_second: 0 1 2 3 -> 0 2 1 3
c94_descending: 3 1 1 -> 1 1 1
c96_duplicates_zero: 1 2 1 -> 1 2 0
c98_maximum: 1 4 0 -> 4 4 4
c99_sum_with_next: 1 2 3 -> 3 5 6
c100_swap_first_two: 1 2 3 -> 2 1 3
c103_swap_neighbours: 0 1 2 3 4 -> 1 0 3 2 4
c106_keep_index_1: 4 3 2 -> 0 3 0
c108_any_two_equal: 7 8 7 -> 1 1 1
c109_last_two_equal: 1 2 2 -> 1 1 1
c110_insert_zeros: 1 2 3 4 -> 1 0 2 0
c111_last_then_zeros: 1 2 3 -> 3 0 0
c112_difference_to_next: 1 4 2 -> 3 -2 0
c113_reverse_if_sorted: 0 1 2 -> 2 1 0
c115_times_next: 2 3 4 -> 6 12 16
c116_multiple_of_first: 2 4 3 -> 1 1 0
c117_sum_of_last_two: 1 2 3 -> 5 5 5
c118_plus_previous: 1 2 3 -> 1 3 5
c119_polynomial: 3 2 3 1 -> 28 28 28 28
c120_swap_halves: 0 1 2 3 4 -> 3 4 2 0 1
c124_all_equal: b b -> 1 1
c125_alternating_parity: 0 1 2 -> 1 1 1
c126_median: 4 1 2 1 -> 1.5 1.5 1.5 1.5
c128_swap_ends: 1 2 3 -> 3 2 1
c129_all_even: 0 2 3 -> 0 0 0
c131_maximum_with_previous: 1 3 2 -> 1 3 3
c8_identity: 7 0 -> 7 0
c30_within: 1 2 8 -> 0 1 0
c41_absolute: -3 2 -> 3 2
c43_fibonacci: 0 1 7 -> 0 1 13
c46_less_1: 0 5 -> -1 4
c49_down_to_multiple: 7 3 -> 6 3
c51_is_fibonacci: 4 5 -> 0 1
c60_plus_1: 9 -> 10
c62_factorial: 4 0 -> 24 1
c64_cube: 3 -> 27
c68_up_to_multiple: 7 6 -> 9 6
c69_sign: -5 0 2 -> -1 0 1
c72_negated: 4 0 -> -4 0
c75_double: 4 -> 8
c79_is_prime: 7 9 1 -> 1 0 0
c80_less_2: 5 -> 3
c83_triple: 3 -> 9
c85_square: 7 -> 49
c86_power_of_2: 4 6 1 -> 1 0 1
c87_threshold: 2 3 -> 0 1
c90_replace: 2 3 -> 5 3
c91_below_to_zero: 4 5 -> 0 5
c95_prime_factors: 6 8 1 -> 2 1 0
c101_is_square: 9 8 -> 1 0
c102_reflect: 1 8 5 -> 3 6 5
c105_next_prime: 4 7 -> 5 11
c107_wrap: 7 8 1 -> 2 3 6
c122_by_3: 6 7 -> 1 0
c130_clip: 1 9 5 -> 2 7 5
"""

CHOMSKY = """
even_pairs: 0 1 0 1 0 0 1 -> 1
modular_arithmetic: 1 + 2 * 3 -> 2
parity_check: 1 0 1 0 1 0 0 -> 1
cycle_navigation: 1 -1 0 -1 -1 -> 3
stack_manipulation: 0 1 1 0 PUSH1 POP POP _ -> 1 1 0 end . . . .
reverse_string: 0 1 1 0 1 0 -> 0 1 0 1 1 0
modular_arithmetic_brackets: ( 1 - ( - 2 ) ) -> 3
solve_equation: ( x + 4 ) = 1 -> 2
duplicate_string: 1 0 1 _ _ _ -> 1 0 1 1 0 1
missing_duplicate: 0 1 1 0 0 ? 1 0 -> 1
odds_first: 0 0 1 1 0 1 0 1 -> 0 1 0 0 0 1 1 1
binary_addition: 0 0 1 + 0 1 1 0 1 _ -> 0 1 0 1 1 end . . . .
binary_multiplication: 0 0 1 * 0 1 1 0 1 -> 0 0 0 1 1 0 1 end .
compute_sqrt: 1 0 0 1 0 1 -> 1 1 0 . . .
bucket_sort: 1 0 2 0 4 1 1 2 -> 0 0 1 1 1 2 2 4
"""

FLIPFLOP = """
flip_flop: w 1 i 0 r 1 w 0 r 0 -> . . . . 1 . . . 0 .
flip_flop_dense: w 1 r 1 r 1 -> . . 1 . 1 .
flip_flop_sparse: w 0 i 1 i 1 r 0 -> . . . . . . 0 .
"""

EXAMPLES = {
    "mips": MIPS,
    "formal": FORMAL,
    "tracrbench": TRACRBENCH,
    "chomsky": CHOMSKY,
    "flipflop": FLIPFLOP,
}


def worked(suite: str) -> dict[str, tuple[tuple[str, ...], tuple[str | None, ...]]]:
    """Input and labels by task; a dot stands for no label."""
    found = {}
    for line in EXAMPLES[suite].strip().splitlines():
        task, _, rest = line.partition(": ")
        given, _, labels = rest.partition(" -> ")
        wanted = [None if label == "." else label for label in labels.split()]
        found[task] = (tuple(given.split()), tuple(wanted))
    return found


def test_the_suites_are_those_that_tasks_can_be_named_of() -> None:
    assert NAMES == registry.SUITES == tuple(EXAMPLES)


@pytest.mark.parametrize("suite", NAMES)
def test_worked_examples(suite: str) -> None:
    examples = worked(suite)
    tasks = public_suite(suite).tasks
    assert [task.name for task in tasks] == list(examples)
    for task in tasks:
        tokens, labels = examples[task.name]
        found = task.target(tokens)
        assert found == (labels if task.tagging else labels[0]), task
        assert set(tokens) <= set(task.symbols)
        assert registry.get(f"{suite}:{task.name}") is task
    assert not {f"{suite}:{task.name}" for task in tasks} & set(registry.names())
