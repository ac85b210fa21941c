// The pictures: drawn when the page has been, drawn anew for another theme or width, and a point leads to its variant.

function setUpCharts() {
  const narrow = matchMedia("(max-width: 40rem)");
  const themes = JSON.parse(document.getElementById("chart-themes").textContent);
  const figures = [...document.querySelectorAll("figure[data-chart]")].map((figure) => {
    const article = figure.closest("article");
    return {
      place: figure.querySelector(".drawing"),
      spec: JSON.parse(document.getElementById(`${article.id}-${figure.dataset.chart}-spec`).textContent),
      data: JSON.parse(document.getElementById(`${article.id}-data`).textContent),
      key: article.id,
      view: null,
    };
  });

  /** One image with one description, in place of a name for every mark, which nobody can listen to. */
  function describe(place, description) {
    const picture = place.querySelector("svg");
    for (const mark of picture.querySelectorAll("*")) {
      for (const attribute of [...mark.attributes]) {
        if (attribute.name === "role" || attribute.name.startsWith("aria-")) mark.removeAttribute(attribute.name);
      }
    }
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", description);
  }

  async function drawOne(one) {
    const { wide } = one.spec;
    const spec = narrow.matches ? { ...one.spec.narrow, datasets: { ...wide.datasets, ...one.spec.narrow.datasets } } : wide;
    const made = await vegaEmbed(
      one.place,
      { ...spec, config: isDark() ? themes.dark : themes.light },
      { mode: "vega-lite", ast: true, actions: false, renderer: "svg", tooltip: { theme: isDark() ? "dark" : "light" } },
    );
    one.view?.finalize();
    one.view = made.view;
    for (const name of ["role", "aria-roledescription", "aria-label"]) one.place.removeAttribute(name);
    describe(one.place, spec.description);
    made.view.addEventListener("click", (event, item) => {
      const number = one.data.variants.findIndex((variant) => one.data.texts[variant.name] === item?.datum?.id);
      if (number >= 0) location.hash = `#${one.key}-v${number}`;
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
