// Parts that the details of several pages share: what a step, a layer or a lost trial looks like.

/** The median of some numbers, null of none. */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  if (!sorted.length) return null;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** A step as an object, from the list of its values. */
const stepOf = (fields, values) => Object.fromEntries(fields.map((field, at) => [field, values[at] ?? undefined]));

/** A step's stage, position and text. */
const stepLabel = (step, text) => (step.where === undefined ? "" : `[${text(step.where)}] `) + text(step.name);

/** What the cache did for a step, and why it did not have it. */
function cacheMark(step, text) {
  const word = step.cache === "not-eligible" ? "–" : step.cache;
  const parts = [make("span", { class: "mark" }, step.path ? `${word}, critical path` : word)];
  if (step.why !== undefined) parts.push(make("div", { class: "muted" }, name(text(step.why))));
  return make("div", {}, ...parts);
}

/** A step in time, on a lane of `span` seconds. */
function timeLane(step, span) {
  const lane = make("div", {});
  if (step.start === undefined) return lane;
  const drawn = make("span", { class: `${step.cache}${step.path ? " path" : ""}` });
  drawn.style.left = `${(step.start / span) * 100}%`;
  drawn.style.width = `${((step.took || 0) / span) * 100}%`;
  lane.append(drawn);
  return lane;
}

/** A layer as long as it is large, with the part of it that is waste marked. */
function sizeLane(layer, most) {
  const lane = make("div", {});
  for (const [kind, size] of [["base", layer.base ? layer.size : 0], ["size", layer.base ? 0 : layer.size], ["waste", layer.waste || 0]]) {
    if (!size) continue;
    const drawn = make("span", { class: kind });
    drawn.style.left = "0";
    drawn.style.width = `${(size / most) * 100}%`;
    lane.append(drawn);
  }
  return lane;
}

/** A trial that is lost: why, and the end of its log. `whose` stands before its number. */
function lostTrial(trial, text, whose = "Trial") {
  const tail = (trial.tail || []).map(text).join("\n");
  return make(
    "details",
    { class: "failed", open: Boolean(tail) },
    make("summary", {}, `${whose} ${trial.number}, round ${trial.round}: ${trial.status}`),
    make("p", {}, trial.reason === undefined ? "No reason is recorded." : name(text(trial.reason))),
    tail ? make("pre", { tabindex: 0, role: "region", "aria-label": `End of the log of ${whose.toLowerCase()} ${trial.number}` }, tail) : null,
    trial.log === undefined ? null : make("p", { class: "muted" }, "log: ", name(text(trial.log))),
  );
}
