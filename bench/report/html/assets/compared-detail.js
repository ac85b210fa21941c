// One row of a comparison: where the time of both sides went, their steps matched, every trial, their images' layers.

/** Where two texts differ: what went and what came between what they share, with some of that around it. */
function changedText(base, head) {
  const [one, other] = [[...base], [...head]];
  const least = Math.min(one.length, other.length);
  let first = 0;
  while (first < least && one[first] === other[first]) first++;
  let last = 0;
  while (last < least - first && one[one.length - 1 - last] === other[other.length - 1 - last]) last++;
  const end = one.length - last;
  const lead = one.slice(Math.max(0, first - 24), first).join("");
  const tail = one.slice(end, end + 24).join("");
  const part = (tag, word, letters) => (letters.length ? make(tag, {}, make("span", { class: "hidden" }, `${word}: `), long(letters.join(""))) : null);
  return make(
    "div",
    { class: "muted changed-text" },
    name(`${first > 24 ? "…" : ""}${lead}`),
    part("del", "removed", one.slice(first, end)),
    part("ins", "added", other.slice(first, other.length - last)),
    name(`${tail}${last > 24 ? "…" : ""}`),
  );
}

function setUpComparedDetail(article, data, chosen) {
  const pick = article.querySelector(".pick");
  const place = article.querySelector(".shown");
  const text = (number) => data.texts[number];
  const rowName = (row) => `${short(text(row.name))}, ${row.state}`;
  const part = (title) => make("h4", {}, title);

  function show(number, focus) {
    const row = data.rows[number];
    pick.value = String(number);
    const title = make("h3", { id: `c-v${number}`, tabindex: -1 }, name(text(row.name)), `, ${row.state}`);
    place.replaceChildren(
      title,
      make("p", {}, name(text(row.said)), "."),
      ...onlyOne(row),
      part("Where its time went"),
      ...times(row),
      part("Steps, matched"),
      ...steps(row),
      part("Every trial"),
      ...comparedDots(row, data),
      ...lostOf(row),
      part("Images and their layers, matched"),
      ...images(row),
    );
    chosen(row.base?.file, row.head?.file);
    if (focus) {
      article.querySelector("#c-detail").scrollIntoView();
      title.focus({ preventScroll: true });
    }
  }

  function onlyOne(row) {
    if (row.base && row.head) return [];
    return [make("p", { class: "note" }, `Only the ${row.base ? "base" : "head"} has it: there is nothing beside it.`)];
  }

  /** Every part of the time in both sides, and by how much it differs. */
  function times(row) {
    const [base, head_] = [row.base?.times || [], row.head?.times || []];
    const sum = (values) => values.reduce((all, value) => all + (value || 0), 0);
    if (!base.length && !head_.length) return [make("p", {}, "No build of it that counts tells where its time went.")];
    const longest = Math.max(sum(base), sum(head_)) || 1;
    const both = base.length && head_.length;
    const line = (title, key, one, other) =>
      make(
        "tr",
        { class: key ? null : "whole" },
        make("th", { scope: "row" }, key ? make("span", { class: `swatch p-${key}` }) : null, title),
        number(seconds(one)),
        number(seconds(other)),
        number(both ? signed((other || 0) - (one || 0)) : "–"),
        make("td", { class: "lane" }, key ? partLane(key, one, other, longest) : ""),
      );
    const rows = data.parts
      .map((one, at) => [one, base[at], head_[at]])
      .filter(([, one, other]) => one || other)
      .map(([one, ours, theirs]) => line(one.title, one.key, ours ?? undefined, theirs ?? undefined));
    const heads = [head("part"), numeric("base"), numeric("head"), numeric("difference"), head(`0 to ${seconds(longest)}`)];
    const all = line("all", "", base.length ? sum(base) : undefined, head_.length ? sum(head_) : undefined);
    return [table("The median build of both sides, by what its time was spent on; the base's bars lie above the head's", heads, [...rows, all], { class: "fall parts" })];
  }

  function partLane(key, one, other, longest) {
    return twoLanes(
      [one, other].map((value) => {
        const lane = make("div", {});
        if (!value) return lane;
        const drawn = make("i", { class: `p-${key}` });
        drawn.style.left = "0";
        drawn.style.width = `${(value / longest) * 100}%`;
        lane.append(drawn);
        return lane;
      }),
    );
  }

  function twoLanes([base, head_]) {
    base.className = "is-base";
    head_.className = "is-head";
    return make("div", { class: "two" }, base, head_);
  }

  /** A difference of times with its sign. */
  function signed(value) {
    if (value === undefined || value === null) return "–";
    if (Math.abs(value) < 5e-6) return "0 s";
    return `${value < 0 ? "−" : "+"}${seconds(Math.abs(value))}`;
  }

  function steps(row) {
    if (!row.steps) return [make("p", {}, "No step of it is recorded.")];
    const pairs = row.steps.map((pair) => ({
      ...pair,
      base: pair.base ? stepOf(data.step_fields, pair.base) : null,
      head: pair.head ? stepOf(data.step_fields, pair.head) : null,
    }));
    const ends = pairs.flatMap(({ base, head: other }) => [base, other].filter(Boolean).map((step) => (step.start || 0) + (step.took || 0)));
    const span = Math.max(...ends, row.base?.wall || 0, row.head?.wall || 0) || 1;
    const both = Boolean(row.base?.trials && row.head?.trials);
    const cpu = pairs.some(({ base, head: other }) => base?.cpu !== undefined || other?.cpu !== undefined);
    const heads = [head("step"), head("cache"), numeric("base"), numeric("head"), numeric("difference"), numeric("share"), ...(cpu ? [numeric("CPU")] : []), head(`0 to ${seconds(span)}`)];
    const lines = [...pairs.map((pair) => stepLine(pair, both, cpu, span)), ...besides(row, both, cpu)];
    return [
      make("p", { class: "muted" }, ...["base", "head"].flatMap((word) => (row[word]?.title === undefined ? [] : [`${word}: `, name(text(row[word].title)), ". "]))),
      table("Steps of both sides: times are means over the typical trials, as in the verdict's table of what is to blame; the lanes, the base's above the head's, are those of the two trials named above, and a frame marks the critical path", heads, lines, { class: "fall steps" }),
    ];
  }

  function stepLine(pair, both, cpu, span) {
    const was = pair.was ?? pair.base?.took;
    const took = pair.took ?? pair.head?.took;
    const shown = pair.head || pair.base;
    const before = pair.change === "changed" && pair.base && pair.head ? changedText(text(pair.base.name), text(pair.head.name)) : null;
    return make(
      "tr",
      { class: pair.blamed ? "blamed" : null },
      make("th", { scope: "row", class: "step" }, badges(pair), long(stepLabel(shown, text)), before),
      make("td", {}, cacheBoth(pair)),
      number(pair.base ? seconds(was) : "–"),
      number(pair.head ? seconds(took) : "–"),
      number(both ? signed((pair.head ? took || 0 : 0) - (pair.base ? was || 0 : 0)) : "–"),
      number(pair.share === undefined ? "–" : `${Math.round(pair.share * 100)} %`.replace("-", "−")),
      ...(cpu ? [number(cpuBoth(pair))] : []),
      make("td", { class: "lane" }, twoLanes([pair.base, pair.head].map((step) => (step ? timeLane(step, span) : make("div", {}))))),
    );
  }

  function cpuBoth({ base, head: other }) {
    if (base?.cpu === undefined && other?.cpu === undefined) return "–";
    return `${seconds(base?.cpu)} → ${seconds(other?.cpu)}`;
  }

  const CHANGES = { added: "only the head has it", removed: "only the base has it", changed: "changed" };

  function badges(pair) {
    const words = [];
    if (pair.blamed) words.push(make("span", { class: "badge blamed" }, "matters"));
    if (CHANGES[pair.change]) words.push(make("span", { class: `badge ${pair.change}` }, CHANGES[pair.change]));
    return words.length ? make("div", {}, ...words.flatMap((word) => [word, " "])) : null;
  }

  /** What the cache did on both sides: once where it is the same. */
  function cacheBoth(pair) {
    if (!pair.base || !pair.head) return cacheMark(pair.head || pair.base, text);
    if (pair.base.cache === pair.head.cache) return cacheMark({ ...pair.head, why: pair.head.why ?? pair.base.why }, text);
    return make("div", {}, "base: ", cacheMark(pair.base, text), "head: ", cacheMark(pair.head, text));
  }

  /** What nobody told anything of can be less than nothing. */
  const rest = (value) => (value < 0 ? signed(value) : seconds(value));

  /** What is no step, and what all of it comes to. */
  function besides(row, both, cpu) {
    const told = (row.steps || []).filter((pair) => pair.was !== undefined || pair.took !== undefined);
    const parts = row.beside || [];
    if (!parts.length) return [];
    const line = (title, was, took, share, kind, mark) =>
      make(
        "tr",
        { class: kind },
        make("th", { scope: "row", class: "step" }, mark, title),
        make("td", {}, "–"),
        number(rest(was)),
        number(rest(took)),
        number(both ? signed(took - was) : "–"),
        number(share === undefined ? "–" : `${Math.round(share * 100)} %`.replace("-", "−")),
        ...(cpu ? [number("–")] : []),
        make("td", { class: "lane" }, ""),
      );
    const badge = (one) => (one.blamed ? make("div", {}, make("span", { class: "badge blamed" }, "matters")) : null);
    const sum = (field) => [...told, ...parts].reduce((all, one) => all + (one[field] || 0), 0);
    return [
      ...parts.map((one) => line(text(one.title), one.was, one.took, one.share, one.blamed ? "blamed" : null, badge(one))),
      line("altogether", sum("was"), sum("took"), undefined, "whole", null),
    ];
  }

  function lostOf(row) {
    return ["base", "head"].flatMap((word) =>
      (row[word]?.trials || []).filter((trial) => trial.status !== "valid").map((trial) => lostTrial(trial, text, `Trial of the ${word}:`)),
    );
  }

  function images(row) {
    const found = data.images[row.images];
    const said = ["base", "head"].filter((word) => found[word] !== undefined).map((word) => make("p", {}, make("span", { class: `side-${word}` }, word), ": ", name(text(found[word]))));
    if (!found.layers) return said;
    const sides = found.layers.flatMap((pair) => [pair.base, pair.head]).filter(Boolean);
    const most = Math.max(...sides.map((layer) => layer.size)) || 1;
    let [below, above] = [0, 0];
    const rows = found.layers.map((pair) => {
      const at = `${pair.base ? ++below : "–"} → ${pair.head ? ++above : "–"}`;
      return layerLine(pair, at, most);
    });
    const heads = [head("layer"), head("made by"), numeric("base"), numeric("head"), numeric("difference"), numeric("waste"), head("size, waste marked")];
    return [...said, table("Layers of both images, the lowest first; the base's bars lie above the head's, grey is what the base image brought, orange is waste", heads, rows, { class: "layers both-layers" })];
  }

  function layerLine(pair, at, most) {
    const shown = pair.head || pair.base;
    const before = pair.change === "changed" && pair.base && pair.head ? changedText(text(pair.base.made), text(pair.head.made)) : null;
    const difference = (pair.head?.size || 0) - (pair.base?.size || 0);
    const sign = difference < 0 ? "−" : "+";
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, at),
      make("td", {}, badges(pair), long(text(shown.made)), before),
      number(pair.base ? bytes(pair.base.size) : "–"),
      number(pair.head ? bytes(pair.head.size) : "–"),
      number(!pair.change ? "–" : difference ? `${sign}${bytes(Math.abs(difference))}` : "0 B"),
      number(`${pair.base ? bytes(pair.base.waste || 0) : "–"} → ${pair.head ? bytes(pair.head.waste || 0) : "–"}`),
      make("td", { class: "lane" }, twoLanes([pair.base, pair.head].map((layer) => (layer ? sizeLane(layer, most) : make("div", {}))))),
    );
  }

  pick.append(...data.rows.map((row, at) => make("option", { value: at }, rowName(row))));
  pick.disabled = !data.rows.length;
  pick.addEventListener("change", () => show(Number(pick.value), false));
  if (data.rows.length) show(data.first, false);
  return show;
}
