"""What is alike in all exported C files: usage, tokens, calls, and the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transformer_programs.codegen.export.c_language import array, fill_in, strings
from transformer_programs.language import InputFormat

_FNV = 2166136261, 16777619

_USAGE = """\
/* Use: NAME_workspace w;  (of any storage; nothing is allocated here)
 *      int labels[UPPER_MAX_LENGTH];
 *      int status = NAME_run(tokens, n, &w, labels);
 *
 * tokens are n strings of UTF-8, without those of the frame. WHAT
 * an index of NAME_labels. The result is 0, or says why the tokens are refused; then
 * w.position is that of the unknown token. Calls with different workspaces may run at
 * the same time.
 *
 * cc -std=c11 -O3 FILE.c gives a command: its arguments are tokens; without any it
 * reads lines of tokens that are separated by white space, and writes the labels of
 * many lines at once. With -DUPPER_NO_MAIN the file has no main. */"""

_LOOKUP = """\

/* The id of a token; -1 if it is not known. */
static int32_t id_of(const char *token) {
  uint32_t hash = 2166136261u;
  for (const char *c = token; *c != '\\0'; c++) {
    hash = (hash ^ (unsigned char)*c) * 16777619u;
  }
  for (uint32_t i = hash & MASKu; SLOTS[i] >= 0; i = (i + 1) & MASKu) {
    if (strcmp(TOKENS[SLOTS[i]], token) == 0) return IDS;
  }
  return -1;
}"""

_RUN = """\
int NAME_run(const char *const *tokens, size_t n, NAME_workspace *w, int *labels) {
  if (n > UPPER_MAX_LENGTH) return UPPER_TOO_LONG;
EMPTY
  const size_t length = n + FRAME;
  w->unknown = 0;
BEGIN
END
  for (size_t i = 0; i < n; i++) {
    int32_t id = id_of(tokens[i]);
    if (id < 0) {
UNKNOWN
    }
    w->v_tokens[i + OFFSET] = id;
  }
  for (size_t i = 0; i < length; i++) {
    w->v_positions[i] = POSITION;
    w->v_ones[i] = 1;
  }
STATEMENTS
LABELS
  return 0;
}"""

_MAIN = """\
#ifndef UPPER_NO_MAIN
#include <stdio.h>

static NAME_workspace work;
static char out[1 << 15];
static size_t filled;

static void put(const char *text) {
  const size_t size = strlen(text);
  if (filled + size > sizeof out) {
    fwrite(out, 1, filled, stdout);
    filled = 0;
  }
  memcpy(out + filled, text, size);
  filled += size;
}

static int label_tokens(const char *const *tokens, size_t n) {
  static int labels[UPPER_MAX_LENGTH + 1];
  switch (NAME_run(tokens, n, &work, labels)) {
  case 0:
    break;
  case UPPER_TOO_LONG:
    fprintf(stderr, "error: too long: at most %d tokens are allowed\\n",
            UPPER_MAX_LENGTH);
    return 2;
  case UPPER_EMPTY:
    fputs("error: empty sequence: expected at least one token\\n", stderr);
    return 2;
  default:
    fprintf(stderr, "error: unknown token \\"%s\\" at position %zu\\n",
            tokens[work.position], work.position);
    return 2;
  }
  if (work.unknown > 0) {
    fprintf(stderr, "warning: unknown tokens: %zu\\n", work.unknown);
  }
  for (size_t i = 0; i < COUNT; i++) {
    if (i > 0) put(" ");
    put(NAME_labels[labels[i]]);
  }
  put("\\n");
  return 0;
}

static int is_space(char c) {
  return c == ' ' || c == '\\t' || c == '\\r' || c == '\\n';
}

