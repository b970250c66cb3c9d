// Tables, predicates and weights, each drawn when it is first opened.

const MOST_DRAWN = 1600; // cells of a heat map
const MOST_PAIRS = 400000; // cells that are looked at to group them
const TOP = 40; // rows of a long list

function drawCards() {
  const place = byId("cards");
  if (place.dataset.of === String(state.program)) return;
  place.dataset.of = state.program;
  const cards = program().STATEMENTS.map((statement) => card(
    statement.name, facts().kinds[statement.name], statement.form ?? statement.sentence,
    () => bodyOf(statement),
  ));
  const weights = program().READOUT.inputs.map((name) => card(
    `labels by ${name}`, "readout", `what each value of ${name} adds to each label`,
    () => weightBody(name, program().LABELS, (value) => program().added(name, value)),
  ));
  put(place, cards, weights);
}

function card(title, kind, text, body) {
  const found = el("details", { class: "card table" },
    el("summary", {}, el("span", { class: `kind kind-${kind}` }, kind), " ",
      el("b", {}, title), " ", el("span", { class: "hint" }, text)));
  found.addEventListener("toggle", () => {
    if (!found.open || found.children.length > 1) return;
    found.append(el("div", { class: "body" }, body()));
  });
  return found;
}

function bodyOf(statement) {
  const { name, kind, inputs } = statement;
  const parts = [el("p", {}, statement.sentence), formOf(statement)];
  if (kind === "attend" || kind === "count") parts.push(predicateBody(statement));
  else if (kind === "decide") {
    const names = valuesOf(name, true).map(shownValue);
    inputs.forEach((input, index) => {
      parts.push(el("h4", {}, `What ${input} adds`));
      parts.push(weightBody(input, names, (value) => decided(name, index, value, names)));
    });
  } else if (inputs.length === 1) parts.push(groupsBody(name, inputs));
  else if (sizeOf(inputs[0]) * sizeOf(inputs[1]) <= MOST_DRAWN) {
    parts.push(heatMap(inputs, (a, b) => program().CELLS[name](a, b), name));
  } else parts.push(groupsBody(name, inputs));
  return parts;
}

function decided(name, index, value, names) {
  const nowhere = new Proxy({}, { get: () => [] });
  const [, weights] = program().WEIGHED[name](nowhere)[index];
  if (Array.isArray(weights)) return weights.map((weight) => weight * value);
  return weights.get(value) ?? names.map(() => 0);
}

function region(label, child) {
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    child);
}

// A table of two variables, values as shades and as text.
function heatMap([first, second], at, name) {
  const rows = valuesOf(first), columns = valuesOf(second);
  const head = el("tr", {},
    el("th", { scope: "col", class: "corner" }, `${first} ↓ ${second} →`),
    columns.map((value) => el("th", { scope: "col" }, shownValue(value))));
  const body = rows.map((row) => el("tr", {},
    el("th", { scope: "row" }, shownValue(row)),
    columns.map((column) => {
      const value = at(row, column);
      return el("td", { class: shadeOf(name, value) }, shownValue(value));
    })));
  return region(`Table of ${name}`,
    el("table", { class: "heat" }, el("thead", {}, head), el("tbody", {}, body)));
}

// Which keys match which queries.
function predicateBody({ name, inputs: [query, key], scope }) {
  const holds = program().MATCHES[name];
  const asks = facts().asks[name];
  const where = { all: "any position", before: "an earlier position",
    after: "a later position", causal: "a position up to its own" }[scope];
  const note = el("p", { class: "hint" }, `It looks at ${where}.`);
  if (!asks.key) return [note, el("p", {}, "Every key matches.")];
  if (!asks.query) {
    const [any] = valuesOf(query);
    const listed = valuesOf(key).filter((value) => holds(any, value));
    return [note, el("p", {}, "Keys that match: ",
      listed.slice(0, 200).map((value) => el("span", { class: "word" }, shownValue(value))),
      listed.length > 200 ? ` and ${listed.length - 200} more` : "")];
  }
  if (sizeOf(query) * sizeOf(key) > MOST_DRAWN) return [note, askBody(name, query, key)];
  const rows = valuesOf(query), columns = valuesOf(key);
  const head = el("tr", {},
    el("th", { scope: "col", class: "corner" }, `query ${query} ↓ key ${key} →`),
    columns.map((value) => el("th", { scope: "col" }, shownValue(value))));
  const body = rows.map((row) => el("tr", {},
    el("th", { scope: "row" }, shownValue(row)),
    columns.map((column) => (holds(row, column)
      ? el("td", { class: "match" }, "●") : el("td", {})))));
  return [note, region(`Predicate of ${name}`,
    el("table", { class: "heat" }, el("thead", {}, head), el("tbody", {}, body)))];
}

function askBody(name, query, key) {
  const found = el("p", { role: "status" });
  const id = `ask-${name}`;
  const field = el("input", { id, type: "search", oninput: () => {
    const value = valuesOf(query).find((one) => String(one) === field.value);
    if (value === undefined) {
      put(found, field.value === "" ? "" : "No such value.");
      return;
    }
    const keys = valuesOf(key).filter((one) => program().MATCHES[name](value, one));
    const some = keys.slice(0, 100).map(shownValue).join(", ");
    put(found, `${plural(keys.length, "key")} match: ${some}${keys.length > 100 ? " …" : ""}`);
  } });
  return [el("label", { for: id }, `A query, a value of ${query}: `), field, found];
}

