// One variant: what it is, the steps of the median trial of each state, every trial, the image's layers, the Dockerfile.

/** How much of the slowest trial's time a picture of trials shows at least: a smaller spread looks as small as it is. */
const LEAST_SPREAD = 0.1;

function setUpDetail(article, data) {
  const key = article.id;
  const pick = article.querySelector(".pick");
  const place = article.querySelector(".shown");
  const text = (number) => data.texts[number];
  const sub = `h${Number(article.dataset.level) + 1}`;
  const lower = `h${Number(article.dataset.level) + 2}`;

  function show(number, focus) {
    const variant = data.variants[number];
    pick.value = String(number);
    const title = make(sub, { id: `${key}-v${number}`, tabindex: -1 }, name(text(variant.name)));
    place.replaceChildren(
      title,
      levels(variant),
      ...(variant.states || []).flatMap((state) => stateParts(state)),
      ...(variant.states ? [] : [make("p", {}, "No trial of it is recorded.")]),
      make(lower, {}, "Layers"),
      make("p", {}, name(text(variant.image))),
      ...layers(variant),
      make(lower, {}, "Dockerfile"),
      dockerfile(variant),
    );
    if (focus) {
      article.querySelector(`#${key}-detail`).scrollIntoView();
      title.focus({ preventScroll: true });
    }
  }

  function levels(variant) {
    const pairs = data.axes.map((axis, at) => [axis, text(variant.levels[at])]);
    return make("p", { class: "muted" }, ...pairs.flatMap(([axis, level], at) => [at ? " · " : "", name(axis), " ", name(level)]));
  }

  function stateParts(state) {
    const lost = (state.trials || []).filter((trial) => trial.status !== "valid");
    return [
      make(lower, {}, state.state),
      make("p", { class: "muted" }, `Steps of ${text(state.title)}.`, ...(state.proof === undefined ? [] : [" Proof: ", name(text(state.proof)), "."])),
      state.steps ? waterfall(state) : make("p", {}, "No step of it is recorded."),
      ...dots(state),
      ...lost.map((trial) => lostTrial(trial, text)),
    ];
  }

  function waterfall(state) {
    const steps = state.steps.map((values) => stepOf(data.step_fields, values));
    const span = Math.max(...steps.map((step) => (step.start || 0) + (step.took || 0)), state.wall || 0) || 1;
    const with_ = (field) => steps.some((step) => step[field] !== undefined);
    const columns = [
      ["cpu", "CPU", (step) => seconds(step.cpu)],
      ["memory", "peak mem", (step) => bytes(step.memory)],
      ["written", "written", (step) => bytes(step.written)],
      ["saved", "saved", (step) => seconds(step.saved)],
    ].filter(([field]) => with_(field));
    const heads = [head("step"), head("cache"), numeric("time"), ...columns.map(([, title]) => numeric(title)), head(`0 to ${seconds(span)}`)];
    const rows = steps.map((step) =>
      make(
        "tr",
        {},
        make("th", { scope: "row", class: "step" }, long(stepLabel(step, text))),
        make("td", {}, cacheMark(step, text)),
        number(seconds(step.took)),
        ...columns.map(([, , cell]) => number(cell(step))),
        make("td", { class: "lane" }, timeLane(step, span)),
      ),
    );
    return table(`${state.state}: steps in time; a frame marks the critical path`, heads, rows, { class: "fall" });
  }

  /** Every trial as a dot, a line of its own for each round, from the fastest to the slowest; as a table below it. */
  function dots(state) {
    const timed = (state.trials || []).filter((trial) => trial.wall !== undefined);
    if (!timed.length) return [];
    const walls = timed.map((trial) => trial.wall);
    const [least, most] = [Math.min(...walls), Math.max(...walls)];
    const spare = Math.max(most * LEAST_SPREAD - (most - least), 0) / 2;
    const [low, high] = [least - spare, most + spare];
    const x = (wall) => 12 + (high > low ? (wall - low) / (high - low) : 0.5) * 576;
    const rounds = [...new Set(timed.map((trial) => trial.round))].sort((a, b) => a - b);
    const step = Math.max(4, Math.min(12, 120 / rounds.length));
    const foot = 14 + step * rounds.length;
    const said = `${state.state}: the times of ${timed.length} trials, from ${seconds(least)} to ${seconds(most)}`;
    const picture = draw("svg", { class: "dots", viewBox: `0 0 600 ${foot + 26}`, role: "img" }, draw("title", {}, said));
    picture.append(draw("line", { x1: 12, x2: 588, y1: foot, y2: foot }));
    const middle = median(timed.filter((trial) => trial.counts !== false).map((trial) => trial.wall));
    if (middle !== null) picture.append(draw("line", { class: "middle", x1: x(middle), x2: x(middle), y1: 4, y2: foot }));
    for (const trial of timed) {
      const lost = trial.counts === false;
      const place = { cx: x(trial.wall), cy: 10 + step * rounds.indexOf(trial.round), r: 5, class: lost ? "lost" : "counts" };
      const words = `round ${trial.round}, trial ${trial.number}: ${seconds(trial.wall)}${lost ? ", does not count" : ""}`;
      picture.append(draw("circle", place, draw("title", {}, words)));
    }
    picture.append(draw("text", { x: 6, y: foot + 18 }, seconds(low)));
    picture.append(draw("text", { x: 594, y: foot + 18, "text-anchor": "end" }, seconds(high)));
    const rows = state.trials.map((trial) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, `round ${trial.round}, trial ${trial.number}`),
        number(seconds(trial.wall)),
        make("td", {}, trial.counts === false && trial.status === "valid" ? "disturbed" : trial.status),
        make("td", {}, trial.reason === undefined ? "" : name(text(trial.reason))),
      ),
    );
    return [
      make("p", { class: "muted" }, "Every trial, the first round on top, faster ones to the left; the line is the median, a ring counts in no number."),
      picture,
      make("details", {}, make("summary", {}, `All ${state.trials.length} trials, ${state.state}`), table(`${state.state}: every trial`, [head("trial"), numeric("time"), head("ended"), head("reason")], rows)),
    ];
  }

  function layers(variant) {
    if (!variant.layers) return [];
    const most = Math.max(...variant.layers.map((layer) => layer.size)) || 1;
    const rows = variant.layers.map((layer, at) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, String(at + 1)),
        make("td", {}, long(text(layer.made))),
        number(bytes(layer.size)),
        number(bytes(layer.packed || 0)),
        number(bytes(layer.waste || 0)),
        number(String(layer.files || 0)),
        make("td", { class: "lane" }, sizeLane(layer, most)),
      ),
    );
    const heads = [head("layer"), head("made by"), numeric("size"), numeric("compressed"), numeric("waste"), numeric("files"), head("waste in its layer")];
    const shown = [table("Layers of the image, the lowest first; grey is the base's, orange is waste", heads, rows, { class: "layers" })];
    if (variant.worst) {
      const worst = variant.worst.map((path) =>
        make("tr", {}, make("th", { scope: "row" }, long(text(path.path))), number(bytes(path.size)), make("td", {}, text(path.how))),
      );
      shown.push(table("What wastes the most", [head("path"), numeric("size"), head("how")], worst));
    }
    return shown;
  }

  function dockerfile(variant) {
    if (!variant.lines) return make("p", {}, "It is no longer beside the records.");
    const lines = variant.lines.map((line) => make("code", {}, text(line) || " "));
    return make("pre", { class: "file", tabindex: 0, role: "region", "aria-label": "Dockerfile" }, ...lines);
  }

  pick.append(...data.variants.map((variant, number_) => make("option", { value: number_ }, short(text(variant.name)))));
  pick.disabled = !data.variants.length;
  pick.addEventListener("change", () => show(Number(pick.value), false));
  if (data.variants.length) show(data.first, false);
  return show;
}
