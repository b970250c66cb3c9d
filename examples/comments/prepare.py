"""Lines of Python as labelled tokens: is a token code, or part of a comment?

    python examples/comments/prepare.py FILE.py ... > comments.jsonl

``comments.jsonl`` was made from this repository's own sources, so it has their licence.
"""

from __future__ import annotations

import io
import json
import random
import sys
import tokenize
from collections import defaultdict
from pathlib import Path

LINES, SEED, LONGEST = 600, 0, 16
COMMENTS = 0.5
"""The share of lines that hold a comment: as many as code alone."""

SKIPPED = {
    tokenize.ENCODING,
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def labelled_lines(source: str) -> list[tuple[list[str], list[str]]]:
    """Return the tokens of every line with their labels; texts in quotes stay whole."""
    lines: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            # The sign and the words after it, as they stand there.
            words = ["#", *token.string.lstrip("#!:").split()]
            lines[token.start[0]] += [(word, "comment") for word in words]
        elif token.type not in SKIPPED and token.start[0] == token.end[0]:
            lines[token.start[0]].append((token.string, "code"))
    return [tuple(map(list, zip(*line, strict=True))) for line in lines.values()]  # type: ignore[misc]


def main(files: list[str]) -> None:
    """Print a seeded sample of the lines of some files as JSON lines."""
    found = {
        tuple(tokens): labels
        for file in files
        for tokens, labels in labelled_lines(Path(file).read_text(encoding="utf-8"))
        if 2 <= len(tokens) <= LONGEST
    }
    chosen = random.Random(SEED)
    with_comment = sorted(t for t, labels in found.items() if "comment" in labels)
    code_alone = sorted(t for t, labels in found.items() if "comment" not in labels)
    wanted = min(len(with_comment), round(LINES * COMMENTS))
    lines = chosen.sample(with_comment, wanted)
    lines += chosen.sample(code_alone, LINES - wanted)
    chosen.shuffle(lines)
    for tokens in lines:
        print(json.dumps({"tokens": tokens, "tags": found[tokens]}, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
