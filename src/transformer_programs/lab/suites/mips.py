"""The tasks of MIPS: one label per token, which depends on the tokens so far.

E. Michaud and others: Opening the AI black box, arXiv 2402.05110. Of its 62 tasks one
is missing: the labels of Newton_Magnetic are pairs of coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise, product

from transformer_programs.lab.suites.suite import (
    FRAME,
    Labels,
    Suite,
    SuiteTask,
    Tokens,
    integers,
)

BITS = integers(0, 1)
SMALL = integers(0, 99)
SIGNED = integers(-100, 99)

Numbers = Sequence[int]

Rule = Callable[[Numbers], int]
"""From the numbers so far, the current one last, to a label."""


def of_prefixes(tokens: Tokens, *, rule: Rule) -> Labels:
    """Label every token by a rule about the numbers up to it."""
    numbers = tuple(map(int, tokens))
    return tuple(str(rule(numbers[:end])) for end in range(1, len(numbers) + 1))


def of_pairs(tokens: Tokens, *, rule: Callable[[Numbers, Numbers], Numbers]) -> Labels:
    """Label every token ``a,b`` by a rule about all first and all second numbers."""
    pairs = [tuple(map(int, token.split(","))) for token in tokens]
    found = rule([a for a, _ in pairs], [b for _, b in pairs])
    return tuple(map(str, found))


def added(first: Numbers, second: Numbers, *, base: int) -> Numbers:
    """Return the digits of a sum, the lowest first; the last carry is dropped."""
    digits, carry = [], 0
    for a, b in zip(first, second, strict=True):
        carry, digit = divmod(a + b + carry, base)
        digits.append(digit)
    return digits


def at_each(
    first: Numbers, second: Numbers, *, rule: Callable[[int, int], int]
) -> Numbers:
    """Return what a rule makes of the two numbers of every token."""
    return list(map(rule, first, second))


def dot_product(first: Numbers, second: Numbers) -> Numbers:
    """Return the parity of the scalar product so far."""
    return [total % 2 for total in accumulate(map(int.__mul__, first, second))]


def before(numbers: Numbers, places: int = 1) -> int:
    """Return the number that many places back, 0 before the first."""
    return numbers[-1 - places] if len(numbers) > places else 0


def sum_of_last(numbers: Numbers, *, count: int) -> int:
    """Return the sum of the last numbers."""
    return sum(numbers[-count:])


def parity_of_last(numbers: Numbers, *, count: int) -> int:
    """Return the parity of the sum of the last bits."""
    return sum(numbers[-count:]) % 2


def sum_modulo(numbers: Numbers, *, modulus: int) -> int:
    """Return the remainder of the sum."""
    return sum(numbers) % modulus


def most_frequent(numbers: Numbers) -> int:
    """Return the most frequent number, the lowest of those that tie."""
    return min(set(numbers), key=lambda number: (-numbers.count(number), number))


def alternates(numbers: Numbers, *, count: int) -> int:
    """Return whether the last bits alternate, 0 standing before the first."""
    last = [before(numbers, places) for places in range(count)]
    return int(all(a != b for a, b in pairwise(last)))


def balanced(numbers: Numbers) -> int:
    """Return whether 0 opens and 1 closes so that all are matched."""
    depths = list(accumulate(1 - 2 * number for number in numbers))
    return int(min(depths) >= 0 and depths[-1] == 0)


def palindrome(numbers: Numbers) -> int:
    """Return whether the numbers read the same from both ends."""
    return int(numbers == numbers[::-1])


def quotient(numbers: Numbers, *, divisor: int) -> int:
    """Return the next bit of a quotient, the highest bits first."""
    rest = 0
    for number in numbers[:-1]:
        rest = (2 * rest + number) % divisor
    return (2 * rest + numbers[-1]) // divisor


def dithered(numbers: Numbers) -> int:
    """Return by how much the sum, in units of 15 and rounded down, has grown."""
    return sum(numbers) // 15 - sum(numbers[:-1]) // 15


def moved(numbers: Numbers, *, gravity: int = 0, spring: int = 0) -> int:
    """Return the position after accelerations, from rest at 0."""
    position = velocity = 0
    for number in numbers:
        velocity += number - gravity - spring * position
        position += velocity
    return position


def _task(
    name: str,
    summary: str,
    rule: Rule,
    symbols: Tokens,
    labels: Tokens = BITS,
    *,
    most: int = 10,
    grows: bool = False,
) -> SuiteTask:
    # Labels that grow with the length have no longer inputs.
    return SuiteTask(
        name=name,
        summary=summary,
        definition=partial(of_prefixes, rule=rule),
        symbols=symbols,
        labels=labels,
        max_length=most + 1,
        begin=FRAME,
        sizes=range(1, most + 1),
        longer=() if grows else (range(2 * most, 2 * most + 1),),
    )


def _of_pairs(
    name: str, summary: str, rule: Callable[[Numbers, Numbers], Numbers], base: int = 2
) -> SuiteTask:
    digits = range(base)
    return SuiteTask(
        name=name,
        summary=summary,
        definition=partial(of_pairs, rule=rule),
        symbols=tuple(f"{a},{b}" for a, b in product(digits, digits)),
        labels=integers(0, base - 1),
        max_length=11,
        begin=FRAME,
        sizes=range(1, 11),
        longer=(range(20, 21),),
    )


TASKS = (
    _of_pairs("Binary_Addition", "The sum, lowest bits first.", partial(added, base=2)),
    *(
        _of_pairs(
            f"Base_{base}_Addition",
            f"The sum in base {base}, lowest digits first.",
            partial(added, base=base),
            base,
        )
        for base in range(3, 8)
    ),
    _of_pairs("Bitwise_Xor", "Whether one is 1.", partial(at_each, rule=int.__xor__)),
    _of_pairs("Bitwise_Or", "Whether any is 1.", partial(at_each, rule=int.__or__)),
    _of_pairs("Bitwise_And", "Whether both are 1.", partial(at_each, rule=int.__and__)),
    _task("Bitwise_Not", "The other bit.", lambda n: 1 - n[-1], BITS),
    *(
        _task(
            f"Parity_Last{count}",
            f"The parity of the last {count} bits.",
            partial(parity_of_last, count=count),
            BITS,
        )
        for count in (2, 3, 4)
    ),
    _task("Parity_All", "The parity of the ones.", lambda n: sum(n) % 2, BITS),
    _task("Parity_Zeros", "The parity of the zeros.", lambda n: n.count(0) % 2, BITS),
    _task(
        "Evens_Counter",
        "How many digits are even.",
        lambda n: sum(1 - number % 2 for number in n),
        integers(0, 9),
        integers(0, 10),
        grows=True,
    ),
    _task("Sum_All", "The sum.", sum, SMALL, integers(0, 990), grows=True),
    *(
        _task(
            f"Sum_Last{count}",
            f"The sum of the last {count} numbers.",
            partial(sum_of_last, count=count),
            SMALL,
            integers(0, 99 * count),
            most=20 if count >= 5 else 10,
        )
        for count in range(2, 8)
    ),
    _task("Current_Number", "The number.", lambda n: n[-1], SMALL, SMALL),
    *(
        _task(
            f"Prev{places}",
            f"The number {places} back, else 0.",
            partial(before, places=places),
            SMALL,
            SMALL,
            most=20 if places == 5 else 10,
        )
        for places in range(1, 6)
    ),
    _task(
        "Previous_Equals_Current",
        "Whether the number is that before; 0 stands before the first.",
        lambda n: int(n[-1] == before(n)),
        integers(0, 7),
    ),
    _task(
        "Diff_Last2",
        "The number less that before.",
        lambda n: n[-1] - before(n),
        SIGNED,
        integers(-199, 199),
    ),
    _task(
        "Abs_Diff",
        "How far the number is from that before.",
        lambda n: abs(n[-1] - before(n)),
        SIGNED,
        integers(0, 199),
    ),
    _task(
        "Abs_Current",
        "The number without sign.",
        lambda n: abs(n[-1]),
        SIGNED,
        integers(0, 100),
    ),
    _task(
        "Diff_Abs_Values",
        "The number less that before, both without sign.",
        lambda n: abs(n[-1]) - abs(before(n)),
        SIGNED,
        integers(-100, 100),
    ),
    _task("Min_Seen", "The least.", min, integers(0, 9), integers(0, 9)),
    _task("Max_Seen", "The greatest.", max, SMALL, SMALL),
    *(
        _task(
            f"Majority_0_{last}",
            f"The most frequent of 0 to {last}, the lowest on a tie.",
            most_frequent,
            integers(0, last),
            integers(0, last),
        )
        for last in (1, 2, 3)
    ),
    _task(
        "Evens_Detector",
        "Whether the digit is even.",
        lambda n: 1 - n[-1] % 2,
        integers(0, 9),
    ),
    _task(
        "Perfect_Square_Detector",
        "Whether the number is a square.",
        lambda n: int(n[-1] in (0, 1, 4, 9, 16)),
        integers(0, 19),
    ),
    _task("Bit_Palindrome", "Whether all bits are a palindrome.", palindrome, BITS),
    _task("Balanced_Parenthesis", "Whether 0 and 1 are balanced.", balanced, BITS),
    _task(
        "Parity_Bits_Mod2",
        "The parity of the place, from 0.",
        lambda n: (len(n) - 1) % 2,
        BITS,
    ),
    *(
        _task(
            f"Alternating_Last{count}",
            f"Whether the last {count} bits alternate; 0 stands before the first.",
            partial(alternates, count=count),
            BITS,
        )
        for count in (3, 4)
    ),
    _task("Bit_Shift_Right", "The bit before, else 0.", before, BITS),
    _of_pairs("Bit_Dot_Prod_Mod2", "The scalar product modulo 2.", dot_product),
    *(
        _task(
            f"Div_{divisor}",
            f"The quotient by {divisor}, highest bits first.",
            partial(quotient, divisor=divisor),
            BITS,
        )
        for divisor in (3, 5, 7)
    ),
    *(
        _task(
            f"Add_Mod_{modulus}",
            f"The sum modulo {modulus}.",
            partial(sum_modulo, modulus=modulus),
            integers(0, modulus - 1),
            integers(0, modulus - 1),
        )
        for modulus in range(3, 9)
    ),
    _task(
        "Dithering",
        "By how much the sum over 15, rounded down, grows.",
        dithered,
        integers(0, 15),
        integers(0, 1),
    ),
    _task(
        "Newton_Freebody",
        "The position after accelerations.",
        moved,
        integers(-10, 10),
        integers(-550, 550),
        grows=True,
    ),
    _task(
        "Newton_Gravity",
        "The position after accelerations, of which gravity takes 1.",
        partial(moved, gravity=1),
        integers(-10, 10),
        integers(-605, 495),
        grows=True,
    ),
    _task(
        "Newton_Spring",
        "The position after accelerations, on a spring.",
        partial(moved, spring=1),
        integers(-10, 10),
        integers(-70, 70),
        grows=True,
    ),
)
"""In the order of the suite's list."""

