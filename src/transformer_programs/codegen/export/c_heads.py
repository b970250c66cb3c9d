"""Heads in C: templates of loops, of which some words are replaced.

``QUERY``, ``KEY``, ``VALUE`` and ``OUT`` are arrays by position. Where every key is of
one class and every query looks for one, ``CLASS`` and ``WANTED`` are these at position
i, -1 for none; then a place per class says what was met of it. Else ``MATCH`` is a
function of a query and a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from transformer_programs.language import ONES, Scope

_UP = "for (size_t i = 0; i < n; i++)"
_DOWN = "for (size_t i = n; i-- > 0;)"

_FORGET = """\
  for (size_t i = 0; i < n; i++) {
    const long long c = CLASS, q = WANTED;
    if (c >= 0) w->places[c] = NOTHING;
    if (q >= 0) w->places[q] = NOTHING;
  }
"""

_ONE_WAY = """\
  ORDER {
    const long long c = CLASS, q = WANTED;
    const long long found = q < 0 ? -1 : w->places[q];
    OUT[i] = VALUE[found >= 0 ? found : OTHERWISE];
    if (c >= 0) w->places[c] = (int64_t)i;
  }
"""

_BOTH_WAYS = """\
  for (size_t i = 0; i < n; i++) {
    const long long c = CLASS, q = WANTED;
    w->nearest[i] = q < 0 ? -1 : (int32_t)w->places[q];
    if (c >= 0) w->places[c] = (int64_t)i;
  }
  for (size_t i = 0; i < n; i++) {
    const long long c = CLASS, q = WANTED;
    if (c >= 0) w->places[c] = -1;
    if (q >= 0) w->places[q] = -1;
  }
  for (size_t i = n; i-- > 0;) {
    const long long c = CLASS, q = WANTED, here = (long long)i;
    const long long before = w->nearest[i], after = q < 0 ? -1 : w->places[q];
    long long found = q >= 0 && q == c ? here : 0;
    if (after >= 0) found = after;
    if (before >= 0 && (after < 0 || here - before <= after - here)) found = before;
    OUT[i] = VALUE[found];
    if (c >= 0) w->places[c] = here;
  }
"""

_SUM = """\
  ORDER {
    const long long c = CLASS, q = WANTED;
FIRST
    OUT[i] = CAST(q < 0 ? 0 : w->places[q]);
THEN
  }
"""

_SUM_ALL = """\
  for (size_t i = 0; i < n; i++) {
    const long long c = CLASS;
    if (c >= 0) w->places[c] += VALUE[i];
  }
  for (size_t i = 0; i < n; i++) {
    const long long q = WANTED;
    OUT[i] = CAST(q < 0 ? 0 : w->places[q]);
  }
"""

_ADD = "    if (c >= 0) w->places[c] += VALUE[i];"

_PAIRS = """\
  for (size_t i = 0; i < n; i++) {
    int64_t sum = 0;
    for (size_t j = FROM; j < TO; j++) {
      if (MATCH(QUERY[i], KEY[j])) sum += VALUE[j];
    }
    OUT[i] = CAST(sum);
  }
"""

_SEARCH = """\
  for (size_t i = 0; i < n; i++) {
    size_t found = n;
    for (size_t d = 1; found == n && d < n; d++) {
BEFORE
AFTER
    }
    if (found == n) found = LAST;
    OUT[i] = VALUE[found];
  }
"""

_EARLIER = "      if (d <= i && MATCH(QUERY[i], KEY[i - d])) found = i - d;"
_LATER = "      if (d < n - i && MATCH(QUERY[i], KEY[i + d])) found = i + d;"


def nearest_classes(scope: Scope, words: Mapping[str, str]) -> Iterator[str]:
    """Yield the loops of a head that copies, in time that grows with the length."""
    yield from _filled(_FORGET, {**words, "NOTHING": "-1"})
    if scope is Scope.ALL:
        yield from _filled(_BOTH_WAYS, words)
        return
    order = _DOWN if scope is Scope.AFTER else _UP
    otherwise = "q >= 0 && q == c ? (long long)i : 0" if scope is Scope.CAUSAL else "0"
    yield from _filled(_ONE_WAY, {**words, "ORDER": order, "OTHERWISE": otherwise})


def summing_classes(scope: Scope, words: Mapping[str, str]) -> Iterator[str]:
    """Yield the loops of a head that adds up, in time that grows with the length."""
    yield from _filled(_FORGET, {**words, "NOTHING": "0"})
    if scope is Scope.ALL:
        yield from _filled(_SUM_ALL, words)
        return
    itself = scope is Scope.CAUSAL
    text = _SUM.replace("FIRST\n", f"{_ADD}\n" if itself else "")
    text = text.replace("THEN\n", "" if itself else f"{_ADD}\n")
    order = _DOWN if scope is Scope.AFTER else _UP
    yield from _filled(text, {**words, "ORDER": order})


def summing(scope: Scope, words: Mapping[str, str]) -> Iterator[str]:
    """Yield the loops of a head that adds up over all pairs of positions."""
    start = "i + 1" if scope is Scope.AFTER else "0"
    end = {Scope.BEFORE: "i", Scope.CAUSAL: "i + 1"}.get(scope, "n")
    yield from _filled(_PAIRS, {**words, "FROM": start, "TO": end})


def searching(scope: Scope, words: Mapping[str, str]) -> Iterator[str]:
    """Yield the loops of a head that copies from the nearest match."""
    later = _LATER if scope in (Scope.ALL, Scope.AFTER) else ""
    earlier = "" if scope is Scope.AFTER else _EARLIER
    if earlier and later:
        later = later.replace("if (", "else if (", 1)
    text = _SEARCH.replace("BEFORE\n", f"{earlier}\n" if earlier else "")
    text = text.replace("AFTER\n", f"{later}\n" if later else "")
    itself = "MATCH(QUERY[i], KEY[i]) ? i : 0"
    last = itself if scope in (Scope.ALL, Scope.CAUSAL) else "0"
    yield from _filled(text.replace("LAST", last), words)


def _filled(text: str, words: Mapping[str, str]) -> Iterator[str]:
    # Words within words are replaced, too; what is 1 everywhere is not read.
    if words["VALUE"] == f"w->v_{ONES}":
        text = re.sub(r"VALUE\[[ij]\]", "1", text)
    pattern = re.compile(rf"\b(?:{'|'.join(words)})\b")
    for _ in range(3):
        text = pattern.sub(lambda found: words[found[0]], text)
    yield from text.rstrip("\n").split("\n")
