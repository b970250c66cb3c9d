"""The parts of ``program.py`` that are the same, or nearly so, in every program."""

from __future__ import annotations

TRACE = '''\
def trace(tokens: Sequence[str]OPTION) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
'''

RUN_TAGGING = '''\
def run(tokens: Sequence[str]OPTION) -> list[str]:
    """The label of every token."""
    v = trace(tokensPASSED)
    return [best(LABELS, score(v, i)) for i in range(POSITIONS)]
'''

RUN_COPIED = '''\
def run(tokens: Sequence[str]OPTION) -> list[str]:
    """The label of every token."""
'''

RUN_COPIED_FIRST = '''\
def run(tokens: Sequence[str]OPTION) -> str:
    """The label of the sequence."""
    x: TYPE = trace(tokensPASSED)[VARIABLE][0]
    return VALUE
'''

RUN_MEAN = '''\
def run(tokens: Sequence[str]OPTION) -> str:
    """The label of the sequence."""
    v = trace(tokensPASSED)
    scores = [score(v, i) for i in range(len(v["tokens"]))]
    return best(LABELS, [sum(column) for column in zip(*scores)])
'''

RUN_FIRST = '''\
def run(tokens: Sequence[str]OPTION) -> str:
    """The label of the sequence."""
    return best(LABELS, score(trace(tokensPASSED), 0))
'''

MAIN = '''\
def main(arguments: list[str]) -> int:
    """Label the tokens given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
TAKEN
    if arguments[:1] == ["--"]:
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

TAKE_OPTION = """\
    any_length = arguments[0] == "--any-length"
    if any_length:
        arguments = arguments[1:]
"""


def with_option(template: str, any_length: bool) -> str:
    """A template, with or without the option that lifts the limit of the length."""
    option = ", any_length: bool = False" if any_length else ""
    passed = ", any_length" if any_length else ""
    text = template.replace("OPTION", option).replace("PASSED", passed)
    return text.replace("TAKEN\n", TAKE_OPTION if any_length else "")
