"""What a statement does, in words."""

from __future__ import annotations

from transformer_programs.analysis import (
    Always,
    AnyLength,
    Both,
    ClosedForms,
    Comparison,
    OfKey,
)
from transformer_programs.codegen.layout import literal
from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    InputFormat,
    Kind,
    Pooling,
    Program,
    Scope,
    Statement,
    Table,
)

MOST_LISTED = 6
"""The most values that a sentence spells out."""

_BINDING = 4
"""The most statements that are named as binding a program to its length."""

_SIGNS = {
    "==": "",
    "!=": "not ",
    "<": "less than ",
    "<=": "at most ",
    ">": "more than ",
    ">=": "at least ",
}

_SPLIT = {
    "whitespace": "A text is split at white space.",
    "characters": "A text is split into its characters.",
    "words": "A text is split into words and single other characters.",
}

_PLACES = {
    Scope.ALL: "position",
    Scope.BEFORE: "earlier position",
    Scope.AFTER: "later position",
    Scope.CAUSAL: "position up to its own",
}


def describe(statement: Statement, context: ClosedForms) -> str:
    """One or two sentences that say what the statement computes."""
    match statement:
        case Table(inputs=(one,)) if one == TOKENS:
            return f"The learned class ({_range(statement.domain)}) of each token."
        case Table(inputs=(one,)):
            return f"A table from {_noun(one)} to {_range(statement.domain)}."
        case Table():
            nouns = " and ".join(_noun(name) for name in statement.inputs)
            return f"A table from {nouns} to {_range(statement.domain)}."
        case Head(aggregate=Aggregate.NEAREST):
            return _describe_attend(statement, context)
        case Head():
            return _describe_count(statement, context)


def describe_program(program: Program) -> str:
    """Return what goes in and what comes out, in a paragraph."""
    form, readout = program.input, program.readout
    least, most = form.min_bare_length, form.max_bare_length
    lengths = str(most) if least == most else f"{least} to {most}"
    what = "every token" if program.tagging else "the sequence"
    pooled = {
        Pooling.NONE: "",
        Pooling.MEAN: ", its scores summed over all positions",
        Pooling.FIRST: ", its scores read at the first position",
    }[readout.pooling]
    framed = _describe_frame(form)
    unknown = form.vocabulary.unknown
    stand_in = (
        f" Other tokens count as {literal(unknown)}." if unknown is not None else ""
    )
    folded = " Words are folded before they are looked up." if form.folding else ""
    split = f" {_SPLIT[form.split]}" if form.split is not None else ""
    return (
        f"Takes {lengths} tokens.{split}{framed}{folded}{stand_in} "
        f"Gives {what} one of {len(readout.labels)} labels{pooled}."
    )


def lengths_in_words(meaning: AnyLength) -> str:
    """Whether a program holds at any length, or what binds it."""
    bound = meaning.bound
    if bound:
        named = ", ".join(map(str, bound[:_BINDING]))
        more = f" and {len(bound) - _BINDING} more" if bound[_BINDING:] else ""
        return f"Bound to this length by {named}{more}"
    caps = [f"{name} at most {most}" for name, most in meaning.capped.items()]
    return "Holds at any length" + (f", with {', '.join(caps)}" if caps else "")


def _describe_frame(form: InputFormat) -> str:
    places = {"before": form.begin, "after": form.end}
    parts = [f"{literal(t)} {place}" for place, t in places.items() if t is not None]
    verb = "are" if len(parts) > 1 else "is"
    return f" {' and '.join(parts)} them {verb} added." if parts else ""


def _describe_attend(head: Head, context: ClosedForms) -> str:
    place, value = _PLACES[head.scope], _noun(head.value)
    if context.condition(head) == Always(False):
        return f"At each position, the {value} at position 0: nothing ever matches."
    where = _condition(head, context)
    return f"From each position, the {value} at the nearest {place}{where}."


def _describe_count(head: Head, context: ClosedForms) -> str:
    if context.condition(head) == Always(False):
        return "At each position, 0: nothing ever matches."
    plural = _PLACES[head.scope].replace("position", "positions")
    what = "number of" if head.value == ONES else f"sum of {_noun(head.value)} over"
    return f"At each position, the {what} {plural}{_condition(head, context)}."


def _condition(head: Head, context: ClosedForms) -> str:
    """The words that follow "position"."""
    key_noun, query_noun = _noun(head.key), _noun(head.query)
    match context.condition(head):
        case Always():
            return ""
        case OfKey(keys):
            return f" whose {key_noun} is {_one_of(keys, context.domains[head.key])}"
        case Both(comparison, of_key):
            compared = _compared(comparison, head)
            chosen = context.key_condition(of_key, head) or ""
            return f"{compared}, where {chosen.replace('k ', f'{key_noun} ', 1)}"
        case Comparison() as comparison:
            return _compared(comparison, head)
    if len(set(head.predicate)) == 1:
        chosen = _one_of(head.predicate[0], context.domains[head.key])
        return f" whose {key_noun} is {chosen}"
    return f" whose {key_noun} is one that its own {query_noun} looks for"


def _compared(comparison: Comparison, head: Head) -> str:
    """A comparison of key and query in words."""
    key_noun, query_noun = _noun(head.key), _noun(head.query)
    sign, shift = _SIGNS[comparison.sign], comparison.shift
    if comparison.falling:
        return f" whose {key_noun} is {sign}{shift} - its own {query_noun}"
    if comparison.sign == "==" and not shift:
        own = "the same" if head.query == head.key else f"its own {query_noun} as"
        return f" with {own} {key_noun}"
    other = "its own"
    if shift or head.query != head.key:
        other += f" {query_noun}"
    if shift:
        other += f" {'+' if shift > 0 else '-'} {abs(shift)}"
    return f" whose {key_noun} is {sign}{other}"


def _one_of(row: tuple[int, ...], key: Domain) -> str:
    if len(row) > MOST_LISTED:
        return f"one of {len(row)} values"
    return in_words([literal(key.value(k)) for k in row], "or")


def in_words(values: list[str], conjunction: str) -> str:
    """Return a list as a sentence has it: a, b or c."""
    if len(values) == 1:
        return values[0]
    return f"{', '.join(values[:-1])} {conjunction} {values[-1]}"


def _noun(name: str) -> str:
    """How a sentence speaks of a variable: inputs in the singular."""
    return {TOKENS: "token", POSITIONS: "position", ONES: "one"}.get(name, name)


def _range(domain: Domain) -> str:
    if domain.kind is Kind.TOKEN:
        return f"one of {domain.size} tokens"
    return f"0..{domain.bound}" if domain.size > 1 else "0"
