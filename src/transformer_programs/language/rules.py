"""Is this a program? Every violation of the rules, found in one go."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from transformer_programs.errors import ProgramError
from transformer_programs.language.nodes import (
    INPUTS,
    Decide,
    Head,
    Program,
    Readout,
    Statement,
    Table,
    Term,
    input_domains,
    output_domain,
    score_bound,
    sum_bound,
)
from transformer_programs.language.surface import SurfaceKind
from transformer_programs.language.types import Domain, InputFormat, Kind

Domains = dict[str, Domain]

NAME = re.compile("[a-z][a-z0-9_]*")
"""Names that begin with an underscore can have a meaning of their own in Python."""

_NAMES = "a lower-case letter, then letters, digits and _ (ASCII)"

MAX_LENGTH = 1 << 17  # tokens of a sequence
MAX_STATEMENTS = 4096
MAX_VALUES = 1 << 20  # that are listed: of all but numbers, and keys of heads
MAX_CELLS = 1 << 26  # values of all variables and scores of all labels, of a sequence
MAX_CODE_BITS = 62  # codes of tokens stay below 2**62: signed 64-bit numbers hold them
MAX_NUMBER_BITS = MAX_SCORE_BITS = 53  # any reader's numbers hold these exactly
MAX_PAIRS = 1 << 29  # of a query's and a key's value, all heads together

# Bits: for every different row of a predicate one for each value of query and key.
MAX_ROWS = 1 << 31

SHOWN = 20  # so many violations are listed; of a damaged file there may be millions


def check(program: Program) -> None:
    """Do nothing if the program is valid.

    Raises:
        ProgramError: Listing every violation.
    """
    found = violations(program)
    if found:
        raise ProgramError(found)


def violations(program: Program) -> tuple[str, ...]:
    """Return the violations, as sentences that name the place; of many the first."""
    found = tuple(islice(_violations(program), SHOWN + 1))
    return found if len(found) <= SHOWN else (*found[:SHOWN], "and more")


def _violations(program: Program) -> Iterator[str]:
    yield from _check_size(program)
    yield from _check_input(program.input)
    # What cannot be is said above; what follows from it, is not.
    length = min(max(program.input.max_length, 1), MAX_LENGTH)
    domains: Domains = input_domains(replace(program.input, max_length=length))
    given = tuple(domains)
    broken: set[str] = set()
    for index, statement in enumerate(program.statements):
        place = f"statement {index} ({statement.output!r})"
        found = [*_check_statement(statement, given, domains, broken)]
        yield from _at(place, found)
        if statement.output in domains:
            continue
        if not domains.keys() >= {*statement.inputs}:
            broken.add(statement.output)  # its readers are not to blame
            continue
        domain = output_domain(statement, domains, length)
        sums = isinstance(statement, Head) and statement.sums
        if sums and domain.size > 1 << MAX_NUMBER_BITS:
            yield f"{place}: a sum can reach 2**{MAX_NUMBER_BITS}"
            domain = Domain.of_numbers(1)
        domains[statement.output] = domain
    yield from _check_predicates(program.heads, domains)
    found = [*_check_readout(program.readout, domains, broken, length)]
    yield from _at("readout", found)


def _at(place: str, sentences: Iterable[str]) -> Iterator[str]:
    return (f"{place}: {sentence}" for sentence in sentences)


def _twice(values: Iterable[str]) -> list[str]:
    return sorted({str(v) for v, times in Counter(values).items() if times > 1})


def _check_size(program: Program) -> Iterator[str]:
    # What nobody could run is no program, whatever else it may be.
    length, statements = program.input.max_length, len(program.statements)
    if length > MAX_LENGTH:
        yield f"input: max_length is {length:,}, expected at most {MAX_LENGTH:,}"
    if statements > MAX_STATEMENTS:
        yield (
            f"there are {statements:,} statements, expected at most {MAX_STATEMENTS:,}"
        )
    surfaces, labels = len(program.input.surfaces), len(program.readout.labels)
    values = sum(max(d.domain.size, 0) for d in program.decisions)
    columns = statements + surfaces + labels + values
    if length * columns > MAX_CELLS:
        yield (
            f"one sequence has {length:,} positions with {columns:,} variables and "
            f"{'labels' if not values else 'labels, or values to decide on,'} each, "
            f"expected at most {MAX_CELLS:,} in all; make max_length smaller"
        )


def _check_input(form: InputFormat) -> Iterator[str]:
    tokens, least = form.vocabulary.tokens, max(1, form.frame_size)
    yield from _at("vocabulary", _check_strings(tokens, "token"))
    named = {"unknown": form.vocabulary.unknown, "begin": form.begin, "end": form.end}
    given = {role: token for role, token in named.items() if token is not None}
    for role, token in given.items():
        if token not in tokens:
            yield f"input: the {role} token {token!r} is not in the vocabulary"
    if len({*given.values()}) < len(given):
        yield "input: the unknown, begin and end tokens must differ from each other"
    if form.max_length < least:
        yield f"input: max_length is {form.max_length}, expected at least {least}"
    if not {*tokens} - {form.begin, form.end}:
        yield "vocabulary: there is no token besides the frame's"
    yield from _check_folding(form)
    yield from _check_surfaces(form)


def _check_folding(form: InputFormat) -> Iterator[str]:
    if form.folding is None:
        return
    for token in form.symbols:
        folded = form.folding.fold(token) if isinstance(token, str) else token
        if token not in (folded, form.vocabulary.unknown):
            yield (
                f"vocabulary: no token is read as {token!r}, because folding makes it "
                f"{folded!r}"
            )


def _check_surfaces(form: InputFormat) -> Iterator[str]:
    for name in _twice(surface.name for surface in form.surfaces):
        yield f"surfaces: there is more than one {name!r}"
    for surface in form.surfaces:
        place = f"surface {surface.name!r}"
        if surface.name in INPUTS:
            yield f"{place}: this is the name of another input variable"
        if not NAME.fullmatch(surface.name):
            yield f"{place}: the name must be {_NAMES}"
        yield from _at(place, _check_strings(surface.values, "value"))
        is_shape = surface.kind is SurfaceKind.SHAPE
        if surface.length < 1 - is_shape or (is_shape and surface.length == 1):
            expected = "0 for a shape, or at least 2" if is_shape else "at least 1"
            yield f"{place}: its length is {surface.length}, expected {expected}"
    if form.code_count >= 1 << MAX_CODE_BITS:
        yield (
            f"surfaces: with the vocabulary they have {form.code_count:,} "
            f"combinations, expected less than 2**{MAX_CODE_BITS}; leave one out, or "
            "make them smaller"
        )


def _check_strings(values: tuple[str, ...], what: str) -> Iterator[str]:
    if not values:
        yield f"there is no {what}"
    for value in _twice(values):
        yield f"the {what} {value!r} appears more than once"
    for value in values:
        if not isinstance(value, str):
            yield f"the {what} {value!r} is not a string"
        elif any("\ud800" <= character <= "\udfff" for character in value):
            yield f"the {what} {value!r} holds a lone surrogate: no file can store it"


def _check_statement(
    statement: Statement, given: tuple[str, ...], domains: Domains, broken: set[str]
) -> Iterator[str]:
    if statement.output in given:
        yield "writes an input variable"
    elif statement.output in domains.keys() | broken:
        yield "writes a variable that is already written"
    if not NAME.fullmatch(statement.output):
        yield f"the name must be {_NAMES}"
    missing = [name for name in statement.inputs if name not in domains]
    for name in dict.fromkeys(name for name in missing if name not in broken):
        yield f"reads {name!r}, which is not written before it"
    yield from _check_parts(statement, domains, known=not missing)


def _check_parts(statement: Statement, domains: Domains, known: bool) -> Iterator[str]:
    # What it lists; of a variable that is not known nothing can be said.
    match statement:
        case Table():
            if len(statement.inputs) not in (1, 2):
                yield f"reads {len(statement.inputs)} variables, expected 1 or 2"
            yield from _check_domain(statement.domain)
            if known:
                yield from _check_table(statement, domains)
        case Decide():
            yield from _check_domain(statement.domain)
            yield from _check_terms(statement.terms, domains, statement.domain.size)
            if sum_bound(statement.terms, domains) >= 1 << MAX_SCORE_BITS:
                yield f"a sum can reach 2**{MAX_SCORE_BITS}: the weights are too large"
        case Head():
            if known:
                yield from _check_head(statement, domains)


def _check_domain(domain: Domain) -> Iterator[str]:
    if domain.size < 1:
        yield "its domain is empty"
    most = 1 << MAX_NUMBER_BITS if domain.numerical else MAX_VALUES
    if domain.size > most:
        yield f"its domain has {domain.size:,} values, expected at most {most:,}"
    if domain.kind is Kind.TOKEN:
        if domain.size != len(domain.tokens):
            yield f"its domain has size {domain.size} but {len(domain.tokens)} tokens"
        yield from _at("domain", _check_strings(domain.tokens, "token"))
    elif domain.tokens:
        yield f"its domain has kind {domain.kind.value} and must not list tokens"


def _check_table(table: Table, domains: Domains) -> Iterator[str]:
    entries = math.prod(domains[name].size for name in table.inputs)
    if len(table.table) != entries:
        yield (
            f"its table has {len(table.table)} entries, expected {entries}: "
            "one for every combination of inputs"
        )
    yield from _check_ids(table.table, table.domain.size, "table entries")


def _check_head(head: Head, domains: Domains) -> Iterator[str]:
    queries, keys = domains[head.query].size, domains[head.key].size
    if keys > MAX_VALUES:
        yield (
            f"its key {head.key!r} has {keys:,} values, expected at most {MAX_VALUES:,}"
        )
    if len(head.predicate) != queries:
        yield (
            f"its predicate has {len(head.predicate)} rows, expected {queries}: "
            f"one for every value of {head.query!r}"
        )
    for query, row in enumerate(head.predicate):
        if list(row) != sorted(set(row)):
            yield f"predicate row {query} is not in rising order: {row}"
    flat = [key for row in head.predicate for key in row]
    yield from _check_ids(flat, keys, "predicate keys")
    if head.sums and not domains[head.value].numerical:
        yield f"sums {head.value!r}, which is not numerical"


def _check_predicates(heads: tuple[Head, ...], domains: Domains) -> Iterator[str]:
    # What all of them take together, as matrices and as sets of bits.
    pairs = rows = 0
    for head in heads:
        if {head.query, head.key} <= {*domains}:
            queries, keys = len(head.predicate), domains[head.key].size
            pairs += queries * keys
            rows += len(set(head.predicate)) * (queries + keys)
    for found, most, what in (
        (pairs, MAX_PAIRS, "pairs of a query and a key"),
        (rows, MAX_ROWS, "bits for their different rows"),
    ):
        if found > most:
            yield f"predicates: there are {found:,} {what}, expected at most {most:,}"


def _check_ids(ids: Iterable[int], size: int, what: str) -> Iterator[str]:
    wrong = [i for i in ids if not 0 <= i < size]
    if wrong:
        yield f"{what} outside 0..{size - 1}: {len(wrong)}, the first is {wrong[0]}"


def _check_readout(
    readout: Readout, domains: Domains, broken: set[str], max_length: int
) -> Iterator[str]:
    yield from _check_strings(readout.labels, "label")
    for term in readout.terms:
        if term.variable not in domains.keys() | broken:
            yield f"reads {term.variable!r}, which is not written"
    yield from _check_terms(readout.terms, domains, len(readout.labels))
    if score_bound(readout, domains, max_length) >= 1 << MAX_SCORE_BITS:
        yield f"a score can reach 2**{MAX_SCORE_BITS}: the weights are too large"


def _check_terms(
    terms: tuple[Term, ...], domains: Domains, count: int
) -> Iterator[str]:
    # Terms of variables that are not written are reported elsewhere.
    for name in _twice(term.variable for term in terms):
        yield f"{name!r} has more than one term"
    for term in terms:
        if term.variable not in domains:
            continue
        domain = domains[term.variable]
        rows = 1 if domain.numerical else domain.size
        if len(term.weights) != rows:
            yield (
                f"{term.variable!r} has {len(term.weights)} rows of weights, "
                f"expected {rows}"
            )
        if any(len(row) != count for row in term.weights):
            yield f"{term.variable!r} has a row without exactly {count} weights"
