"""The functions of exported JavaScript that are alike in all programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

HELPERS = "// Helpers, which are alike in all programs."

_SOURCE = r"""
// The positions that position i may look at: [first, last].
function visible(scope, i, length) {
  const first = scope === "after" ? i + 1 : 0;
  return [first, scope === "before" ? i - 1 : scope === "causal" ? i : length - 1];
}

// The value at the nearest position whose key matches the query: a position itself
// counts as the farthest, the earlier of two equally near ones wins, and position 0
// stands in when nothing matches.
function attend(query, key, value, matches, scope = "all") {
  const length = key.length;
  return query.map((q, i) => {
    const [first, last] = visible(scope, i, length);
    for (let distance = 1; distance < length; distance++) {
      const left = i - distance, right = i + distance;
      if (left >= first && matches(q, key[left])) return value[left];
      if (right <= last && matches(q, key[right])) return value[right];
    }
    return value[first <= i && i <= last && matches(q, key[i]) ? i : 0];
  });
}

// The same where keys match that equal the query, in two passes.
function attendEqual(query, key, value, scope = "all") {
  const length = key.length, before = new Array(length).fill(-1), last = new Map();
  if (scope !== "after") {
    for (let i = 0; i < length; i++) {
      before[i] = last.get(query[i]) ?? -1;
      last.set(key[i], i);
    }
  }
  last.clear();
  const found = new Array(length);
  for (let i = length - 1; i >= 0; i--) {
    const forward = scope === "all" || scope === "after";
    const after = forward ? last.get(query[i]) ?? length : length;
    const own = (scope === "all" || scope === "causal") && query[i] === key[i] ? i : 0;
    const later = after < length ? after : own;
    const nearer = before[i] >= 0 && (after === length || i - before[i] <= after - i);
    found[i] = value[nearer ? before[i] : later];
    last.set(key[i], i);
  }
  return found;
}

// The value one position before; at position 0 its own.
function before(values) {
  return [...values.slice(0, 1), ...values.slice(0, -1)];
}

// The value one position after; at the last position that of position 0.
function after(values) {
  return [...values.slice(1), ...values.slice(0, 1)];
}

// The sum of the values of all positions whose key matches the query.
function count(query, key, value, matches, scope = "all") {
  return query.map((q, i) => {
    const [first, last] = visible(scope, i, key.length);
    let sum = 0;
    for (let j = first; j <= last; j++) if (matches(q, key[j])) sum += value[j];
    return sum;
  });
}

// The same where keys match that equal the query, in one pass.
function countEqual(query, key, value, scope = "all") {
  const every = new Map(), past = new Map();
  key.forEach((k, j) => every.set(k, (every.get(k) ?? 0) + value[j]));
  return query.map((q, i) => {
    const earlier = past.get(q) ?? 0, total = every.get(q) ?? 0;
    past.set(key[i], (past.get(key[i]) ?? 0) + value[i]);
    const causal = past.get(q) ?? 0;
    return { before: earlier, causal, after: total - causal, all: total }[scope];
  });
}

// The predicate that holds for the pairs that are listed: queries, and their keys.
function among(rows) {
  const keysOf = new Map();
  for (const [queries, keys] of rows) {
    const set = new Set(keys);
    for (const query of queries) keysOf.set(query, set);
  }
  return (query, key) => keysOf.get(query)?.has(key) ?? false;
}

// Results by value, from pairs of a result and the values that have it.
function grouped(pairs) {
  return new Map(pairs.flatMap(([result, values]) => values.map((x) => [x, result])));
}

// A function of the values of two variables at every position.
function zip(one, other, result) {
  return one.map((a, i) => result(a, other[i]));
}

// A function of the values of several variables at every position.
function zipAll(variables, result) {
  return variables[0].map((_, i) => result(...variables.map((x) => x[i])));
}

// The value with the largest sum of what variables add: a row of weights for a value,
// none if it has no row; or factors, which a number is multiplied by.
function decide(places, values, terms) {
  return places.map((i) => {
    const sums = values.map(() => 0);
    for (const [variable, weights] of terms) {
      const x = variable[i], factors = Array.isArray(weights);
      const added = factors ? weights.map((w) => w * x) : weights.get(x) ?? [];
      added.forEach((weight, k) => { sums[k] += weight; });
    }
    return best(values, sums);
  });
}

// The label, or value, with the largest score, the first of them on a tie.
function best(labels, sums) {
  return labels[sums.indexOf(sums.reduce((a, b) => Math.max(a, b)))];
}

// The remainder, which has the sign of the divisor.
function mod(a, b) {
  return ((a % b) + b) % b;
}

// The quotient, rounded down.
function div(a, b) {
  return (a - mod(a, b)) / b;
}

// The number that a token is, and 0 for others.
function number(token) {
  return /^[0-9]+$/.test(token) ? Number(token) : 0;
}

// The integer that a token is, "-" before its digits, and 0 for others.
function integer(token) {
  return /^-?[0-9]+$/.test(token) ? Number(token) + 0 : 0;
}

