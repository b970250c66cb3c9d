// Every variable at every position, under the arcs of a head.

const MOST_CELLS = 12000;
const ARCS_ALL = 60; // longer inputs show the arcs of one position

function drawValues() {
  const run = current();
  const place = byId("values");
  if (run.error !== null) {
    put(place);
    return;
  }
  const focused = place.contains(document.activeElement);
  const width = columnWidth(run);
  const grid = el("table", {
    class: "grid", role: "grid", "aria-label": "Variables by position",
    onkeydown: moved,
  }, gridHead(run), gridBody(run));
  grid.style.setProperty("--column", `${width}px`);
  const left = place.querySelector(".scroll")?.scrollLeft ?? 0;
  put(place, headChoice(),
    el("div", { class: "scroll" }, arcs(run, width), grid), changes(run));
  const scroll = place.querySelector(".scroll");
  scroll.scrollLeft = left;
  place.querySelector("svg.arcs")?.style.setProperty("--left", `${names(grid)}px`);
  if (focused) grid.querySelector('[tabindex="0"]')?.focus();
}

const names = (grid) => grid.querySelector("th").offsetWidth;

function columnWidth(run) {
  let longest = 2;
  for (const values of [run.framed, ...Object.values(run.trace), run.labels]) {
    if (!Array.isArray(values)) continue;
    for (const value of values) longest = Math.max(longest, shownValue(value).length);
  }
  return Math.max(40, Math.min(118, 16 + 8 * longest));
}

// Rows: the statements, those that were executed and those that come.
function shownRows(run) {
  const all = program().STATEMENTS.map((statement) => statement.name);
  const given = facts().surfaces;
  const most = Math.max(12, Math.floor(MOST_CELLS / Math.max(run.framed.length, 1)));
  return [...given, ...all].slice(0, most);
}

function gridHead(run) {
  const cells = run.framed.map((word, i) => cell(run, "tokens", i, word, {
    role: "columnheader", scope: "col",
    class: `token${numbered(i) < 0 || numbered(i) >= run.words.length ? " frame" : ""}`,
  }, "th"));
  const numbers = run.framed.map((_, i) => el("td", { class: "number" }, String(i)));
  return el("thead", {},
    el("tr", { class: "numbers" },
      el("th", { scope: "row" }, "position"), numbers),
    el("tr", {}, el("th", { scope: "row" }, "tokens"), cells));
}

function gridBody(run) {
  const order = program().STATEMENTS.map((statement) => statement.name);
  const rows = shownRows(run).map((name) => {
    const step = order.indexOf(name) + 1;
    const later = step > state.step;
    const kind = facts().kinds[name] ?? "given";
    const title = el("th", { scope: "row", class: `kind-${kind}` },
      el("span", { class: "kind" }, kind), " ", name);
    const cells = run.framed.map((_, i) => cell(
      run, name, i, later ? "" : run.trace[name][i], { class: later ? "later" : "" },
    ));
    const now = step === state.step && state.step < order.length ? "now" : "";
    return el("tr", { class: now }, title, cells);
  });
  return el("tbody", {}, rows, labelRow(run, state.step === order.length));
}

function labelRow(run, done) {
  const title = el("th", { scope: "row" }, "labels");
  if (!Array.isArray(run.labels)) {
    const text = done ? run.labels : "";
    return el("tr", { class: "labels" }, title,
      el("td", { colspan: run.framed.length, class: "label" }, text));
  }
  const cells = run.framed.map((_, i) => {
    const label = labelAt(i, run);
    if (label === undefined) return el("td", {});
    return cell(run, "", i, done ? label : "", { class: "label" });
  });
  return el("tr", { class: "labels" }, title, cells);
}

// A cell that can be chosen: of a variable, or a label, whose variable is "".
function cell(run, name, i, value, attributes, tag = "td") {
  const classes = [attributes.class];
  const old = state.before === null ? undefined : valueAt(state.before, name, i);
  const now = valueAt(run, name, i);
  const other = state.before !== null && old !== now && value !== "";
  if (other) classes.push("changed");
  const selected = state.variable === name && state.place === i;
  if (selected) classes.push("selected");
  else if (path.has(`${name} ${i}`)) classes.push("path");
  if (value !== "" && name !== "tokens" && name !== "") {
    classes.push(shadeOf(name, now));
  }
  const first = state.variable === null && name === "tokens" && i === 0;
  return el(tag, {
    role: "gridcell", ...attributes, class: classes.filter((c) => c).join(" "),
    tabindex: selected || first ? 0 : -1,
    "data-name": name, "data-i": i, "aria-selected": selected ? "true" : "false",
    title: other ? `was ${shownValue(old)}` : null,
    onclick: () => pick(name, i),
  }, value === "" ? "" : shownValue(value));
}

