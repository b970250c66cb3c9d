// What is typed, examples, and the statements one after the other.

const FEW_TOKENS = 40;
const MOST_CHANGED = 2; // tokens; more make another input

// In how many tokens two inputs of one length differ.
function distance(before, now) {
  if (!before?.trace || !now.trace || before.framed.length !== now.framed.length) {
    return Infinity;
  }
  return now.framed.filter((word, i) => word !== before.framed[i]).length;
}

function type(text) {
  const before = current();
  state.text = text;
  state.runs = PROGRAMS.map((_, index) => executed(index, text));
  const now = current();
  const apart = distance(before, now);
  if (apart > MOST_CHANGED) state.before = null;
  else if (apart > 0) state.before = before;
  if (state.place !== null && state.place >= now.framed.length) {
    state.place = null;
    state.variable = null;
  }
  draw();
}

function drawTyping() {
  const place = byId("typing");
  if (place.dataset.of !== String(state.program)) {
    place.dataset.of = state.program;
    put(place, typingParts());
  }
  const field = byId("text");
  if (field.value !== state.text) field.value = state.text;
  const { error, unknown } = current();
  const said = byId("problem");
  said.classList.toggle("bad", error !== null);
  const strange = unknown?.length && program().UNKNOWN !== null
    ? `Not known, read as ${program().UNKNOWN}: ${unknown.slice(0, 12).join(", ")}` : "";
  put(said, error ?? strange);
  put("result", error === null ? saidLabels() : null);
}

function saidLabels() {
  const { labels } = current();
  if (!Array.isArray(labels)) return ["Label: ", el("b", {}, labels)];
  return ["Labels: ", el("b", {}, labels.map(shownValue).join(" ") || "none")];
}

function typingParts() {
  const { TOKENS, MAX_LENGTH, ANY_LENGTH } = program();
  const text = facts().split === null ? "Tokens, with spaces between" : "A text";
  const most = ANY_LENGTH ? "any number of tokens" : `at most ${MAX_LENGTH} tokens`;
  const field = el("input", {
    id: "text", type: "text", autocomplete: "off", autocapitalize: "off",
    spellcheck: "false", value: state.text,
    oninput: (event) => type(event.target.value),
  });
  const parts = [
    el("div", { class: "field" },
      el("label", { for: "text" }, `${text} (${most})`), field),
  ];
  const { examples } = facts();
  const row = el("div", { class: "row" });
  if (examples.length) row.append(examplesOf(examples));
  if (TOKENS.length <= FEW_TOKENS) {
    row.append(
      button("Random", () => type(textOf(randomWords()))),
      button("Remove last", () => type(textOf(current().words.slice(0, -1)))),
    );
  }
  parts.push(row);
  if (TOKENS.length <= FEW_TOKENS) parts.push(palette(TOKENS));
  parts.push(el("p", { id: "problem", class: "hint", role: "status" }));
  parts.push(el("p", { id: "result", role: "status" }));
  return parts;
}

function examplesOf(examples) {
  const title = ({ tokens, wanted, said }) => {
    const text = textOf(tokens);
    const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    const wrong = wanted !== "" && wanted !== said;
    return `${wrong ? "wrong: " : ""}${short || "(no token)"}`;
  };
  const select = el("select", {
    id: "example",
    onchange: () => {
      if (select.value !== "") type(textOf(examples[Number(select.value)].tokens));
    },
  },
  el("option", { value: "" }, "choose one …"),
  examples.map((example, index) => el("option", { value: index }, title(example))));
  const known = examples.some(({ wanted }) => wanted !== "");
  return el("span", { class: "choice" },
    el("label", { for: "example" }, known ? "Held-out examples " : "Examples "), select);
}

function palette(tokens) {
  return el("div", { class: "palette", role: "group", "aria-label": "Add a token" },
    tokens.map((token) => button(shownValue(token), () => {
      type(textOf([...wordsOf(state.program, state.text), token]));
    }, { class: "token", "aria-label": `add ${token}` })));
}

function randomWords() {
  const { TOKENS, MAX_LENGTH } = program();
  const length = 1 + Math.floor(Math.random() * Math.min(MAX_LENGTH, 14));
  const one = () => TOKENS[Math.floor(Math.random() * TOKENS.length)];
  return Array.from({ length }, one);
}

// Steps.

function stepTo(step) {
  const names = program().STATEMENTS;
  state.step = Math.max(0, Math.min(names.length, step));
  const name = names[state.step - 1]?.name;
  if (name !== undefined && isHead(name)) state.head = name;
  draw();
}

function drawSteps() {
  const place = byId("steps");
  const names = program().STATEMENTS;
  if (place.dataset.of !== String(state.program)) {
    place.dataset.of = state.program;
    const range = el("input", {
      type: "range", id: "step", min: 0, max: names.length, step: 1,
      oninput: (event) => stepTo(Number(event.target.value)),
    });
    put(place,
      el("div", { class: "row" },
        button("◀ Back", () => stepTo(state.step - 1), { id: "back" }),
        button("Forward ▶", () => stepTo(state.step + 1), { id: "forward" }),
        el("label", { for: "step" }, "Statement "), range,
        el("span", { id: "stepped" })),
      el("p", { id: "sentence", class: "sentence", "aria-live": "polite" }));
  }
  const range = byId("step");
  range.value = state.step;
  const done = names[state.step - 1];
  const all = state.step === names.length;
  const title = done === undefined ? "the input alone" : done.name;
  range.setAttribute("aria-valuetext", `${state.step} of ${names.length}: ${title}`);
  byId("back").disabled = state.step === 0;
  byId("forward").disabled = all;
  put("stepped", `${state.step} of ${names.length}`);
  const parts = [el("b", {}, title)];
  if (done !== undefined) parts.push(": ", done.sentence);
  if (all) parts.push(" ", el("b", {}, "Labels: "), program().READOUT.sentence);
  put("sentence", parts);
  const part = document.querySelectorAll(`.of[data-program="${state.program}"] [data-s]`);
  for (const found of document.querySelectorAll(".now")) found.classList.remove("now");
  for (const found of part) {
    found.classList.toggle("now", !all && found.dataset.s === done?.name);
  }
}
