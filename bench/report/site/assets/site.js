// The pages of the site: a filter over series, and pictures that tell of the run under the pointer or the arrow keys.

/** What a picture tells of one of its runs, with the way to it. */
function tell(figure, runs, [place, , , words]) {
  const [run, when, commit, href] = runs[place];
  const told = figure.querySelector(".run-told");
  const name = document.createElement(href ? "a" : "bdi");
  name.textContent = run;
  if (href) name.href = href;
  told.replaceChildren(`${when} UTC: ${words}, commit ${commit}, run `, name);
}

function setUpPlot(figure, runs) {
  const paper = figure.querySelector(".paper");
  const points = JSON.parse(figure.querySelector("script").textContent);
  const [, , width, height] = paper.querySelector("svg").getAttribute("viewBox").split(" ").map(Number);
  const here = document.createElement("i");
  here.className = "here";
  here.hidden = true;
  paper.append(here);
  let chosen = points.length;
  function choose(number) {
    if (number === chosen || number < 0 || number >= points.length) return;
    chosen = number;
    here.hidden = false;
    here.style.left = `${(points[number][1] / width) * 100}%`;
    here.style.top = `${(points[number][2] / height) * 100}%`;
    tell(figure, runs, points[number]);
  }
  function nearest(event) {
    const box = paper.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, least] = [0, Infinity];
    for (const [number, point] of points.entries()) {
      const away = Math.hypot(((point[1] / width) * box.width - x) * 4, (point[2] / height) * box.height - y);
      if (away < least) [best, least] = [number, away];
    }
    return best;
  }
  paper.addEventListener("pointermove", (event) => choose(nearest(event)));
  paper.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    choose(nearest(event));
    const href = runs[points[chosen][0]][3];
    if (href && event.pointerType === "mouse") location.href = href;
  });
  paper.tabIndex = 0;
  paper.setAttribute("role", "group");
  paper.setAttribute("aria-label", "The runs of this series: the arrow keys go from one to the next, Enter opens one");
  paper.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: points.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      choose(Math.min(Math.max(to, 0), points.length - 1));
    } else if (event.key === "Enter" && event.target === paper && chosen < points.length) {
      const href = runs[points[chosen][0]][3];
      if (href) location.href = href;
    }
  });
}

function setUpFilter(figures) {
  const form = document.getElementById("which");
  if (!form) return;
  form.hidden = false;
  const rows = new Map([...document.querySelectorAll("tr[data-series]")].map((row) => [row.dataset.series, row]));
  function filter() {
    const text = form.elements.text.value.trim().toLowerCase();
    const onlyChanged = form.elements.changed.checked;
    let shown = 0;
    for (const figure of figures) {
      const hide = !figure.dataset.name.includes(text) || (onlyChanged && figure.dataset.changed === "0");
      figure.hidden = hide;
      rows.get(figure.id).hidden = hide;
      shown += hide ? 0 : 1;
    }
    form.querySelector("[role=status]").textContent =
      shown === figures.length ? `${shown} series` : `${shown} of ${figures.length} series`;
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}

(() => {
  const source = document.getElementById("points");
  if (!source) return;
  const runs = JSON.parse(source.textContent);
  const figures = [...document.querySelectorAll("figure.trend")];
  for (const figure of figures) setUpPlot(figure, runs);
  setUpFilter(figures);
})();
