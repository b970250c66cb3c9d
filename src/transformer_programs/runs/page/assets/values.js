// Where a value comes from, down to the tokens.

const DEEPEST = 12;
const MOST_BEHIND = 24;
const FEW_BEHIND = 3; // values that are unfolded by themselves

function drawDetail() {
  const run = current();
  const { variable, place } = state;
  const on = document.querySelectorAll(".path:not(td):not(th)");
  for (const found of on) found.classList.remove("path");
  if (run.error !== null || variable === null) {
    const text = "Choose a value, with a click or with the arrow keys and Enter, to see " +
      "where it comes from.";
    put("detail", run.error === null ? el("p", { class: "hint" }, text) : null);
    return;
  }
  const parts = variable === "tokens" ? tokenParts(run, place)
    : variable === "" ? labelParts(run, place) : valueParts(run, variable, place);
  put("detail", parts);
  const behindIt = new Set([...path].map((key) => key.slice(0, key.lastIndexOf(" "))));
  const drawn = document.querySelectorAll(
    `.of[data-program="${state.program}"] .node[data-s]`,
  );
  for (const found of drawn) {
    found.classList.toggle("path", behindIt.has(found.dataset.s));
  }
}

// What stands behind the chosen value, for the grid and the circuit.
function findPath() {
  const { variable, place } = state;
  path = new Set();
  if (current().error !== null || variable === null) return;
  const roots = variable === "" ? program().READOUT.inputs : [variable];
  for (const root of roots) for (const key of ancestry(root, place).keys()) path.add(key);
}

function valueParts(run, name, i) {
  const value = run.trace[name][i];
  const statement = statementOf(name);
  const places = origin(name, i, run).filter((p) => run.framed[p] !== undefined);
  const words = places.slice(0, 12).map((p) => shownValue(run.framed[p])).join(" ");
  return [
    el("h3", {}, `${name} = ${shownValue(value)}`),
    el("p", { class: "hint" }, `at ${placeName(i, run)}`),
    el("p", {}, statement?.sentence ?? "Given with the input."),
    formOf(statement),
    how(run, name, i),
    el("p", {}, el("b", {}, "From the words: "),
      places.length ? `${words}${places.length > 12 ? " …" : ""}` : "none"),
    el("h4", {}, "All that it comes from"),
    tree(run, name, i, 0, new Set()),
  ];
}

function formOf(statement) {
  if (!statement?.form) return null;
  const names = statement.inputs.length === 1 ? ["x"] : ["a", "b"];
  const where = names.map((x, index) => `${x} = ${statement.inputs[index]}`).join(", ");
  return el("p", {}, el("code", {}, statement.form), ` where ${where}`);
}

// The step itself: what a head looked for and found, or the cell that was looked up.
function how(run, name, i) {
  const statement = statementOf(name);
  if (!statement) return null;
  const { kind, inputs } = statement;
  const say = (variable, at) => go(run, variable, at);
  if (kind === "attend" || kind === "count") {
    const [query, key, value] = inputs;
    const { matches, taken, missed } = attended(name, i, run);
    const asks = facts().asks[name];
    const lines = [];
    if (asks.key) {
      lines.push(el("li", {}, `It looks for positions whose k = ${key} has `,
        el("code", {}, predicateText(name)),
        asks.query ? [", where q is ", say(query, i)] : null));
    }
    const found = matches.slice(0, MOST_BEHIND).flatMap((j) => [
      " ", asks.key ? say(key, j) : say("tokens", j),
    ]);
    if (matches.length > MOST_BEHIND) found.push(` and ${matches.length - MOST_BEHIND} more`);
    const none = kind === "count" ? "No position matches: the sum is 0."
      : "No position matches, so position 0 stands in.";
    lines.push(el("li", {}, missed ? none
      : [`${plural(matches.length, "position")} match${matches.length === 1 ? "es" : ""}:`,
        ...found]));
    if (kind === "attend") {
      const [j] = taken;
      const nearest = missed ? "" : matches.length > 1 ? "The nearest is " : "It is ";
      const where = missed ? "There" : `${nearest}position ${j}; there`;
      lines.push(el("li", {}, `${where} it takes `, say(value, j)));
    } else if (value === "ones") {
      lines.push(el("li", {}, `It counts them: ${run.trace[name][i]}`));
    } else if (!missed) {
      const added = taken.slice(0, MOST_BEHIND).map((j) => run.trace[value][j]);
      lines.push(el("li", {}, `It adds up ${value}: ${added.join(" + ")}` +
        `${taken.length > MOST_BEHIND ? " + …" : ""} = ${run.trace[name][i]}`));
    }
    return el("ul", { class: "how" }, lines);
  }
  const read = inputs.flatMap((input) => [" ", say(input, i)]);
  const what = kind === "decide" ? "It weighs" : "It looks up the cell of";
  const lines = [el("li", {}, what, read)];
  if (kind === "decide") lines.push(el("li", {}, sums(run, name, i)));
  return el("ul", { class: "how" }, lines);
}

