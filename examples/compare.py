"""Programs beside a decision tree and a linear model, on the examples of README.md.

    python examples/compare.py        (the extra sklearn; about three minutes)

Each opponent sees what suits it best, of two views, by validation data: the tokens
around the place to be labelled, or the tokens of the whole sequence by their places,
with pairs of neighbours. All are measured on the same held-out labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import transformer_programs as tp
from transformer_programs import tasks
from transformer_programs.codegen import code_lines
from transformer_programs.data import Dataset, Examples

HERE = Path(__file__).parent
MOST = 50_000
"""Places that a model is fitted to or tested on."""

REACH = 3
"""Tokens to either side of a place that a window holds."""

Features = dict[str, bool | int]


def around(tokens: list[str], place: int) -> Features:
    """Return the tokens near a place, by distance, and pairs of neighbours."""
    near = {
        f"{offset}:{tokens[place + offset]}": True
        for offset in range(-REACH, REACH + 1)
        if 0 <= place + offset < len(tokens)
    }
    return near | {"place": place}


def whole(tokens: list[str], place: int) -> Features:
    """Return all tokens, by place and not, and pairs of neighbours."""
    seen = {f"{at}:{token}": True for at, token in enumerate(tokens)}
    seen |= {f"has {token}": True for token in tokens}
    seen |= {f"has {a} {b}": True for a, b in pairwise(tokens)}
    return seen | {"own " + tokens[place]: True, "place": place}


def rows(
    examples: Examples, view: Callable[[list[str], int], Features], most: int
) -> tuple[list[Features], list[str]]:
    """Return features and labels of some data, of at most so many places."""
    found = [*_rows(examples, view)]
    if len(found) > most:
        kept = np.random.default_rng(0).choice(len(found), most, replace=False)
        found = [found[index] for index in kept]
    return [features for features, _ in found], [label for _, label in found]


def _rows(
    examples: Examples, view: Callable[[list[str], int], Features]
) -> Iterator[tuple[Features, str]]:
    for tokens, target in zip(examples.sequences, examples.targets, strict=True):
        if isinstance(target, str):
            yield view([*tokens], 0), target
        else:
            for place, label in enumerate(target):
                if label is not None:
                    yield view([*tokens], place), label


def opponent(
    data: Dataset, kind: Callable[[], Any], tests: Sequence[Examples]
) -> tuple[list[float], Any]:
    """Return the accuracy on the labels of some parts, and the model that has it."""
    best: tuple[float, list[float], Any] = (-1.0, [], None)
    for view in (around, whole):
        vectorizer = DictVectorizer()
        features, labels = rows(data.train, view, MOST)
        model = kind().fit(vectorizer.fit_transform(features), labels)
        scores = []
        for part in (data.validation, *tests):
            features, labels = rows(part, view, MOST)
            scores.append(model.score(vectorizer.transform(features), labels))
        if scores[0] > best[0]:
            best = (scores[0], scores[1:], model)
    return best[1], best[2]


def main() -> None:
    """Print the table."""
    sort = tasks.get("sort").build(None, 8)
    longer = sort.build(None, 16).dataset(size=2_000).test
    sources: dict[str, tuple[Dataset, Examples | None]] = {
        "sort": (sort.dataset(), longer),
        "splice junctions in DNA": (
            tp.read_sequences(HERE / "splice" / "splice.csv", split="characters"),
            None,
        ),
        "comment or code": (
            tp.read_sequences(HERE / "comments" / "comments.jsonl"),
            None,
        ),
    }
    print("| held-out labels right | program | decision tree | logistic regression |")
    print("|---|---|---|---|")
    for name, (data, beyond) in sources.items():
        learned = tp.train(data, learner="search")
        assert learned.accuracy is not None
        size = code_lines(learned.program.source)
        cells = [(learned.accuracy.per_label, f"{size} lines")]
        tests = [data.test, *([] if beyond is None else [beyond])]
        trees, tree = opponent(
            data, lambda: DecisionTreeClassifier(random_state=0), tests
        )
        sums, linear = opponent(data, lambda: LogisticRegression(max_iter=1_000), tests)
        cells.append((trees[0], f"{tree.get_n_leaves():,} leaves"))
        cells.append((sums[0], f"{linear.coef_.size:,} weights"))
        shown = " | ".join(f"{100 * share:.1f}%, {size}" for share, size in cells)
        print(f"| {name} | {shown} |", flush=True)
        if beyond is not None:
            found = [learned.program(s, any_length=True) for s in beyond.sequences]
            right = [
                given == wanted
                for labels, target in zip(found, beyond.targets, strict=True)
                for given, wanted in zip(labels, target, strict=True)
            ]
            shares = (np.mean(right), trees[1], sums[1])
            shown = " | ".join(f"{100 * share:.1f}%" for share in shares)
            print(f"| {name}, inputs twice as long | {shown} |", flush=True)


if __name__ == "__main__":
    main()
