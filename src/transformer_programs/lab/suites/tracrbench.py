"""Cases of TracrBench and InterpBench, on small alphabets.

H. Thurnherr, J. Scheurer: TracrBench, arXiv 2409.13714; R. Gupta and others:
InterpBench, arXiv 2407.14494. A case has the number that it has there. Cases about the
letters of words, and those with real numbers as labels, are left out.
"""

from __future__ import annotations

from math import factorial, isqrt

from transformer_programs.lab.suites import tracr_rules as rules
from transformer_programs.lab.suites.suite import Suite, integers
from transformer_programs.lab.suites.tracr_cases import CASES
from transformer_programs.lab.suites.tracr_inputs import (
    about_each,
)

MAPS = (
    about_each("c8_identity", "The number.", lambda n: n),
    about_each("c30_within", "Whether it is from 2 to 7.", lambda n: 2 <= n <= 7),
    about_each("c41_absolute", "The number without sign.", abs, integers(-9, 9)),
    about_each("c43_fibonacci", "The Fibonacci number.", rules.fibonacci),
    about_each("c46_less_1", "The number less 1.", lambda n: n - 1),
    about_each("c49_down_to_multiple", "Down to a multiple of 3.", lambda n: n - n % 3),
    about_each(
        "c51_is_fibonacci",
        "Whether it is a Fibonacci number.",
        lambda n: any(rules.fibonacci(i) == n for i in range(n + 2)),
    ),
    about_each("c60_plus_1", "The number plus 1.", lambda n: n + 1),
    about_each("c62_factorial", "The factorial.", factorial, integers(0, 6)),
    about_each("c64_cube", "The cube.", lambda n: n**3),
    about_each("c68_up_to_multiple", "Up to a multiple of 3.", lambda n: n + -n % 3),
    about_each("c69_sign", "The sign.", lambda n: (n > 0) - (n < 0), integers(-9, 9)),
    about_each("c72_negated", "The number negated.", lambda n: -n),
    about_each("c75_double", "Twice the number.", lambda n: 2 * n),
    about_each("c79_is_prime", "Whether it is prime.", rules.is_prime),
    about_each("c80_less_2", "The number less 2.", lambda n: n - 2),
    about_each("c83_triple", "Three times the number.", lambda n: 3 * n),
    about_each("c85_square", "The square.", lambda n: n * n),
    about_each(
        "c86_power_of_2", "Whether it is a power of 2.", lambda n: n in (1, 2, 4, 8)
    ),
    about_each("c87_threshold", "Whether it is at least 3.", lambda n: n >= 3),
    about_each("c90_replace", "The number, 5 for 2.", lambda n: 5 if n == 2 else n),
    about_each("c91_below_to_zero", "Zero below 5.", lambda n: n if n >= 5 else 0),
    about_each("c95_prime_factors", "How many primes divide it.", rules.prime_factors),
    about_each(
        "c101_is_square", "Whether it is a square.", lambda n: isqrt(n) ** 2 == n
    ),
    about_each(
        "c102_reflect", "Folded into 2 to 7.", rules.reflected, integers(-9, 19)
    ),
    about_each("c105_next_prime", "The next prime.", rules.next_prime),
    about_each("c107_wrap", "Wrapped into 2 to 7.", rules.wrapped, integers(-9, 19)),
    about_each("c122_by_3", "Whether 3 divides it.", lambda n: n % 3 == 0),
    about_each(
        "c130_clip", "Clipped to 2 to 7.", lambda n: min(max(n, 2), 7), integers(-9, 19)
    ),
)
"""Those about one token at a time."""

TASKS = CASES + MAPS

SUITE = Suite(
    name="tracrbench",
    title="TracrBench and InterpBench",
    about=(
        "H. Thurnherr, J. Scheurer: TracrBench, arXiv 2409.13714, and R. Gupta and "
        "others: InterpBench, arXiv 2407.14494: cases by their number there, "
        f"{len(CASES)} about several tokens and {len(MAPS)} about one at a time; those "
        "about the letters of words and those with real numbers as labels are left "
        "out. Alphabets are small, inputs have up to 8 tokens. Labels say what the "
        "one-line description of a case says. Published is what GPT-4-turbo wrote as "
        "a RASP program from such a description."
    ),
    tasks=TASKS,
    best="GPT-4-turbo 57 of 101 from a description",
)
