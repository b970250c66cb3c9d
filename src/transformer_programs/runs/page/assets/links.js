// A statement in the text and in the circuit, what it reads and what reads it.

const SELECTED = ["lit", "feeds", "uses"];

function light(index, name, readout = false) {
  for (const found of document.querySelectorAll(".lit, .feeds, .uses")) {
    found.classList.remove(...SELECTED);
  }
  if (name === null && !readout) {
    put("said");
    return;
  }
  const one = PROGRAMS[index];
  const statement = NAMED[index].get(name);
  const reads = new Set(readout ? one.READOUT.inputs : statement?.inputs ?? []);
  const users = new Set(readout ? [] : readersOf(index, name));
  for (const part of document.querySelectorAll(`.of[data-program="${index}"]`)) {
    for (const found of part.querySelectorAll("[data-s], [data-v]")) {
      const other = found.dataset.s ?? found.dataset.v;
      if (!readout && other === name) found.classList.add("lit");
      else if (found.dataset.s === undefined) continue;
      else if (reads.has(other)) found.classList.add("feeds");
      else if (users.has(other)) found.classList.add("uses");
    }
    for (const found of part.querySelectorAll(".read")) {
      const { from, to } = found.dataset;
      const last = "readout" in found.dataset;
      if (readout ? last : !last && to === name) found.classList.add("lit");
      else if (!readout && from === name) found.classList.add("uses");
    }
    if (readout) part.querySelector("[data-labels]")?.classList.add("lit");
  }
  const sentence = readout ? one.READOUT.sentence : statement?.sentence ?? "";
  const title = readout ? "labels" : name;
  const parts = [el("b", {}, title), `: ${sentence || "given with the input."} `];
  if (reads.size) parts.push(`Reads ${[...reads].join(", ")}. `);
  const used = [...users];
  if (!readout && one.READOUT.inputs.includes(name)) used.push("the labels");
  if (used.length) parts.push(`Read by ${used.join(", ")}.`);
  put("said", parts);
}

function indexOf(found) {
  return Number(found.closest(".of").dataset.program);
}

function startLinks() {
  const linked = document.querySelectorAll(
    ".of .statement, .of .node, .of .listing [data-v]",
  );
  for (const found of linked) {
    const name = found.dataset.s ?? found.dataset.v ?? null;
    const readout = "labels" in found.dataset;
    const on = (event) => {
      event.stopPropagation();
      light(indexOf(found), name, readout);
    };
    found.addEventListener("mouseover", on);
    found.addEventListener("focus", on);
    if (!found.matches(".node, .statement")) continue;
    found.addEventListener("click", () => chosen(indexOf(found), name));
    found.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        chosen(indexOf(found), name);
      }
    });
  }
}

// The statement that a click on the text or the circuit asks for.
function chosen(index, name) {
  if (name !== null && !NAMED[index].has(name)) return;
  if (index !== state.program) show(index);
  const names = program().STATEMENTS.map((statement) => statement.name);
  state.step = name === null ? names.length : names.indexOf(name) + 1;
  if (name !== null && isHead(name)) state.head = name;
  draw();
}

// Slices: what some labels need.

function drawSlices() {
  const { slices } = facts();
  const place = byId("slices");
  if (!slices.length) {
    put(place);
    sliced(null);
    return;
  }
  if (place.dataset.of === String(state.program)) return;
  place.dataset.of = state.program;
  const choices = [
    el("option", { value: "" }, "the whole program"),
    slices.map((slice, index) => el("option", { value: index }, slice.title)),
  ];
  const text = el("p", { class: "hint", "aria-live": "polite" });
  const select = el("select", {
    id: "slice",
    onchange: () => {
      const found = select.value === "" ? null : slices[Number(select.value)];
      put(text, found === null ? "" : found.text);
      sliced(found);
    },
  }, choices.flat());
  put(place, el("label", { for: "slice" }, "Light up what decides "), select, text);
  sliced(null);
}

function sliced(slice) {
  for (const found of document.querySelectorAll(".off, .fixed")) {
    found.classList.remove("off", "fixed");
  }
  if (slice === null) return;
  const kept = new Set(slice.kept), fixed = new Set(slice.fixed);
  const parts = document.querySelectorAll(`.of[data-program="${state.program}"]`);
  for (const part of parts) {
    for (const found of part.querySelectorAll("[data-s]")) {
      if (!NAMED[state.program].has(found.dataset.s)) continue;
      if (fixed.has(found.dataset.s)) found.classList.add("fixed");
      else if (!kept.has(found.dataset.s)) found.classList.add("off");
    }
    for (const found of part.querySelectorAll(".read")) {
      const { from, to } = found.dataset;
      const known = (name) => !NAMED[state.program].has(name) || kept.has(name);
      const last = "readout" in found.dataset;
      if (!(last || kept.has(to)) || !(known(from) || fixed.has(from))) {
        found.classList.add("off");
      }
    }
  }
}
