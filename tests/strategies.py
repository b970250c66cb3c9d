"""Random valid programs, and inputs for them."""

from __future__ import annotations

import operator
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.vendor import pretty

from statements import counting, embedding
from transformer_programs.codegen.serialize import to_json
from transformer_programs.language.nodes import (
    POSITIONS,
    TOKENS,
    Decide,
    Head,
    Pooling,
    Predicate,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
    input_domains,
    output_domain,
)
from transformer_programs.language.surface import (
    SPLITTINGS,
    Folding,
    Surface,
    SurfaceKind,
    computed,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

pretty.for_type_by_name(
    Program.__module__,
    Program.__name__,
    lambda program, printer, cycle: printer.text(to_json(program)),
)
# What fails is printed as a whole; ``repr`` names it.

MAX_TABLE = 400
"""Tables of random programs stay below this size."""

awkward_tokens = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=0, max_size=6
) | st.sampled_from(
    [
        '"',
        "'",
        "\\",
        '"""',
        "\n",
        "\\n",
        "\u00e9",
        "\U0001f600",
        "{}",
        "%s",
        "",
        "-h",
        " ",
    ]
)
"""Tokens of any characters."""

plain_tokens = st.sampled_from([*"abcdefgh", "0", "1", "2", "10", "<s>", "the"])


odd_words = awkward_tokens | st.sampled_from(
    [
        *("Ada", "USA", "iPhone", "x1", "3.14", "007", "A-1", "\u00df", "\u1e9e"),
        *("\u0130", "\u01c5", "\u0391\u03a3", "\u03a3", "\u0663\u0664", "\u00b2"),
        *("\u05e9\u05dc\u05d5\u05dd", "\u4e2d\u56fd", "e\u0301", "\u2160", "\u00aa"),
        *("\U0001f600\U0001f600", "\U0001f468\u200d\U0001f469", "<unk>", "<begin>"),
    ]
)
"""Words with characters of many kinds."""

foldings = st.none() | st.builds(Folding, st.booleans(), st.booleans())


@st.composite
def surfaces(draw: st.DrawFn) -> tuple[Surface, ...]:
    """Up to three surfaces whose values are those of a few words."""
    found = []
    for index in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(SurfaceKind))
        is_shape = kind is SurfaceKind.SHAPE
        length = draw(st.sampled_from((0, 2, 3) if is_shape else (1, 2, 3, 4)))
        words = draw(st.lists(odd_words, max_size=5))
        values = {computed(kind, length, word) for word in words} - {"other"}
        name = draw(st.sampled_from([kind.value, "word", "len", "found"]))
        if any(other.name == name for other in found):
            name = f"{name}_{index}"
        found.append(Surface(name, kind, (*sorted(values), "other"), length))
    return tuple(found)


@st.composite
def input_formats(
    draw: st.DrawFn, tokens: st.SearchStrategy[str], characters: bool = False
) -> InputFormat:
    distinct = draw(st.lists(tokens, min_size=1, max_size=5, unique=True))
    folding = draw(foldings) if characters else None
    if folding is not None:
        distinct = list(dict.fromkeys(map(folding.fold, distinct)))
    reserved = [t for t in ("<begin>", "<end>", "<unk>") if t not in distinct]
    roles = dict.fromkeys(("begin", "end", "unknown"))
    for role, token in zip(roles, reserved, strict=False):
        if draw(st.booleans()):
            roles[role] = token
            distinct.append(token)
    order = draw(st.permutations(distinct))
    frame = sum(roles[role] is not None for role in ("begin", "end"))
    return InputFormat(
        Vocabulary(tuple(order), roles["unknown"]),
        max_length=draw(st.integers(max(frame, 1), frame + 5)),
        begin=roles["begin"],
        end=roles["end"],
        folding=folding,
        surfaces=draw(surfaces()) if characters else (),
        split=draw(st.sampled_from([None, *SPLITTINGS])),
    )


@st.composite
def programs(
    draw: st.DrawFn,
    tokens: st.SearchStrategy[str] = plain_tokens,
    max_statements: int = 6,
    characters: bool = False,
) -> Program:
    form = draw(input_formats(tokens, characters))
    domains = input_domains(form)
    statements: list[Statement] = []
    for index in range(draw(st.integers(0, max_statements))):
        statement = draw(_statements(f"v{index}", domains))
        statements.append(statement)
        domains[statement.output] = output_domain(statement, domains, form.max_length)
    return Program("random", form, tuple(statements), draw(_readouts(tokens, domains)))