function valueAt(run, name, i) {
  if (name === "tokens") return run.framed[i];
  return name === "" ? labelAt(i, run) : run.trace[name][i];
}

let path = new Set(); // what stands behind the chosen value

function pick(name, i) {
  state.variable = name;
  state.place = i;
  draw();
}

// Arrow keys move from cell to cell; Enter and the space bar choose.
function moved(event) {
  const here = event.target.closest("[data-i]");
  if (here === null) return;
  const steps = {
    ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0],
  };
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    pick(here.dataset.name, Number(here.dataset.i));
    return;
  }
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const rows = [...event.currentTarget.rows];
  let row = rows.indexOf(here.closest("tr"));
  const i = Number(here.dataset.i) + step[1];
  let found = null;
  do {
    row += step[0];
    found = rows[row]?.querySelector(`[data-i="${i}"]`) ?? null;
  } while (found === null && step[0] !== 0 && rows[row] !== undefined);
  if (found === null) return;
  here.tabIndex = -1;
  found.tabIndex = 0;
  found.focus();
}

// What a change of the input changed.
function changes(run) {
  if (state.before === null) return el("p", { class: "hint", id: "changes" });
  const parts = [];
  const order = ["tokens", ...program().STATEMENTS.map((s) => s.name)];
  if (Array.isArray(run.labels)) order.push("");
  for (const name of order) {
    const places = run.framed.map((_, i) => i)
      .filter((i) => valueAt(run, name, i) !== valueAt(state.before, name, i));
    if (!places.length) continue;
    const some = places.slice(0, 8).join(", ") + (places.length > 8 ? ", …" : "");
    parts.push(`${name === "" ? "labels" : name} at ${some}`);
  }
  if (!Array.isArray(run.labels) && run.labels !== state.before.labels) {
    parts.push(`the label from ${state.before.labels} to ${run.labels}`);
  }
  const forget = button("Forget", () => {
    state.before = null;
    draw();
  });
  const text = parts.length === 1 ? `${parts[0]}, and nothing else` : parts.join("; ");
  return el("p", { class: "hint", id: "changes", role: "status" },
    el("b", {}, "Changed: "), text, ". ", forget);
}

// Arcs.

function headChoice() {
  const heads = program().STATEMENTS.filter((s) => isHead(s.name)).map((s) => s.name);
  if (!heads.length) return null;
  if (!heads.includes(state.head)) {
    state.head = heads.find((name) => statementOf(name).kind === "attend") ?? heads[0];
  }
  const select = el("select", {
    id: "head",
    onchange: (event) => {
      state.head = event.target.value;
      draw();
      byId("head").focus();
    },
  }, heads.map((name) => el("option", { value: name, selected: name === state.head },
    name)));
  return el("p", { class: "row" },
    el("label", { for: "head" }, "Arcs show the attention of "), select,
    el("span", { class: "hint" }, "a dot is where it reads; dashed: nothing matches"));
}

function arcs(run, width) {
  const name = state.head;
  if (name === null || !isHead(name)) return null;
  const count = run.framed.length;
  const height = 96;
  const middle = (i) => (i + 0.5) * width;
  const shown = count > ARCS_ALL && state.place === null ? 0 : state.place;
  const parts = [], said = [];
  run.framed.forEach((_, i) => {
    if (count > ARCS_ALL && i !== shown) return;
    const { taken, missed } = attended(name, i, run);
    if (missed && statementOf(name).kind === "count") return;
    if (said.length < 30) said.push(`${i} reads ${taken.join(", ")}`);
    for (const j of taken) {
      const dim = state.place !== null && state.place !== i ? " dim" : "";
      const kind = `arc${missed ? " missed" : ""}${dim}`;
      parts.push(arc(middle(i), middle(j), Math.abs(i - j) / Math.max(count - 1, 1),
        height, kind, `${i} → ${j}`));
    }
  });
  const text = `Attention of ${name}: ${said.join("; ") || "nothing"}`;
  return svg("svg", {
    class: "arcs", role: "img", "aria-label": text, width: count * width, height,
    viewBox: `0 0 ${count * width} ${height}`,
  }, parts);
}

function arc(from, to, share, height, kind, title) {
  const base = height - 4;
  const rise = 24 + (height - 40) * Math.sqrt(share);
  const line = from === to
    ? `M${from - 7} ${base}C${from - 16} ${base - 26} ${from + 16} ${base - 26} ${from + 7} ${base}`
    : `M${from} ${base}C${from} ${base - rise} ${to} ${base - rise} ${to} ${base}`;
  return svg("g", { class: kind },
    svg("title", {}, title),
    svg("path", { d: line }), svg("circle", { cx: to, cy: base, r: 3.5 }));
}