// Results, each with the values that have it: word classes, and large tables.
function groupsBody(name, inputs) {
  const sizes = inputs.map(sizeOf);
  const listed = inputs.map((input) => valuesOf(input));
  const cells = program().CELLS[name];
  const groups = new Map();
  const add = (result, text) => {
    if (!groups.has(result)) groups.set(result, []);
    groups.get(result).push(text);
  };
  if (inputs.length === 1) {
    for (const value of listed[0]) add(cells(value), shownValue(value));
  } else if (sizes[0] * sizes[1] <= MOST_PAIRS) {
    for (const a of listed[0]) {
      for (const b of listed[1]) add(cells(a, b), `${shownValue(a)}, ${shownValue(b)}`);
    }
  } else return lookUp(name, inputs, cells);
  // The largest first, but what stands for nothing last.
  const rank = ([result, members]) => (result === "" ? 0 : members.length);
  const ordered = [...groups].sort((a, b) => rank(b) - rank(a));
  const whole = ordered.reduce((sum, [, members]) => sum + members.length, 0);
  const text = inputs.join(" and ");
  const rows = (filter) => ordered.flatMap(([result, members]) => {
    const some = filter === "" || shownValue(result) === filter ? members
      : members.filter((member) => member.toLowerCase().includes(filter.toLowerCase()));
    return some.length ? [groupRow(name, result, some, members.length)] : [];
  });
  return searched(`Search ${plural(whole, "value")} of ${text}: `, name,
    ["result", `values of ${text}`, "how many"], rows);
}

function groupRow(name, result, members, whole) {
  const some = members.slice(0, 16);
  const rest = members.slice(16, 600);
  const more = rest.length === 0 ? null : el("details", { class: "more" },
    el("summary", {}, `${members.length - 16} more`),
    rest.map((word) => el("span", { class: "word" }, word)));
  return el("tr", {}, el("th", { scope: "row", class: shadeOf(name, result) },
    shownValue(result)),
  el("td", {}, some.map((word) => el("span", { class: "word" }, word)), more),
  el("td", { class: "amount" }, thousands(whole)));
}

function searched(label, name, head, rows) {
  const body = el("tbody", {});
  const count = el("span", { class: "hint", role: "status" });
  const id = `search-${name}`;
  const field = el("input", { id, type: "search", oninput: () => list() });
  function list() {
    const found = rows(field.value.trim());
    put(body, found.slice(0, TOP));
    put(count, found.length > TOP ? ` ${TOP} of ${thousands(found.length)} rows`
      : ` ${plural(found.length, "row")}`);
  }
  list();
  return [
    el("p", { class: "row" }, el("label", { for: id }, label), field, count),
    region(`Rows of ${name}`, el("table", { class: "list" },
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      body)),
  ];
}

function lookUp(name, inputs, cells) {
  const found = el("output", {});
  const fields = inputs.map((input) => el("input", { id: `cell-${name}-${input}`,
    type: "search", oninput: () => {
      const values = fields.map((field, index) =>
        valuesOf(inputs[index]).find((one) => String(one) === field.value));
      put(found, values.includes(undefined) ? "" : ` → ${shownValue(cells(...values))}`);
    } }));
  return el("p", { class: "row" }, fields.map((field, index) => [
    el("label", { for: field.id }, `${inputs[index]} `), field]), found);
}

// Weights: a row of numbers for every value, the strongest first.
function weightBody(name, labels, rowOf) {
  const { kind } = facts().domains[name];
  const values = kind === "number" ? [1] : valuesOf(name);
  const known = values.map((value) => [value, rowOf(value)]).filter(([, row]) => row);
  const lead = (row) => Math.max(...row) - Math.min(...row);
  const some = known.filter(([, row]) => row.some((weight) => weight !== 0));
  if (!some.length) return el("p", {}, "Its values add nothing.");
  const few = known.length <= TOP;
  const ordered = few ? known : [...some].sort((a, b) => lead(b[1]) - lead(a[1]));
  const largest = Math.max(...some.map(([, row]) => Math.max(...row.map(Math.abs))));
  const chosen = { label: "" };
  const rows = (filter) => {
    const index = labels.indexOf(chosen.label);
    const found = ordered.filter(([value]) =>
      shownValue(value).toLowerCase().includes(filter.toLowerCase()));
    if (index >= 0) {
      const ahead = (row) => row[index] - Math.max(...row.filter((_, k) => k !== index));
      found.sort((a, b) => ahead(b[1]) - ahead(a[1]));
    }
    return found.map(([value, row]) => el("tr", {},
      el("th", { scope: "row" }, kind === "number" ? `each 1 of ${name}` : shownValue(value)),
      row.slice(0, 40).map((weight) => el("td", { class: weightShade(weight, largest) },
        weight === 0 ? "" : signed(weight)))));
  };
  const [line, table] = searched(`Search ${plural(known.length, "value")} of ${name}: `,
    `weights-${name}`, [name, ...labels.slice(0, 40)], rows);
  table.firstChild.classList.add("heat");
  if (!few && labels.length > 2) line.append(labelChoice(name, labels, chosen, line));
  return [line, table];
}

function labelChoice(name, labels, chosen, line) {
  const id = `strongest-${name}`;
  const select = el("select", { id, onchange: () => {
    chosen.label = select.value;
    line.querySelector("input").dispatchEvent(new Event("input"));
  } }, el("option", { value: "" }, "any label"),
  labels.map((label) => el("option", { value: label }, label)));
  return el("span", { class: "choice" },
    el("label", { for: id }, " strongest for "), select);
}

function weightShade(weight, largest) {
  const shade = Math.ceil((5 * Math.abs(weight)) / largest);
  return weight === 0 ? "amount" : `amount ${weight > 0 ? "plus" : "minus"}-${shade}`;
}