def _output_domains(domains: dict[str, Domain]) -> st.SearchStrategy[Domain]:
    return (
        st.builds(Domain.of_classes, st.integers(1, 4))
        | st.builds(Domain.of_numbers, st.integers(0, 3))
        | st.just(domains[TOKENS])
        | st.just(domains[POSITIONS])
    )


@st.composite
def _statements(draw: st.DrawFn, output: str, domains: dict[str, Domain]) -> Statement:
    names = st.sampled_from([n for n, d in domains.items() if d.size <= MAX_TABLE])
    kind = draw(st.sampled_from([*"eaaccld"]))
    if kind == "e":
        domain = draw(_output_domains(domains))
        table = _ids(domains[TOKENS].size, domain.size)
        return embedding(output, draw(table), domain)
    if kind == "l":
        inputs = draw(st.lists(names, min_size=1, max_size=2).map(tuple))
        entries = 1
        for name in inputs:
            entries *= domains[name].size
        if entries > MAX_TABLE:
            inputs, entries = inputs[:1], domains[inputs[0]].size
        domain = draw(_output_domains(domains))
        sizes = [domains[name].size for name in inputs]
        table = draw(_ids(entries, domain.size) | _arithmetic(sizes, domain.size))
        return Table(output, inputs, table, domain)
    if kind == "d":
        domain = draw(_decided_domains(domains))
        terms = draw(_terms(domains, domain.size))
        return Decide(output, terms, domain)
    query, key = draw(names), draw(names)
    predicate = draw(_predicates(domains[query].size, domains[key].size))
    scope = draw(st.sampled_from(Scope))
    if kind == "a":
        return Head(output, query, key, draw(names), predicate, scope)
    numerical = [n for n, d in domains.items() if d.numerical and d.bound <= 50]
    return counting(
        output, query, key, draw(st.sampled_from(numerical)), predicate, scope
    )


def _ids(length: int, size: int) -> st.SearchStrategy[tuple[int, ...]]:
    ids = st.integers(0, size - 1)
    return st.lists(ids, min_size=length, max_size=length).map(tuple)


FORMULAS: tuple[Callable[[int, int, int], int], ...] = (
    lambda a, b, c: a + b + c,
    lambda a, b, c: a - b + c,
    lambda a, b, c: abs(a - b),
    lambda a, b, c: min(a, c),
    lambda a, b, c: max(a, b),
    lambda a, b, c: (a + b) % (c + 1),
    lambda a, b, c: int(a == b),
    lambda a, b, c: int(a < b),
    lambda a, b, c: int(a == c and b > 0),
    lambda a, b, c: b if a == c else a,
    lambda a, b, c: a if b else c,
    lambda a, b, c: c if a > 1 else 0 if b == 0 else 1,
    lambda a, b, c: (a + c) // 2,
    lambda a, b, c: b % (c + 2),
    lambda a, b, c: int(2 * a > b + c),
    lambda a, b, c: 2 * a - b if 2 * a > b else c,
)
"""Tables that follow from arithmetic."""

SIGNS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)


@st.composite
def _arithmetic(draw: st.DrawFn, sizes: list[int], outputs: int) -> tuple[int, ...]:
    """A formula, its results brought into the domain, a few of them spoilt."""
    formula, constant = draw(st.sampled_from(FORMULAS)), draw(st.integers(0, 3))
    rows, columns = (*sizes, 1)[:2]
    table = [
        min(max(formula(a, b, constant), 0), outputs - 1)
        for a in range(rows)
        for b in range(columns)
    ]
    for _ in range(draw(st.sampled_from([0, 0, 1]))):
        table[draw(st.integers(0, len(table) - 1))] = draw(st.integers(0, outputs - 1))
    return tuple(table)


@st.composite
def _comparisons(draw: st.DrawFn, queries: int, keys: int) -> Predicate:
    """The keys that compare with the query in some way."""
    sign, shift = draw(st.sampled_from(SIGNS)), draw(st.sampled_from([0, 0, -1, 1, 3]))
    return tuple(
        tuple(key for key in range(keys) if sign(key, query + shift))
        for query in range(queries)
    )


