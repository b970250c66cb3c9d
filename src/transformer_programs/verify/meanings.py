"""The properties that can be checked, in words.

A module of its own, because the help of ``tprog verify`` loads it without numpy.
"""

from __future__ import annotations

NEVER = "never "
"""Begins the name of a property that ends with a label."""

MEANINGS = {
    f"{NEVER}LABEL": "this label is not given",
    "permutation": "the labels are the tokens in some order",
    "length": "there is one label per token",
    "sorted": "no label stands in the vocabulary before the one to its left",
    "prefix": "no label depends on tokens to its right",
    "renaming": "renamed tokens have the same labels",
    "renaming-with-labels": "renamed tokens have labels that are renamed alike",
}
"""What each means, in the order in which they are listed."""
