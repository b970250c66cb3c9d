"""The parts of ``program.py`` that are the same, or nearly so, in every program."""

from __future__ import annotations

from transformer_programs.language import Pooling

HELPERS = "# Helpers, which are alike in all programs."
"""The line between what is a program's own and the rest."""

TRACE = '''\
def trace(tokens: Sequence[str]OPTION) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
'''

RUN = {
    Pooling.NONE: '''\
def run(tokens: Sequence[str]OPTION) -> list[str]:
    """The label of every token."""
    v = trace(tokensPASSED)
    return [best(LABELS, score(v, i)) for i in range(POSITIONS)]
''',
    Pooling.MEAN: '''\
def run(tokens: Sequence[str]OPTION) -> str:
    """The label of the sequence."""
    v = trace(tokensPASSED)
    scores = [score(v, i) for i in range(len(v["tokens"]))]
    return best(LABELS, [sum(column) for column in zip(*scores)])
''',
    Pooling.FIRST: '''\
def run(tokens: Sequence[str]OPTION) -> str:
    """The label of the sequence."""
    return best(LABELS, score(trace(tokensPASSED), 0))
''',
}

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

_MAIN = '''\
def main(arguments: list[str]) -> int:
    """Label the DATA given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
TAKEN
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
SPLIT
    try:
        labels = RESULT
UNKNOWN
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
WARNING
    print(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''

_SPLIT = """\
    if any(FUNCTION(text) != [text] for text in arguments):
        arguments = FUNCTION(" ".join(arguments))
"""

_UNKNOWN = """\
        known = KNOWN
        unknown = [x for x in dict.fromkeys(arguments) if LOOKED_UP not in known]
"""

_WARNING = """\
    if unknown:
        named = ", ".join(map(repr, unknown[:10])) + (", ..." if unknown[10:] else "")
        print(f"warning: unknown tokens: {named}", file=sys.stderr)
"""

PRINT_ON_TERMINAL = """\
    if sys.stdout.isatty():  # for which some characters are commands
        labels = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in labels)
    print(labels)
"""

TAKE_OPTION = """\
    any_length = arguments[0] == "--any-length"
    if any_length:
        arguments = arguments[1:]
"""

_RUN = "run(argumentsPASSED)"


def main(known: str | None, split: str | None, *, folded: bool, tagging: bool) -> str:
    """Return the function ``main``, and its call.

    Args:
        known: the known tokens as source, if others are read as one of them.
        split: the function that splits a text, if the program takes texts.
        folded: whether words are folded before they are looked up.
        tagging: whether there is a label for every token.
    """
    unknown = _UNKNOWN.replace("LOOKED_UP", "fold(x)" if folded else "x")
    parts = {
        "DATA": "tokens" if split is None else "text",
        "SPLIT\n": "" if split is None else _SPLIT.replace("FUNCTION", split),
        "UNKNOWN\n": "" if known is None else unknown.replace("KNOWN", known),
        "WARNING\n": "" if known is None else _WARNING,
        "RESULT": f'" ".join({_RUN})' if tagging else _RUN,
    }
    text = _MAIN
    for name, part in parts.items():
        text = text.replace(name, part, 1)
    return text


def with_option(template: str, any_length: bool) -> str:
    """Return a template with, or without, the option that lifts the limit of length."""
    option = ", any_length: bool = False" if any_length else ""
    passed = ", any_length" if any_length else ""
    text = template.replace("OPTION", option).replace("PASSED", passed)
    return text.replace("TAKEN\n", TAKE_OPTION if any_length else "")


def heart(source: str) -> str:
    """Return the text of ``program.py`` up to its helpers: what is its own."""
    found, marker, _ = source.partition(f"\n\n\n{HELPERS}\n")
    return f"{found}\n" if marker else source
