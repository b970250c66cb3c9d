// What every value added to the label, against another label.

const MOST_PHRASES = 14;
let against = null;

function drawReasons() {
  const run = current();
  const { LABELS, READOUT } = program();
  // A variable that alone says the label needs no sums: the table tells where it is from.
  const alone = READOUT.inputs.length === 1 && READOUT.pooling !== "mean";
  if (run.error !== null || LABELS.length < 2 || !run.framed.length || alone) {
    put("reasons");
    return;
  }
  const tagged = Array.isArray(run.labels);
  // What adds to the one label of a text comes first, before the variables.
  const above = tagged ? byId("detail").closest(".running") : byId("typing");
  if (above.nextElementSibling !== byId("reasons")) above.after(byId("reasons"));
  let place = null;
  if (tagged) {
    place = state.place;
    if (place === null || labelAt(place, run) === undefined) {
      const text = "Choose a label in the table to see what adds to it.";
      put("reasons", el("h3", {}, "Why this label"), el("p", { class: "hint" }, text));
      return;
    }
  }
  const options = { anyLength: program().ANY_LENGTH };
  const all = program().contributions(run.words, options)
    .filter((part) => place === null || part.position === place);
  if (all.some((part) => part.added === null)) {
    put("reasons");
    return;
  }
  const sums = LABELS.map((_, k) => all.reduce((sum, part) => sum + part.added[k], 0));
  const winner = LABELS.indexOf(tagged ? labelAt(place, run) : run.labels);
  put("reasons", reasonParts(run, all, sums, winner));
}

function reasonParts(run, all, sums, winner) {
  const { LABELS } = program();
  const order = LABELS.map((_, k) => k).filter((k) => k !== winner)
    .sort((a, b) => sums[b] - sums[a] || a - b);
  const other = order.includes(LABELS.indexOf(against)) ? LABELS.indexOf(against) : order[0];
  const phrases = byPhrase(run, all, winner, other);
  const margin = sums[winner] - sums[other];
  const select = el("select", {
    id: "against",
    onchange: () => {
      against = select.value;
      drawReasons();
      byId("against").focus();
    },
  }, order.map((k) => el("option", { value: LABELS[k], selected: k === other },
    `${LABELS[k]} (${thousands(sums[k])})`)));
  const largest = Math.max(1, ...phrases.map((phrase) => Math.abs(phrase.total)));
  const rows = phrases.slice(0, MOST_PHRASES).map((phrase) => el("tr", {},
    el("td", { class: "amount" }, signed(phrase.total)),
    el("td", {}, amountBar(phrase.total / largest)),
    el("th", { scope: "row" }, phrase.words || "(no word)",
      phrase.times > 1 ? ` (${phrase.times} times)` : ""),
    el("td", {}, featuresOf(phrase))));
  const rest = phrases.slice(MOST_PHRASES);
  if (rest.length) {
    const total = rest.reduce((sum, phrase) => sum + phrase.total, 0);
    rows.push(el("tr", {}, el("td", { class: "amount" }, signed(total)), el("td", {}),
      el("th", { scope: "row" }, `${rest.length} more`), el("td", {})));
  }
  rows.push(el("tr", { class: "sum" }, el("td", { class: "amount" }, signed(margin)),
    el("td", {}), el("th", { scope: "row" }, "all together"), el("td", {})));
  return [
    el("h3", {}, "Why this label"),
    el("p", {}, el("b", {}, LABELS[winner]), ` has the score ${thousands(sums[winner])}. `,
      el("label", { for: "against" }, "It is compared with "), select,
      margin === 0 ? " A tie, which the first label wins." : ""),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Contributions" },
      el("table", { class: "reasons" },
        el("thead", {}, el("tr", {}, ["adds", "", "words", "values"].map((text) =>
          el("th", { scope: "col" }, text)))),
        el("tbody", {}, rows))),
  ];
}

// Contributions of equal words at equal distances together, the largest first.
function byPhrase(run, all, winner, other) {
  const groups = new Map();
  for (const { position, variable, value, added } of all) {
    const amount = added[winner] - added[other];
    if (amount === 0) continue;
    const places = origin(variable, position, run);
    const words = places.map((p) => run.framed[p]);
    const key = JSON.stringify([words, places.map((p) => p - places[0])]);
    if (!groups.has(key)) {
      groups.set(key, {
        total: 0, at: places, places: new Set(), words: phrase(run, places), parts: [],
      });
    }
    const group = groups.get(key);
    group.total += amount;
    group.places.add(places.join(" "));
    group.parts.push({ variable, value, amount });
  }
  const found = [...groups.values()].map((group) => ({ ...group, times: group.places.size }));
  return found.sort((a, b) => Math.abs(b.total) - Math.abs(a.total));
}

// Words as they stand, dots where others are between them.
function phrase(run, places) {
  let text = "";
  places.slice(0, 6).forEach((p, k) => {
    if (k > 0) text += p === places[k - 1] + 1 ? " " : " … ";
    text += shownValue(run.framed[p]);
  });
  return places.length > 6 ? `${text} and ${places.length - 6} more` : text;
}

function featuresOf(group) {
  const amounts = new Map();
  for (const { variable, value, amount } of group.parts) {
    const name = `${variable} = ${shownValue(value)}`;
    amounts.set(name, (amounts.get(name) ?? 0) + amount);
  }
  const sorted = [...amounts].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const some = sorted.slice(0, 3).map(([name, amount]) => `${name} (${signed(amount)})`);
  return some.join(", ") + (sorted.length > 3 ? `, ${sorted.length - 3} more` : "");
}

function amountBar(share) {
  const width = Math.max(1, 60 * Math.abs(share));
  const x = share < 0 ? 60 - width : 60;
  return svg("svg", { class: "amount", width: 120, height: 12, viewBox: "0 0 120 12",
    "aria-hidden": "true" },
  svg("rect", { class: share < 0 ? "against" : "for", x, width, height: 12, rx: 2 }),
  svg("path", { class: "axis", d: "M60 0V12" }));
}
