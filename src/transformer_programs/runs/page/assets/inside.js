// What stands behind a value: positions that a head found, cells, and tokens.

// One input as a program reads it: its words, every variable, the labels.
function executed(index, text) {
  const one = PROGRAMS[index];
  const options = { anyLength: one.ANY_LENGTH };
  try {
    const words = wordsOf(index, text);
    const trace = one.trace(words, options);
    const { begin, end } = one.FRAME;
    const framed = [...(begin === null ? [] : [begin]), ...words];
    if (end !== null) framed.push(end);
    const labels = one.run(words, options);
    const unknown = one.unknownTokens(words);
    return { words, framed, trace, labels, unknown, error: null, origins: new Map() };
  } catch (error) {
    return { words: [], framed: [], trace: null, labels: null, error: error.message };
  }
}

// Tokens as they were typed: a JSON list, or what the program makes of a text.
function wordsOf(index, text) {
  const list = listIn(text);
  if (list !== null) return list;
  if (DATA.programs[index].split !== null) return PROGRAMS[index].split(text);
  return text.split(/\s+/u).filter((word) => word);
}

function listIn(text) {
  if (!text.trim().startsWith("[")) return null;
  try {
    const found = JSON.parse(text);
    const right = Array.isArray(found) && found.every((x) => typeof x === "string");
    return right ? found : null;
  } catch {
    return null;
  }
}

// A text that is read as these tokens: they themselves, or a JSON list.
function textOf(words) {
  const text = words.join(" "), list = JSON.stringify(words);
  return JSON.stringify(wordsOf(state.program, text)) === list ? text : list;
}

function inScope(scope, i, j) {
  if (scope === "before") return j < i;
  if (scope === "after") return j > i;
  return scope === "causal" ? j <= i : true;
}

// The positions that match, and those whose value is taken: all of them, or the
// nearest, where a position itself is the farthest and the earlier of two equally near
// ones wins; position 0 stands in if there is none.
function attended(name, i, run = current()) {
  const { kind, inputs, scope } = statementOf(name);
  const [query, key] = inputs;
  const holds = program().MATCHES[name];
  const matches = [];
  run.framed.forEach((_, j) => {
    if (!inScope(scope, i, j)) return;
    if (holds(run.trace[query][i], run.trace[key][j])) matches.push(j);
  });
  if (kind === "count") return { matches, taken: matches, missed: !matches.length };
  const far = (j) => (j === i ? Infinity : Math.abs(j - i));
  const nearest = matches.reduce(
    (best, j) => (best === null || far(j) < far(best) ? j : best), null,
  );
  return { matches, taken: [nearest ?? 0], missed: nearest === null };
}

// The values that a value was computed from: [role, variable, position].
function behind(name, i, run = current()) {
  const statement = statementOf(name);
  if (!statement) return [];
  const { kind, inputs } = statement;
  if (kind === "attend" || kind === "count") {
    const [query, key, value] = inputs;
    const { taken, missed } = attended(name, i, run);
    const asks = facts().asks[name];
    const found = asks.query ? [["query", query, i]] : [];
    for (const j of taken) {
      if (asks.key && !missed) found.push(["key", key, j]);
      if (value !== "ones") found.push(["value", value, j]);
      else if (!asks.key) found.push(["counted", "tokens", j]);
    }
    return found;
  }
  const letters = inputs.length === 1 ? ["x"] : ["a", "b"];
  const role = (index) => (kind === "decide" ? "read" : letters[index]);
  return inputs.map((input, index) => [role(index), input, i]);
}

// The positions of the words that a value comes from, rising: of what a head copied, or
// of the positions that it counted; of all inputs of a table.
function origin(name, i, run = current()) {
  const key = `${name} ${i}`;
  if (!run.origins.has(key)) run.origins.set(key, [...originOf(name, i, run)].sort(up));
  return run.origins.get(key);
}

const up = (a, b) => a - b;

function originOf(name, i, run) {
  const statement = statementOf(name);
  if (!statement) return name === "positions" || name === "ones" ? [] : [i];
  const { kind, inputs } = statement;
  if (kind === "attend") return origin(inputs[2], attended(name, i, run).taken[0], run);
  if (kind === "count") return attended(name, i, run).taken;
  if (kind === "embed") return [i];
  return new Set(inputs.flatMap((input) => origin(input, i, run)));
}

// Every value behind one, itself included, as "variable position".
function ancestry(name, i, run = current()) {
  const found = new Map(), waiting = [[name, i]];
  while (waiting.length) {
    const [variable, place] = waiting.pop();
    const key = `${variable} ${place}`;
    if (found.has(key)) continue;
    found.set(key, [variable, place]);
    for (const [, input, at] of behind(variable, place, run)) waiting.push([input, at]);
  }
  return found;
}

// Where the frame ends, a position has the number of its token, from 0.
const numbered = (i) => i - facts().offset;

function placeName(i, run = current()) {
  const bare = numbered(i);
  const framed = bare < 0 || bare >= run.words.length;
  return `position ${i}, “${shownValue(run.framed[i])}”${framed ? " of the frame" : ""}`;
}

// The label that belongs to a position, if any.
function labelAt(i, run = current()) {
  if (!Array.isArray(run.labels)) return run.labels;
  return run.labels[numbered(i)];
}
