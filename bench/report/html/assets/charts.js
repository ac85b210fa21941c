// Pictures that the runtime draws: when the page is there, and anew for another theme or width. See marks.js.

function setUpCharts() {
  const narrow = matchMedia("(max-width: 40rem)");
  const themes = JSON.parse(document.getElementById("chart-themes").textContent);
  const figures = [...document.querySelectorAll("figure[data-chart]")].map((figure) => {
    const article = figure.closest("article");
    return {
      place: figure.querySelector(".drawing"),
      spec: JSON.parse(document.getElementById(`${article.id}-${figure.dataset.chart}-spec`).textContent),
      data: dataOf(article).catch(() => ({ texts: [], variants: [] })),
      key: article.id,
      view: null,
    };
  });

  /** No names for marks that nobody can listen to, but words for each point, and a role for those of a variant. */
  async function describe(one, description) {
    const picture = one.place.querySelector("svg");
    for (const mark of picture.querySelectorAll("*")) {
      for (const attribute of [...mark.attributes]) {
        if (attribute.name === "role" || attribute.name.startsWith("aria-")) mark.removeAttribute(attribute.name);
      }
    }
    const data = await one.data;
    const places = new Map(data.variants.map((variant, at) => [data.texts[variant.name], at]));
    const links = [...picture.querySelectorAll(".mark-symbol.role-mark path")].filter((mark) => {
      const { datum, tooltip } = mark.__data__ ?? {};
      mark.dataset.told = Object.entries(tooltip ?? {}).map((pair) => pair.join(": ")).join("\n");
      if (!places.has(datum?.id)) return false;
      mark.dataset.href = `#${one.key}-v${places.get(datum.id)}`;
      return true;
    });
    links.forEach((mark, at) => {
      mark.setAttribute("role", "link");
      mark.setAttribute("tabindex", at ? -1 : 0);
      mark.setAttribute("aria-label", mark.dataset.told);
    });
    picture.setAttribute("role", links.length ? "group" : "img");
    picture.setAttribute("aria-label", description);
  }

  async function drawOne(one) {
    const { wide } = one.spec;
    const spec = narrow.matches ? { ...one.spec.narrow, datasets: { ...wide.datasets, ...one.spec.narrow.datasets } } : wide;
    const made = await vegaEmbed(
      one.place,
      { ...spec, config: isDark() ? themes.dark : themes.light },
      { mode: "vega-lite", ast: true, actions: false, renderer: "svg", tooltip: false },
    );
    one.view?.finalize();
    one.view = made.view;
    for (const name of ["role", "aria-roledescription", "aria-label"]) one.place.removeAttribute(name);
    await describe(one, spec.description);
    made.view.addEventListener("click", (event) => {
      const mark = event.target.closest?.("[data-href]");
      if (mark) location.hash = mark.dataset.href;
    });
  }

  let drawing = Promise.resolve();
  const drawAll = () => (drawing = drawing.then(() => Promise.all(figures.map(drawOne))).then(() => { document.documentElement.dataset.charts = "drawn"; }));
  document.addEventListener("themechange", drawAll);
  narrow.addEventListener("change", drawAll);
  drawAll();
}

/** The runtime is large: it begins when everything else is there, so that nobody waits for it. */
function beginCharts() {
  const source = document.getElementById("chart-runtime");
  if (!source) return;
  const script = document.createElement("script");
  if (source.dataset.src) {
    // A page of a site: all its pages share one file.
    script.addEventListener("load", setUpCharts);
    script.src = source.dataset.src;
    document.head.append(script);
    return;
  }
  script.textContent = source.textContent;
  document.head.append(script);
  setUpCharts();
}

requestAnimationFrame(() => setTimeout(beginCharts));
