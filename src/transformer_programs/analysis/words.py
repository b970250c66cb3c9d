"""What a statement does, in words."""

from __future__ import annotations

from transformer_programs.analysis.closed import ClosedForms
from transformer_programs.analysis.length import AnyLength
from transformer_programs.analysis.predicates import (
    Always,
    Both,
    Comparison,
    OfKey,
    Relation,
)
from transformer_programs.analysis.tables import literal, shifted
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Decide,
    Domain,
    Head,
    Kind,
    Pooling,
    Program,
    Scope,
    Statement,
    Table,
)

MOST_LISTED = 6  # the most values that a sentence spells out

_BINDING = 4  # statements that are named as binding a program to its length

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


def describe(statement: Statement, closed: ClosedForms) -> str:
    """Return one or two sentences that say what the statement computes."""
    match statement:
        case Head():
            return _describe_head(statement, closed)
        case Table():
            values = _range(statement.domain)
            if statement.of_tokens:
                return f"The learned class ({values}) of each token."
            nouns = " and ".join(map(_noun, statement.inputs))
            return f"A table from {nouns} to {values}."
        case Decide():
            return _describe_decision(statement, closed)


def _describe_head(head: Head, closed: ClosedForms) -> str:
    never = closed.condition(head) == Always(False)
    place, value = _PLACES[head.scope], _noun(head.value)
    match head.aggregate:
        case Aggregate.NEAREST if never:
            return f"At each position, the {value} at position 0: nothing ever matches."
        case Aggregate.NEAREST:
            where = _condition(head, closed)
            return f"From each position, the {value} at the nearest {place}{where}."
        case _ if never:
            return "At each position, 0: nothing ever matches."
    plural = place.replace("position", "positions")
    what = "number of" if head.value == ONES else f"sum of {value} over"
    return f"At each position, the {what} {plural}{_condition(head, closed)}."


def _describe_decision(decide: Decide, closed: ClosedForms) -> str:
    values = [literal(value) for value in decide.domain.values[: MOST_LISTED + 1]]
    nouns = [*map(_noun, decide.inputs)]
    found = closed.comparison(decide)
    if found is not None:
        compared = [_noun(name) for name, _ in found.factors]
        if not compared:
            return f"Always {found.text}."
        return f"{values[1]} where {found.condition(compared)}, else {values[0]}."
    among = f"{decide.domain.size} values"
    if len(values) <= MOST_LISTED:
        among = in_words(values, "and")
    if nouns[MOST_LISTED:]:
        nouns[MOST_LISTED:] = [f"{len(nouns) - MOST_LISTED} more variables"]
    by = f" by {in_words(nouns, 'and')}" if nouns else ""
    return f"Of {among} the one with the largest sum of weights{by}."


def describe_program(program: Program) -> str:
    """Return what goes in and what comes out, in a paragraph."""
    form, readout = program.input, program.readout
    least, most = form.min_bare_length, form.max_bare_length
    lengths = str(most) if least == most else f"{least} to {most}"
    sentences = [f"Takes {lengths} tokens."]
    if form.split is not None:
        sentences.append(_SPLIT[form.split])
    if form.frame:
        places = {"before": form.begin, "after": form.end}
        parts = [
            f"{literal(t)} {where}" for where, t in places.items() if t is not None
        ]
        verb = "are" if len(parts) > 1 else "is"
        sentences.append(f"{' and '.join(parts)} them {verb} added.")
    if form.folding:
        sentences.append("Words are folded before they are looked up.")
    unknown = form.vocabulary.unknown
    if unknown is not None:
        sentences.append(f"Other tokens count as {literal(unknown)}.")
    what = "every token" if program.tagging else "the sequence"
    pooled = {
        Pooling.NONE: "",
        Pooling.MEAN: ", its scores summed over all positions",
        Pooling.FIRST: ", its scores read at the first position",
    }[readout.pooling]
    sentences.append(f"Gives {what} one of {len(readout.labels)} labels{pooled}.")
    return " ".join(sentences)


def lengths_in_words(meaning: AnyLength) -> str:
    """Return whether a program holds at any length, or what binds it."""
    bound = meaning.bound
    if bound:
        named = ", ".join(map(str, bound[:_BINDING]))
        more = f" and {len(bound) - _BINDING} more" if bound[_BINDING:] else ""
        return f"Bound to this length by {named}{more}"
    caps = [f"{name} at most {most}" for name, most in meaning.capped.items()]
    return "Holds at any length" + (f", with {', '.join(caps)}" if caps else "")


def _condition(head: Head, closed: ClosedForms) -> str:
    # The words that follow "position".
    key_noun, query_noun = _noun(head.key), _noun(head.query)
    match closed.condition(head):
        case Always():
            return ""
        case OfKey(keys):
            return f" whose {key_noun} is {_one_of(keys, closed.domains[head.key])}"
        case Both(comparison, of_key):
            compared = _compared(comparison, head)
            chosen = closed.key_condition(of_key, head) or ""
            return f"{compared}, where {chosen.replace('k ', f'{key_noun} ', 1)}"
        case Relation(text):
            return f" whose {key_noun} k fits its own {query_noun} q: {text}"
        case Comparison() as comparison:
            return _compared(comparison, head)
    if len(set(head.predicate)) == 1:
        chosen = _one_of(head.predicate[0], closed.domains[head.key])
        return f" whose {key_noun} is {chosen}"
    return f" whose {key_noun} is one that its own {query_noun} looks for"


def _compared(comparison: Comparison, head: Head) -> str:
    key_noun, query_noun = _noun(head.key), _noun(head.query)
    sign, shift = _SIGNS[comparison.sign], comparison.shift
    if comparison.falling:
        return f" whose {key_noun} is {sign}{shift} - its own {query_noun}"
    if comparison.sign == "==" and not shift:
        own = "the same" if head.query == head.key else f"its own {query_noun} as"
        return f" with {own} {key_noun}"
    named = shift or head.query != head.key
    other = shifted(f"its own {query_noun}" if named else "its own", shift)
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
    # Inputs in the singular.
    return {TOKENS: "token", POSITIONS: "position", ONES: "one"}.get(name, name)


def _range(domain: Domain) -> str:
    if domain.kind is Kind.TOKEN:
        return f"one of {domain.size} tokens"
    return f"0..{domain.bound}" if domain.size > 1 else "0"
