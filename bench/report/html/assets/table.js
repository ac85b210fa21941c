// The table of variants: sorted by any column, filtered by text, state and levels.

function setUpTable(article, data) {
  const rows = article.querySelector("table.rows");
  const form = article.querySelector(".filters");
  const count = article.querySelector(".count");
  const all = article.querySelector("button.all");
  const body = rows.tBodies[0];
  const lines = [...body.rows].map((line, place) => ({
    line,
    place,
    variant: data.variants[Number(line.dataset.v)],
    name: data.texts[data.variants[Number(line.dataset.v)].name].toLowerCase(),
    state: line.cells[1].textContent,
  }));
  const heads = [...rows.tHead.rows[0].cells];
  const limit = Number(rows.dataset.first);
  let order = lines;

  function show() {
    const text = form.elements.text.value.trim().toLowerCase();
    const state = form.elements.state ? form.elements.state.value : "";
    const chosen = [...form.querySelectorAll("[data-axis]")].filter((one) => one.value !== "");
    const wanted = chosen.map((one) => [one.closest("label").querySelector("bdi").textContent, one.selectedOptions[0].textContent]);
    let shown = 0;
    for (const one of order) {
      const fits =
        one.name.includes(text) && (!state || one.state === state) &&
        wanted.every(([axis, level]) => short(data.texts[one.variant.levels[data.axes.indexOf(axis)]]) === level);
      one.line.hidden = !fits;
      one.line.classList.toggle("later", fits && shown >= limit);
      shown += fits;
    }
    const whole = rows.classList.contains("whole");
    const cut = !whole && shown > limit;
    all.hidden = !cut;
    all.textContent = `Show all ${shown} rows`;
    const rows_ = lines.length === 1 ? "row" : "rows";
    const of = shown === lines.length ? `${shown} ${rows_}` : `${shown} of ${lines.length} ${rows_}`;
    count.textContent = cut ? `${of}, the first ${limit} shown` : of;
  }

  function sortBy(place) {
    const upward = heads[place].getAttribute("aria-sort") !== "ascending";
    const sign = upward ? 1 : -1;
    const key = (one) => {
      const cell = one.line.cells[place];
      return place < 2 ? cell.textContent : cell.dataset.n === undefined ? null : Number(cell.dataset.n);
    };
    const keyed = lines.map((one) => [key(one), one]);
    keyed.sort(([a, x], [b, y]) => {
      if (a === null || b === null) return (a === null) - (b === null) || x.place - y.place;
      const less = place < 2 ? a.localeCompare(b, "en", { numeric: true }) : a - b;
      return sign * less || x.place - y.place;
    });
    order = keyed.map(([, one]) => one);
    body.append(...order.map((one) => one.line));
    heads.forEach((one, at) => one.setAttribute("aria-sort", at !== place ? "none" : upward ? "ascending" : "descending"));
    show();
  }

  heads.forEach((one, place) => {
    const button = make("button", { type: "button" }, ...one.childNodes);
    button.addEventListener("click", () => sortBy(place));
    one.append(button);
  });
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  all.addEventListener("click", () => {
    rows.classList.add("whole");
    show();
    rows.closest(".scroll").focus();
  });
  show();
}

/** A name as the server shortens it for sentences and lists. */
const short = (text) => ([...text].length <= 120 ? text : `${[...text].slice(0, 119).join("")}…`);