// The sums of a decision: the value that won, and the next one.
function sums(run, name, i) {
  const terms = program().WEIGHED[name](run.trace);
  const totals = new Map();
  terms.forEach(([values, weights]) => {
    const x = values[i];
    const row = Array.isArray(weights) ? weights.map((w) => w * x) : weights.get(x) ?? [];
    row.forEach((weight, k) => totals.set(k, (totals.get(k) ?? 0) + weight));
  });
  const names = valuesOf(name, true);
  const best = [...totals].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 3);
  return `The largest sums: ${best.map(([k, sum]) =>
    `${shownValue(names[k])} ${thousands(sum)}`).join(", ")}`;
}

// The predicate of a head as program.py has it; a listed one has a name alone.
const predicateText = (name) => facts().predicates[name] ?? "predicate(q, k)";

// The same with the values of a query and a key in it.
function predicateOf(name, i, j, run = current()) {
  const [query, key] = statementOf(name).inputs;
  const written = { q: run.trace[query][i], k: run.trace[key][j] };
  return predicateText(name).replace(/\b[qk]\b/gu, (x) => JSON.stringify(written[x]));
}

// A value that leads further.
function go(run, name, i) {
  const value = valueAt(run, name, i);
  return button(`${name} = ${shownValue(value)} at ${i}`, () => {
    pick(name, i);
    byId("detail").querySelector("h3")?.focus();
  }, { class: "value" });
}

function tree(run, name, i, depth, above) {
  const below = behind(name, i, run);
  if (!below.length) return null;
  const few = below.length <= FEW_BEHIND;
  const items = below.slice(0, MOST_BEHIND).map(([role, input, at]) => {
    const key = `${input} ${at}`;
    const again = above.has(key);
    above.add(key);
    const more = again || depth >= DEEPEST ? null : tree(run, input, at, depth + 1, above);
    const seen = again && behind(input, at, run).length ? " (as above)" : "";
    const line = [el("span", { class: `part role-${role[0]}` }, role), " ",
      go(run, input, at),
      role === "key" ? [": ", el("code", {}, predicateOf(name, i, at, run))] : null, seen];
    if (more === null) return el("li", {}, line);
    return el("li", {}, el("details", { open: depth < 2 && few },
      el("summary", {}, line), more));
  });
  const rest = below.length - items.length;
  if (rest > 0) items.push(el("li", {}, `and ${rest} more`));
  return el("ul", { class: "tree" }, items);
}

// A token, which can be changed.
function tokenParts(run, i) {
  const word = run.framed[i];
  const bare = numbered(i);
  const title = el("h3", {}, `token ${shownValue(word)}`);
  if (bare < 0 || bare >= run.words.length) {
    return [title, el("p", {}, "It belongs to the frame, which stands around every input.")];
  }
  const change = (token) => {
    const words = [...run.words];
    words.splice(bare, 1, ...(token === null ? [] : [token]));
    type(textOf(words));
  };
  const { TOKENS } = program();
  const few = TOKENS.length <= FEW_TOKENS;
  const field = few
    ? el("select", { id: "other", onchange: () => change(field.value) },
      TOKENS.map((token) => el("option", { value: token, selected: token === word },
        shownValue(token))))
    : el("input", { id: "other", type: "text", value: word,
      onkeydown: (event) => event.key === "Enter" && change(field.value) });
  const row = el("div", { class: "row" },
    el("label", { for: "other" }, "Change it to "), field,
    few ? null : button("Change", () => change(field.value)),
    button("Remove", () => change(null)));
  const users = readersOf(state.program, "tokens");
  return [
    title, el("p", { class: "hint" }, `at position ${i}`), row,
    run.unknown.includes(word) ? el("p", {}, `Not known: read as ${program().UNKNOWN}.`) : null,
    el("p", {}, users.length ? `Read by ${users.join(", ")}.` : "No statement reads it."),
  ];
}

function labelParts(run, i) {
  const inputs = program().READOUT.inputs;
  return [
    el("h3", {}, `label ${shownValue(labelAt(i, run))}`),
    el("p", { class: "hint" }, `of ${placeName(i, run)}`),
    el("p", {}, program().READOUT.sentence),
    el("h4", {}, "All that it comes from"),
    el("ul", { class: "tree" }, inputs.slice(0, MOST_BEHIND).map((name) => el("li", {},
      el("details", { open: inputs.length < 3 },
        el("summary", {}, go(run, name, i)), tree(run, name, i, 0, new Set()))))),
  ];
}
