"""The parts of ``program.py`` that are the same, or nearly so, in every program."""

from __future__ import annotations

TRACE = '''\
def trace(tokens: Sequence[str]) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
'''

RUN_TAGGING = '''\
def run(tokens: Sequence[str]) -> list[str]:
    """The label of every token."""
    v = trace(tokens)
    return [best(LABELS, score(v, i)) for i in range(POSITIONS)]
'''

RUN_COPIED = '''\
def run(tokens: Sequence[str]) -> list[str]:
    """The label of every token."""
'''

RUN_COPIED_FIRST = '''\
def run(tokens: Sequence[str]) -> str:
    """The label of the sequence."""
    x: TYPE = trace(tokens)[VARIABLE][0]
    return VALUE
'''

RUN_MEAN = '''\
def run(tokens: Sequence[str]) -> str:
    """The label of the sequence."""
    v = trace(tokens)
    scores = [score(v, i) for i in range(len(v["tokens"]))]
    return best(LABELS, [sum(column) for column in zip(*scores)])
'''

RUN_FIRST = '''\
def run(tokens: Sequence[str]) -> str:
    """The label of the sequence."""
    return best(LABELS, score(trace(tokens), 0))
'''

MAIN = '''\
def main(arguments: list[str]) -> int:
    """Label the tokens given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments[0] == "--":
        arguments = arguments[1:]
    try:
        labels = RESULT
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''