int main(int count, char **arguments) {
  static const char *tokens[UPPER_MAX_LENGTH + 1];
  static char line[1 << 20];
  char *const last = line + sizeof line - 2; /* written to by long lines alone */
  int status = 0;
  if (count > 1) {
    status = label_tokens((const char *const *)(arguments + 1), (size_t)count - 1);
  }
  while (count <= 1 && status == 0 && fgets(line, sizeof line, stdin) != NULL) {
    size_t n = 0;
    char *c = line;
    if (*last != '\\0' && *last != '\\n') {
      fputs("error: a line is longer than a megabyte\\n", stderr);
      return 2;
    }
    for (;;) {
      while (is_space(*c)) c++;
      if (*c == '\\0') break;
      if (n <= UPPER_MAX_LENGTH) tokens[n++] = c;
      while (*c != '\\0' && !is_space(*c)) c++;
      if (*c != '\\0') *c++ = '\\0';
    }
    status = label_tokens(tokens, n);
  }
  fwrite(out, 1, filled, stdout);
  return status;
}
#endif
"""


def usage(prefix: str, *, tagging: bool) -> str:
    """Return the comment that says how the file is used."""
    what = "labels[i] becomes" if tagging else "labels[0] becomes"
    return _filled(_USAGE, prefix, {"WHAT": what})


def _filled(template: str, prefix: str, parts: Mapping[str, str]) -> str:
    named = {"NAME": prefix, "UPPER": prefix.upper()}
    return fill_in(template, {**named, **parts})


def lookup(form: InputFormat) -> Iterator[str]:
    """Yield the tokens in a table by their hashes, and the function that reads it."""
    symbols = form.symbols or ("",)
    size = 4
    while size < 2 * len(symbols):
        size *= 2
    slots = [-1] * size
    for index, token in enumerate(form.symbols):
        place = _hash(token) & (size - 1)
        while slots[place] >= 0:
            place = (place + 1) & (size - 1)
        slots[place] = index
    yield strings("TOKENS", symbols)
    yield from array("SLOTS", slots)
    ids = [form.vocabulary.ids[token] for token in form.symbols]
    found = "SLOTS[i]"
    if ids != [*range(len(ids))]:
        yield from array("IDS", ids)
        found = "IDS[SLOTS[i]]"
    yield _LOOKUP.replace("MASK", str(size - 1)).replace(
        "return IDS", f"return {found}"
    )


def _hash(token: str) -> int:
    found, factor = _FNV
    for byte in token.encode():
        found = (found ^ byte) * factor & 0xFFFFFFFF
    return found


def run(
    prefix: str, form: InputFormat, names: Sequence[str], *, tagging: bool, pooled: str
) -> Iterator[str]:
    """Yield the function that users call.

    Args:
        prefix: what its name begins with.
        form: what it takes.
        names: the variables that are computed, in order.
        tagging: whether every token has a label.
        pooled: of one label, the positions whose scores are summed.
    """
    ids, unknown = form.vocabulary.ids, form.vocabulary.unknown
    upper = prefix.upper()
    begin = end = ""
    if form.begin is not None:
        begin = f"  w->v_tokens[0] = {ids[form.begin]};\n"
    if form.end is not None:
        end = f"  w->v_tokens[length - 1] = {ids[form.end]};\n"
    if unknown is None:
        refused = f"      w->position = i;\n      return {upper}_UNKNOWN_TOKEN;"
    else:
        refused = f"      id = {ids[unknown]};\n      w->unknown++;"
    labels = f"  labels[0] = label_at(w, 0, {pooled});"
    if tagging:
        offset = f" + {form.offset}" if form.offset else ""
        labels = (
            "  for (size_t i = 0; i < n; i++) {\n"
            f"    labels[i] = label_at(w, i{offset}, i + {form.offset + 1});\n"
            "  }"
        )
    parts = {
        "EMPTY\n": "" if form.frame else f"  if (n == 0) return {upper}_EMPTY;\n",
        "BEGIN\n": begin,
        "END\n": end,
        "UNKNOWN": refused,
        "STATEMENTS": "\n".join(f"  find_{name}(w, length);" for name in names),
        "LABELS": labels,
        "[i + OFFSET]": f"[i + {form.offset}]" if form.offset else "[i]",
        " + FRAME": f" + {form.frame_size}" if form.frame_size else "",
        "POSITION": "(int32_t)i",
    }
    yield _filled(_RUN, prefix, parts).replace("\n\n", "\n")


def main(prefix: str, *, tagging: bool) -> str:
    """Return the command line."""
    return _filled(_MAIN, prefix, {"COUNT": "n" if tagging else "1"})