@st.composite
def _relations(draw: st.DrawFn, queries: int, keys: int) -> Predicate:
    """The keys of which a multiple, or a remainder, compares with that of the query."""
    sign, factor = draw(st.sampled_from(SIGNS)), draw(st.integers(1, 2))
    times, modulus = draw(st.integers(1, 2)), draw(st.sampled_from([2, 3, 100]))
    return tuple(
        tuple(
            key
            for key in range(keys)
            if sign(factor * key % modulus, times * query % modulus)
        )
        for query in range(queries)
    )


def _predicates(queries: int, keys: int) -> st.SearchStrategy[Predicate]:
    return (
        _arbitrary(queries, keys)
        | _comparisons(queries, keys)
        | _relations(queries, keys)
    )


@st.composite
def _arbitrary(draw: st.DrawFn, queries: int, keys: int) -> Predicate:
    """Empty, one-to-one, full and arbitrary rows, often repeated."""
    row = (
        st.just(())
        | st.integers(0, keys - 1).map(lambda key: (key,))
        | st.just(tuple(range(keys)))
        | st.sets(st.integers(0, keys - 1), max_size=4).map(lambda s: tuple(sorted(s)))
    )
    choices = draw(st.lists(row, min_size=1, max_size=5))
    indices = draw(_ids(queries, len(choices)))
    return tuple(choices[index] for index in indices)


@st.composite
def _readouts(
    draw: st.DrawFn, tokens: st.SearchStrategy[str], domains: dict[str, Domain]
) -> Readout:
    labels = draw(st.lists(tokens, min_size=1, max_size=4, unique=True).map(tuple))
    terms = draw(_terms(domains, len(labels)))
    return Readout(labels, terms, draw(st.sampled_from(Pooling)))


def _decided_domains(domains: dict[str, Domain]) -> st.SearchStrategy[Domain]:
    """What tables may write, and texts that are no tokens; often two values."""
    texts = st.lists(plain_tokens, min_size=1, max_size=3, unique=True)
    return (
        _output_domains(domains)
        | st.builds(Domain.of_tokens, texts)
        | st.sampled_from([Domain.of_classes(2), Domain.of_numbers(1)])
    )


@st.composite
def _terms(
    draw: st.DrawFn, domains: dict[str, Domain], columns: int
) -> tuple[Term, ...]:
    """Weights of up to four variables: small, so that there are ties."""
    weight = st.integers(-3, 3)
    terms = []
    small = [name for name, domain in domains.items() if domain.size <= MAX_TABLE]
    for name in draw(st.lists(st.sampled_from(small), unique=True, max_size=4)):
        rows = 1 if domains[name].numerical else domains[name].size
        row = st.lists(weight, min_size=columns, max_size=columns).map(tuple)
        weights = draw(st.lists(row, min_size=rows, max_size=rows).map(tuple))
        terms.append(Term(name, weights))
    return tuple(terms)


@st.composite
def programs_with_inputs(
    draw: st.DrawFn,
    tokens: st.SearchStrategy[str] = plain_tokens,
    count: int = 6,
    characters: bool = False,
) -> tuple[Program, list[tuple[str, ...]]]:
    """A program with valid inputs: short, long, repetitive and unknown tokens.

    The frame's own tokens are among the unknown ones: a user may type them. Where
    characters are read, so are other spellings of the known ones and odd words.
    """
    program = draw(programs(tokens, characters=characters))
    form = program.input
    symbols = list(form.symbols)
    if form.reads_characters:
        symbols += [text for s in form.symbols for text in (s.upper(), s.title())]
        symbols += draw(st.lists(odd_words, max_size=6))
        symbols = [symbol for symbol in symbols if form.accepts(symbol)]
    if form.vocabulary.unknown is not None:
        symbols += ["never seen before", *filter(None, (form.begin, form.end))]
    lengths = st.integers(form.min_bare_length, form.max_bare_length)
    inputs = []
    for length in [
        form.min_bare_length,
        form.max_bare_length,
        *draw(st.lists(lengths, min_size=count - 2, max_size=count - 2)),
    ]:
        some = draw(st.lists(st.sampled_from(symbols), min_size=1, max_size=3))
        chosen = draw(_ids(length, len(some)))
        inputs.append(tuple(some[index] for index in chosen))
    return program, inputs
