// The page begins: an example is shown, and every part draws itself.

function drawAbout() {
  put("about", PROGRAMS.length === 1 ? aboutOf(program())
    : PROGRAMS.map((one, index) => [letterOf(index), " ", aboutOf(one), " "]));
}

// Lengths of the data are no limit of a program that holds at any length.
function aboutOf({ ABOUT, ANY_LENGTH }) {
  const text = ABOUT.join(" ");
  return ANY_LENGTH ? text.replace(/^Takes/u, "Learned from") : text;
}

// Light, dark, or as the reader's system is.
function startTheme() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const switcher = byId("theme");
  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const say = () => put(switcher, isDark() ? "Light" : "Dark");
  switcher.hidden = false;
  switcher.setAttribute("aria-label", "Switch between light and dark");
  switcher.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    say();
  });
  dark.addEventListener("change", say);
  say();
}

// Inputs that buttons of the page name.
function startLoading() {
  for (const found of document.querySelectorAll("button.load")) {
    found.addEventListener("click", () => {
      const { example, differing } = found.dataset;
      const owner = found.closest(".of");
      if (owner !== null && Number(owner.dataset.program) !== state.program) {
        show(Number(owner.dataset.program));
      }
      const tokens = example !== undefined
        ? facts().examples[Number(example)].tokens : DATA.differing[Number(differing)];
      type(textOf(tokens));
      byId("input").scrollIntoView();
      byId("text").focus({ preventScroll: true });
    });
  }
}

// What is printed is unfolded.
function startPrinting() {
  window.addEventListener("beforeprint", () => {
    for (const found of document.querySelectorAll("details:not(.more)")) found.open = true;
  });
}

function firstInput() {
  if (DATA.differing.length) return DATA.differing[0];
  const right = facts().examples.filter((e) => e.wanted === "" || e.wanted === e.said);
  const found = right[Math.floor(right.length / 2)] ?? facts().examples[0];
  return found?.tokens ?? randomWords();
}

// The label of the last token, so that there is something to see.
function lookAtLast() {
  const run = current();
  if (!Array.isArray(run.labels) || !run.words.length) return;
  pick("", facts().offset + run.words.length - 1);
}

drawings.push(
  drawWhich, drawAbout, drawSlices, drawTyping, drawSteps, findPath, drawValues,
  drawDetail, drawReasons, drawCards, drawComparison,
);
state.step = program().STATEMENTS.length;
startTheme();
startLinks();
startLoading();
startPrinting();
type(textOf(firstInput()));
lookAtLast();

// What scripts may ask of the page.
globalThis.tprog = {
  // The labels of a list of tokens; an object with an error if they are refused.
  labels: (tokens, index = 0) => {
    const { labels, error } = executed(index, JSON.stringify(tokens));
    return error === null ? labels : { error };
  },
  // The words behind what tells the label of the input from the next one: of how much.
  phrases: () => {
    const run = current();
    const all = program().contributions(run.words, { anyLength: program().ANY_LENGTH });
    const sums = program().LABELS.map((_, k) => all.reduce((t, x) => t + x.added[k], 0));
    const order = sums.map((_, k) => k).sort((a, b) => sums[b] - sums[a] || a - b);
    const found = byPhrase(run, all, order[0], order[1]);
    return found.map(({ at, total }) => [at.map((i) => run.framed[i]), total]);
  },
  show: (tokens) => type(textOf(tokens)),
};
