// What is shown, and how elements are made: no text is ever read as markup.

const DATA = JSON.parse(document.getElementById("data").textContent);

const state = {
  program: 0, // which of PROGRAMS is shown
  text: "", // what was typed
  runs: [], // of every program what it said, or its error
  before: null, // the run of the program that is shown before the last change
  step: 0, // the statements that were executed
  head: null, // the head whose attention is drawn
  variable: null, // the value that is looked at, and where it stands
  place: null,
};

const byId = (id) => document.getElementById(id);
const program = () => PROGRAMS[state.program];
const facts = () => DATA.programs[state.program];
const current = () => state.runs[state.program];

// What has to be drawn again after a change.
const drawings = [];
function draw() {
  for (const drawing of drawings) drawing();
}

const isShown = (child) => child !== null && child !== undefined && child !== false;

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.flat(Infinity).filter(isShown));
  return made;
}

function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  return fill(made, attributes, children);
}

function button(text, action, attributes = {}) {
  return el("button", { type: "button", onclick: action, ...attributes }, text);
}

function put(id, ...children) {
  const place = typeof id === "string" ? byId(id) : id;
  place.replaceChildren(...children.flat(Infinity).filter(isShown));
}

// A value as text; one that shows nothing has a sign.
function shownValue(value) {
  if (value === undefined || value === null) return "–";
  const text = String(value);
  return text.trim() === "" ? `“${text}”` : text;
}

const thousands = (number) => number.toLocaleString("en");
const signed = (number) => (number > 0 ? "+" : number < 0 ? "−" : "") +
  thousands(Math.abs(number));
const plural = (count, noun) => `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;

// The statements of a program by name, and what each variable is.
const NAMED = PROGRAMS.map(
  (one) => new Map(one.STATEMENTS.map((statement) => [statement.name, statement])),
);
const statementOf = (name) => NAMED[state.program].get(name);
const isHead = (name) => ["attend", "count"].includes(statementOf(name)?.kind);

// Who reads a variable.
function readersOf(index, name) {
  return PROGRAMS[index].STATEMENTS.filter((s) => s.inputs.includes(name))
    .map((s) => s.name);
}

// The values of a variable in order: those that occur, if others never do.
function valuesOf(name, every = false) {
  const { size, list, occurs } = facts().domains[name];
  const values = list === undefined ? null : facts().lists[list];
  const at = (index) => (values === null ? index : values[index]);
  if (occurs !== undefined && !every) return occurs.map(at);
  return values ?? Array.from({ length: size }, (_, index) => index);
}

const sizeOf = (name) => {
  const { size, occurs } = facts().domains[name];
  return occurs === undefined ? size : occurs.length;
};

// A shade for a value, the same wherever it stands.
function shadeOf(name, value) {
  const { kind, list, size } = facts().domains[name];
  if (kind === "number" || kind === "position") {
    return `ramp-${Math.min(8, Math.round((8 * value) / Math.max(size - 1, 1)))}`;
  }
  const index = list === undefined ? value : indexIn(list).get(value) ?? 0;
  return `tint-${index % 8}`;
}

const indices = new Map();
function indexIn(list) {
  const values = facts().lists[list];
  if (!indices.has(values)) {
    indices.set(values, new Map(values.map((value, index) => [value, index])));
  }
  return indices.get(values);
}