_GPT4 = (
    *("Base_6_Addition", "Bitwise_Xor", "Bitwise_Or", "Bitwise_And", "Bitwise_Not"),
    *("Parity_Last2", "Sum_All", "Sum_Last4", "Sum_Last5", "Sum_Last6", "Sum_Last7"),
    *("Current_Number", "Prev1", "Prev2", "Prev3", "Prev4", "Prev5", "Abs_Current"),
    *("Diff_Abs_Values", "Min_Seen", "Max_Seen", "Majority_0_1", "Evens_Detector"),
    *("Bit_Palindrome", "Parity_Bits_Mod2", "Alternating_Last4", "Bit_Shift_Right"),
    *("Div_3", "Add_Mod_3", "Dithering"),
)

SUITE = Suite(
    name="mips",
    title="MIPS",
    about=(
        "E. Michaud and others: Opening the AI black box, arXiv 2402.05110; all but "
        "one of its 62 tasks, whose labels are pairs of numbers. One label per token. "
        "Inputs have 1 to 10 tokens (20 where the suite has 20), uniform; the suite's "
        "all have 10. Pairs of digits are one token, as in the suite."
    ),
    tasks=TASKS,
    best="MIPS 32 of 62, GPT-4 30, one of the two 43",
    published={
        "GPT-4": {task.name: "yes" if task.name in _GPT4 else "no" for task in TASKS}
    },
)
