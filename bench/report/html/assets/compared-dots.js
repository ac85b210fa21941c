// Every trial of both sides of a row: a dot each, so that noise is seen, and that the sides of a round belong together.

/** A value of the metric that is judged. */
function amount(value, unit) {
  if (value === undefined || value === null) return "–";
  if (unit === "s") return seconds(value);
  return unit === "bytes" ? bytes(value) : String(Number(value.toPrecision(3)));
}

/** The trials of a side that have a value, each with it. */
function valued(side) {
  if (!side) return [];
  return (side.trials || [])
    .map((trial, at) => ({ ...trial, value: side.values ? side.values[at] : trial.wall }))
    .filter((trial) => trial.value !== undefined && trial.value !== null);
}

/** The picture, and a table of the same for who cannot see it; nothing where no trial has a value. */
function comparedDots(row, data) {
  const text = (number) => data.texts[number];
  const sides = [["base", row.base], ["head", row.head]].map(([word, side]) => ({ word, side, trials: valued(side) }));
  const values = sides.flatMap((one) => one.trials.map((trial) => trial.value));
  if (!values.length) return [make("p", {}, "No trial of it has a value.")];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const x = (value) => 12 + (most > least ? (value - least) / (most - least) : 0.5) * 576;
  const lanes = lanesOf(sides, row.paired);
  const step = Math.max(4, Math.min(14, 220 / lanes.size));
  const y = (word, round) => 10 + step * lanes.get(row.paired ? `${round}` : `${word} ${round}`);
  const foot = 14 + step * lanes.size;
  const said = `${data.metric} of ${values.length} trials, from ${amount(least, data.unit)} to ${amount(most, data.unit)}`;
  const picture = draw("svg", { class: "dots", viewBox: `0 0 600 ${foot + 26}`, role: "img" }, draw("title", {}, said));
  picture.append(draw("line", { x1: 12, x2: 588, y1: foot, y2: foot }));
  if (row.paired) picture.append(...pairings(sides, x, y));
  for (const { word, side, trials } of sides) {
    if (side?.median !== undefined) {
      const at = Math.min(Math.max(x(side.median), 12), 588);
      picture.append(draw("line", { class: `median-${word}`, x1: at, x2: at, y1: 4, y2: foot }));
    }
    for (const trial of trials) picture.append(dot(word, trial, x(trial.value), y(word, trial.round), data.unit));
  }
  picture.append(draw("text", { x: 6, y: foot + 18 }, amount(least, data.unit)));
  picture.append(draw("text", { x: 594, y: foot + 18, "text-anchor": "end" }, amount(most, data.unit)));
  const order = row.paired
    ? "Each line of dots is a round, the first on top; both sides of it are joined."
    : "The base's rounds stand above the head's, the first on top: they were measured at other times, so nothing joins them.";
  return [
    make("p", { class: "muted" }, make("span", { class: "side-base" }, "● base"), ", ", make("span", { class: "side-head" }, "■ head"), `. ${order} Upright lines are medians, the base's dashed; what is hollow counts in no number.`),
    picture,
    trialTable(sides, data, text),
  ];
}

/** The height of each round, by its number where sides are paired, else by its side too. */
function lanesOf(sides, paired) {
  const names = sides.flatMap(({ word, trials }) =>
    [...new Set(trials.map((trial) => trial.round))].sort((a, b) => a - b).map((round) => (paired ? `${round}` : `${word} ${round}`)),
  );
  const order = [...new Set(names)];
  if (paired) order.sort((a, b) => Number(a) - Number(b));
  return new Map(order.map((one, at) => [one, at]));
}

function pairings(sides, x, y) {
  const [base, head] = sides.map((one) => new Map(one.trials.filter((trial) => trial.counts !== false).map((trial) => [trial.round, trial.value])));
  return [...base.keys()]
    .filter((round) => head.has(round))
    .map((round) => draw("line", { class: "pairing", x1: x(base.get(round)), x2: x(head.get(round)), y1: y("base", round), y2: y("head", round) }));
}

function dot(word, trial, x, y, unit) {
  const out = trial.counts === false;
  const words = `${word}, round ${trial.round}, trial ${trial.number}: ${amount(trial.value, unit)}${out ? ", does not count" : ""}`;
  const kind = { class: `of-${word}${out ? " out" : ""}` };
  const title = draw("title", {}, words);
  return word === "base" ? draw("circle", { ...kind, cx: x, cy: y, r: 5 }, title) : draw("rect", { ...kind, x: x - 4.5, y: y - 4.5, width: 9, height: 9 }, title);
}

function trialTable(sides, data, text) {
  const rows = sides.flatMap(({ word, side }) =>
    (side?.trials || []).map((trial, at) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, `${word}, round ${trial.round}, trial ${trial.number}`),
        number(amount(side.values ? side.values[at] : trial.wall, data.unit)),
        make("td", {}, trial.counts === false && trial.status === "valid" ? "disturbed" : trial.status),
        make("td", {}, trial.reason === undefined ? "" : name(text(trial.reason))),
      ),
    ),
  );
  const heads = [head("trial"), numeric(data.metric), head("ended"), head("reason")];
  return make("details", {}, make("summary", {}, `All ${rows.length} trials`), table("Every trial of both sides", heads, rows, { class: "every" }));
}
