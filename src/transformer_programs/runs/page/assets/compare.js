// Two programs on the same input.

function drawComparison() {
  if (PROGRAMS.length < 2) return;
  const place = byId("beside");
  const [one, other] = state.runs;
  if (one.error !== null || other.error !== null) {
    put(place, ["A", "B"].map((letter, index) => (state.runs[index].error === null ? null
      : el("p", { class: "bad" }, `${letter}: ${state.runs[index].error}`))));
    return;
  }
  put(place, labelsBeside(one, other), variablesBeside(one, other));
}

function labelsBeside(one, other) {
  const rows = [one, other].map((run, index) => el("tr", {},
    el("th", { scope: "row" }, letterOf(index), " ", PROGRAMS[index].NAME),
    cellsBeside(run, index === 0 ? other : one)));
  const longest = one.words.length >= other.words.length ? one : other;
  const tagged = Array.isArray(one.labels) && Array.isArray(other.labels);
  const head = tagged ? el("thead", {}, el("tr", {},
    el("th", { scope: "col" }, "token"),
    longest.words.map((word) => el("th", { scope: "col" }, shownValue(word))))) : null;
  return el("div", { class: "scroll", tabindex: 0, role: "region",
    "aria-label": "Labels of both programs" },
  el("table", { class: "beside" }, el("caption", {}, "Labels of both, on this input"),
    head, el("tbody", {}, rows)));
}

const letterOf = (index) => el("b", { class: "letter" }, "AB"[index]);

function cellsBeside(run, other) {
  if (!Array.isArray(run.labels)) {
    const same = run.labels === other.labels;
    return el("td", { class: same ? "" : "changed" }, run.labels);
  }
  return run.labels.map((label, i) => {
    const same = Array.isArray(other.labels) && other.labels[i] === label;
    return el("td", { class: same ? "" : "changed" }, shownValue(label));
  });
}

// Variables of the same name whose values differ.
function variablesBeside(one, other) {
  const both = PROGRAMS[0].STATEMENTS.map((s) => s.name).filter((n) => NAMED[1].has(n));
  const same = one.framed.length === other.framed.length;
  const lines = !same ? [] : both.flatMap((name) => {
    const places = one.trace[name].map((_, i) => i)
      .filter((i) => one.trace[name][i] !== other.trace[name][i]);
    if (!places.length) return [];
    const some = places.slice(0, 6).map((i) =>
      `${shownValue(one.trace[name][i])} / ${shownValue(other.trace[name][i])} at ${i}`);
    return [el("li", {}, el("b", {}, name), `: ${some.join(", ")}`,
      places.length > 6 ? " …" : "")];
  });
  const alone = [0, 1].map((index) => PROGRAMS[index].STATEMENTS.map((s) => s.name)
    .filter((name) => !NAMED[1 - index].has(name)));
  const only = ["A", "B"].map((letter, index) => (alone[index].length
    ? el("li", {}, `only ${letter} computes ${alone[index].join(", ")}`) : null));
  if (!lines.length) lines.push(el("li", {}, "Variables that both compute are equal here."));
  return el("ul", {}, both.length ? lines : null, only);
}

// Statements that are not the same in both.
function markChanges() {
  const places = new Set(DATA.changed);
  for (const found of document.querySelectorAll(".statement, .node[data-s]")) {
    if (places.has(found.dataset.s)) found.classList.add("differs");
  }
}

// The program that the parts below show.
function drawWhich() {
  if (PROGRAMS.length < 2) return;
  const place = byId("which");
  if (place.hidden) {
    place.hidden = false;
    byId("differences").hidden = false;
    markChanges();
    byId("input").querySelector("h2").after(el("div", { id: "beside" }));
    const choices = PROGRAMS.map((one, index) => el("label", {},
      el("input", { type: "radio", name: "which", value: index,
        checked: index === state.program, onchange: () => show(index) }),
      letterOf(index), " ", one.NAME));
    put(place, el("fieldset", {}, el("legend", {}, "Look into"), choices));
  }
  for (const field of place.querySelectorAll("input")) {
    field.checked = Number(field.value) === state.program;
  }
}

function show(index) {
  state.program = index;
  state.before = null;
  state.variable = null;
  state.place = null;
  state.head = null;
  state.step = program().STATEMENTS.length;
  draw();
}