// White space and the characters of words are those of Python.
const SPACE =
  "\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]+`, "u");
const WORDS = new RegExp(`[\\p{L}\\p{N}_]+|[^\\p{L}\\p{N}_${SPACE}]`, "gu");

// A text split at white space; a list of tokens stays as it is.
function splitWhitespace(text) {
  return typeof text === "string" ? text.split(SPACES).filter((x) => x) : text;
}

// The characters of a text without white space; a list of tokens stays as it is.
function splitCharacters(text) {
  return typeof text === "string" ? [...text.split(SPACES).join("")] : text;
}

// A text as words and single other characters; a list of tokens stays as it is.
function splitWords(text) {
  return typeof text === "string" ? text.match(WORDS) ?? [] : text;
}

// Such a function knows nothing of texts.
function splitNever(text) {
  if (typeof text !== "string") return text;
  const some = shown(TOKENS.slice(0, Math.min(MAX_LENGTH, 3)));
  throw new Error(`expected a list of tokens like ${some}, got ${shown(text)}`);
}

// X for an upper-case letter, x for a lower-case one, c for another, d for a digit.
function kindOf(character) {
  if (/^\p{Nd}$/u.test(character)) return "d";
  if (!/^\p{L}$/u.test(character)) return character;
  if (/^\p{Uppercase}$/u.test(character)) return "X";
  return /^\p{Lowercase}$/u.test(character) ? "x" : "c";
}

// The kinds of characters, with up to so many equal ones in a row.
function shape(word, most) {
  const kinds = [];
  let run = 0;
  for (const character of word) {
    const kind = kindOf(character);
    run = kind === kinds[kinds.length - 1] ? run + 1 : 1;
    if (run <= most) kinds.push(kind);
  }
  return kinds.join("");
}

// The first characters of a word in lower case.
function prefix(word, length) {
  return [...word.toLowerCase()].slice(0, length).join("");
}

// The last characters of a word in lower case.
function suffix(word, length) {
  return [...word.toLowerCase()].slice(-length).join("");
}

// A feature of every word; other results, and the frame, have its last value.
function featureOf(words, values, feature) {
  const known = new Set(values), other = values[values.length - 1];
  const found = words.map(feature).map((value) => (known.has(value) ? value : other));
  const [begin, end] = [FRAME.begin, FRAME.end].map((x) => (x === null ? null : other));
  return framedBy(found, begin, end);
}

function framedBy(items, begin, end) {
  return [...(begin === null ? [] : [begin]), ...items, ...(end === null ? [] : [end])];
}

// A token as it is quoted in a message.
function shown(token) {
  return JSON.stringify(token) ?? String(token);
}

// Check the tokens, and put the begin and end tokens around them.
function frame(words, anyLength) {
  if (!Array.isArray(words)) {
    throw new Error(`expected a list of tokens, got ${shown(words)}`);
  }
  if (words.length > MAX_LENGTH && !(anyLength && ANY_LENGTH)) {
    const hint = ANY_LENGTH ? "; anyLength allows more" : "";
    throw new Error(
      `too long: ${words.length} tokens, at most ${MAX_LENGTH} are allowed${hint}`,
    );
  }
  const read = Array.from(words, (word, position) => {
    if (typeof word !== "string") {
      throw new Error(
        `expected strings as tokens, got ${shown(word)} at position ${position}`,
      );
    }
    const token = fold(word);
    if (KNOWN.has(token)) return token;
    if (UNKNOWN !== null) return UNKNOWN;
    const more = TOKENS.length > 20 ? `, ... (${TOKENS.length} in all)` : "";
    throw new Error(
      `unknown token ${shown(word)} at position ${position}; known tokens: ` +
        `${TOKENS.slice(0, 20).map(shown).join(", ")}${more}`,
    );
  });
  const framed = framedBy(read, FRAME.begin, FRAME.end);
  if (!framed.length) {
    throw new Error(`empty sequence: expected 1 to ${MAX_LENGTH} tokens`);
  }
  return framed;
}
"""


def _parts() -> Iterator[tuple[str, str]]:
    # By what each defines, with the comment before it.
    for block in _SOURCE.strip().split("\n\n"):
        names = re.findall(r"^(?:function|const) (\w+)", block, re.MULTILINE)
        yield " ".join(names), block


_BLOCKS = dict(_parts())


def helpers_for(code: str) -> list[str]:
    """Return the helpers that code names, directly or through others."""
    used: set[str] = set()
    reading = [code]
    while reading:
        text = reading.pop()
        for names, block in _BLOCKS.items():
            if names not in used and _named(names, text):
                used.add(names)
                reading.append(block)
    return [block for names, block in _BLOCKS.items() if names in used]


def _named(names: str, text: str) -> bool:
    # Called, passed on, or a constant: not a word of a sentence.
    return any(
        re.search(
            rf"(?<![\w.])(?:{name}\(|(?<=\(){name}\)|(?<=[{{(]){name}[}},])", text
        )
        for name in names.split()
    )
