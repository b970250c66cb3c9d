"""sort: a Transformer Program.

Takes 0 to 101 tokens. "<s>" before them is added. Gives every token one of 151
labels.

Holds at any length: any_length=True takes more tokens.

Usage: python program.py [--any-length] TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

LABELS = (*map(str, range(150)), "$")
MAX_LENGTH = 101


def trace(tokens: Sequence[str], any_length: bool = False) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = frame(tokens, TOKENS, MAX_LENGTH, any_length, begin="<s>")
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    rank_1 = rank_1_of(tokens)
    flag_1 = [int(x not in ("|", "<s>")) for x in tokens]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # k fits its own rank_1 q: 1 <= k - q <= 128.
    copy_1 = attend(
        rank_1, rank_1, flag_1, lambda q, k: 1 <= k - q <= 128, scope="causal"
    )
    below_1 = [min(a + 128, 150) if b == 0 else a for a, b in zip(rank_1, copy_1)]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # k fits its own below_1 q: 1 <= k - q <= 64.
    copy_2 = attend(
        below_1, rank_1, flag_1, lambda q, k: 1 <= k - q <= 64, scope="causal"
    )
    below_2 = [min(a + 64, 150) if b == 0 else a for a, b in zip(below_1, copy_2)]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # k fits its own below_2 q: 1 <= k - q <= 32.
    copy_3 = attend(
        below_2, rank_1, flag_1, lambda q, k: 1 <= k - q <= 32, scope="causal"
    )
    below_3 = [min(a + 32, 150) if b == 0 else a for a, b in zip(below_2, copy_3)]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # k fits its own below_3 q: 1 <= k - q <= 16.
    copy_4 = attend(
        below_3, rank_1, flag_1, lambda q, k: 1 <= k - q <= 16, scope="causal"
    )
    below_4 = [min(a + 16, 150) if b == 0 else a for a, b in zip(below_3, copy_4)]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # k fits its own below_4 q: 1 <= k - q <= 8.
    copy_5 = attend(
        below_4, rank_1, flag_1, lambda q, k: 1 <= k - q <= 8, scope="causal"
    )
    below_5 = [min(a + 8, 150) if b == 0 else a for a, b in zip(below_4, copy_5)]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # k fits its own below_5 q: 1 <= k - q <= 4.
    copy_6 = attend(
        below_5, rank_1, flag_1, lambda q, k: 1 <= k - q <= 4, scope="causal"
    )
    below_6 = [min(a - b - 3 * b + 4, 150) for a, b in zip(below_5, copy_6)]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # k fits its own below_6 q: 1 <= k - q <= 2.
    copy_7 = attend(
        below_6, rank_1, flag_1, lambda q, k: 1 <= k - q <= 2, scope="causal"
    )
    below_7 = [min(a - 2 * b + 2, 150) for a, b in zip(below_6, copy_7)]
    # From each position, the flag_1 at the nearest position up to its own whose rank_1
    # is its own below_7 + 1.
    copy_8 = attend(below_7, rank_1, flag_1, lambda q, k: k == q + 1, scope="causal")
    below_8 = [min(a - b + 1, 150) for a, b in zip(below_7, copy_8)]
    return {name: x for name, x in locals().items() if name != "any_length"}


def run(tokens: Sequence[str], any_length: bool = False) -> list[str]:
    """The label of every token."""
    return [LABEL_OF[x] for x in trace(tokens, any_length)["below_8"][1:]]


def rank_1_of(tokens: list[str]) -> list[int]:
    """The learned class (0..150) of each token."""
    table = {
        "0": 1,
        "1": 2,
        "2": 3,
        "3": 4,
        "4": 5,
        "5": 6,
        "6": 7,
        "7": 8,
        "8": 9,
        "9": 10,
        "10": 11,
        "11": 12,
        "12": 13,
        "13": 14,
        "14": 15,
        "15": 16,
        "16": 17,
        "17": 18,
        "18": 19,
        "19": 20,
        "20": 21,
        "21": 22,
        "22": 23,
        "23": 24,
        "24": 25,
        "25": 26,
        "26": 27,
        "27": 28,
        "28": 29,
        "29": 30,
        "30": 31,
        "31": 32,
        "32": 33,
        "33": 34,
        "34": 35,
        "35": 36,
        "36": 37,
        "37": 38,
        "38": 39,
        "39": 40,
        "40": 41,
        "41": 42,
        "42": 43,
        "43": 44,
        "44": 45,
        "45": 46,
        "46": 47,
        "47": 48,
        "48": 49,
        "49": 50,
        "50": 51,
        "51": 52,
        "52": 53,
        "53": 54,
        "54": 55,
        "55": 56,
        "56": 57,
        "57": 58,
        "58": 59,
        "59": 60,
        "60": 61,
        "61": 62,
        "62": 63,
        "63": 64,
        "64": 65,
        "65": 66,
        "66": 67,
        "67": 68,
        "68": 69,
        "69": 70,
        "70": 71,
        "71": 72,
        "72": 73,
        "73": 74,
        "74": 75,
        "75": 76,
        "76": 77,
        "77": 78,
        "78": 79,
        "79": 80,
        "80": 81,
        "81": 82,
        "82": 83,
        "83": 84,
        "84": 85,
        "85": 86,
        "86": 87,
        "87": 88,
        "88": 89,
        "89": 90,
        "90": 91,
        "91": 92,
        "92": 93,
        "93": 94,
        "94": 95,
        "95": 96,
        "96": 97,
        "97": 98,
        "98": 99,
        "99": 100,
        "100": 101,
        "101": 102,
        "102": 103,
        "103": 104,
        "104": 105,
        "105": 106,
        "106": 107,
        "107": 108,
        "108": 109,
        "109": 110,
        "110": 111,
        "111": 112,
        "112": 113,
        "113": 114,
        "114": 115,
        "115": 116,
        "116": 117,
        "117": 118,
        "118": 119,
        "119": 120,
        "120": 121,
        "121": 122,
        "122": 123,
        "123": 124,
        "124": 125,
        "125": 126,
        "126": 127,
        "127": 128,
        "128": 129,
        "129": 130,
        "130": 131,
        "131": 132,
        "132": 133,
        "133": 134,
        "134": 135,
        "135": 136,
        "136": 137,
        "137": 138,
        "138": 139,
        "139": 140,
        "140": 141,
        "141": 142,
        "142": 143,
        "143": 144,
        "144": 145,
        "145": 146,
        "146": 147,
        "147": 148,
        "148": 149,
        "149": 150,
    }
    return [table.get(x, 0) for x in tokens]


# The label of each value of below_8.
LABEL_OF = {
    0: "0",
    1: "1",
    2: "2",
    3: "3",
    4: "4",
    5: "5",
    6: "6",
    7: "7",
    8: "8",
    9: "9",
    10: "10",
    11: "11",
    12: "12",
    13: "13",
    14: "14",
    15: "15",
    16: "16",
    17: "17",
    18: "18",
    19: "19",
    20: "20",
    21: "21",
    22: "22",
    23: "23",
    24: "24",
    25: "25",
    26: "26",
    27: "27",
    28: "28",
    29: "29",
    30: "30",
    31: "31",
    32: "32",
    33: "33",
    34: "34",
    35: "35",
    36: "36",
    37: "37",
    38: "38",
    39: "39",
    40: "40",
    41: "41",
    42: "42",
    43: "43",
    44: "44",
    45: "45",
    46: "46",
    47: "47",
    48: "48",
    49: "49",
    50: "50",
    51: "51",
    52: "52",
    53: "53",
    54: "54",
    55: "55",
    56: "56",
    57: "57",
    58: "58",
    59: "59",
    60: "60",
    61: "61",
    62: "62",
    63: "63",
    64: "64",
    65: "65",
    66: "66",
    67: "67",
    68: "68",
    69: "69",
    70: "70",
    71: "71",
    72: "72",
    73: "73",
    74: "74",
    75: "75",
    76: "76",
    77: "77",
    78: "78",
    79: "79",
    80: "80",
    81: "81",
    82: "82",
    83: "83",
    84: "84",
    85: "85",
    86: "86",
    87: "87",
    88: "88",
    89: "89",
    90: "90",
    91: "91",
    92: "92",
    93: "93",
    94: "94",
    95: "95",
    96: "96",
    97: "97",
    98: "98",
    99: "99",
    100: "100",
    101: "101",
    102: "102",
    103: "103",
    104: "104",
    105: "105",
    106: "106",
    107: "107",
    108: "108",
    109: "109",
    110: "110",
    111: "111",
    112: "112",
    113: "113",
    114: "114",
    115: "115",
    116: "116",
    117: "117",
    118: "118",
    119: "119",
    120: "120",
    121: "121",
    122: "122",
    123: "123",
    124: "124",
    125: "125",
    126: "126",
    127: "127",
    128: "128",
    129: "129",
    130: "130",
    131: "131",
    132: "132",
    133: "133",
    134: "134",
    135: "135",
    136: "136",
    137: "137",
    138: "138",
    139: "139",
    140: "140",
    141: "141",
    142: "142",
    143: "143",
    144: "144",
    145: "145",
    146: "146",
    147: "147",
    148: "148",
    149: "149",
    150: "$",
}


TOKENS = {
    *"""
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
    31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58
    59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86
    87 88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110
    111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127 128 129 130 131
    132 133 134 135 136 137 138 139 140 141 142 143 144 145 146 147 148 149 |
    """.split(),
}


# Helpers, which are alike in all programs.


def frame(
    tokens: Sequence[str],
    known: Collection[str],
    max_length: int,
    any_length: bool | None = None,
    begin: str | None = None,
    end: str | None = None,
    unknown: str | None = None,
) -> list[str]:
    """Check the tokens and put the begin and end tokens around them.

    With any_length=True they may be more than max_length; None says that the program
    does not hold there.
    """
    if isinstance(tokens, str):
        right = sorted(known)[: min(max_length, 3)]
        raise ValueError(f"expected a list of tokens like {right}, got {tokens!r}")
    if len(tokens) > max_length and not any_length:
        hint = "" if any_length is None else "; any_length (--any-length) allows more"
        raise ValueError(
            f"too long: {len(tokens)} tokens, at most {max_length} are allowed{hint}"
        )
    framed = [] if begin is None else [begin]
    for position, token in enumerate(tokens):
        if not isinstance(token, str):
            raise ValueError(
                f"expected strings as tokens, got {token!r} at position {position}"
            )
        if token not in known and unknown is None:
            some = ", ".join(map(repr, sorted(known)[:20]))
            more = "" if len(known) <= 20 else f", ... ({len(known)} in all)"
            raise ValueError(
                f"unknown token {token!r} at position {position}; "
                f"known tokens: {some}{more}"
            )
        framed.append(token if token in known else str(unknown))
    framed += [] if end is None else [end]
    if not framed:
        raise ValueError(f"empty sequence: expected 1 to {max_length} tokens")
    return framed


def visible(scope: str, i: int, length: int) -> range:
    """The positions that position i may look at."""
    if scope == "before":
        return range(i)
    if scope == "after":
        return range(i + 1, length)
    if scope == "causal":
        return range(i + 1)
    return range(length)


def places(values: Sequence[Any]) -> dict[Any, list[int]]:
    """The positions of every value."""
    found: dict[Any, list[int]] = {}
    for i, x in enumerate(values):
        found.setdefault(x, []).append(i)
    return found


def nearest(
    here: Sequence[int], matches: Sequence[int], scope: str, length: int
) -> dict[int, int]:
    """The nearest match that each position sees, 0 if there is none; all in order."""
    found, after = {}, 0
    for i in here:
        while after < len(matches) and matches[after] < i:
            after += 1
        seen = visible(scope, i, length)
        near = [j for j in matches[max(after - 1, 0) : after + 2] if j in seen]
        found[i] = min(near, key=lambda j: (j == i, abs(j - i), j), default=0)
    return found


def attend(
    query: Sequence[Any],
    key: Sequence[Any],
    value: Sequence[Any],
    predicate: Callable[[Any, Any], bool],
    scope: str = "all",
) -> list[Any]:
    """Copy the value from the nearest position whose key matches the query.

    A position itself counts as the farthest, the earlier of two equally near ones wins,
    and position 0 stands in when nothing matches.
    """
    output = [*value]
    for q, here in places(query).items():
        matches = [j for j, k in enumerate(key) if predicate(q, k)]
        for i, j in nearest(here, matches, scope, len(key)).items():
            output[i] = value[j]
    return output


def main(arguments: list[str]) -> int:
    """Label the tokens given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
    any_length = arguments[0] == "--any-length"
    if any_length:
        arguments = arguments[1:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    try:
        labels = " ".join(run(arguments, any_length))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
