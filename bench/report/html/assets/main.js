// Begins: reads each run's data, sets up its parts, follows links to variants, and switches the theme.

const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : system.matches);

function setUpTheme() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const stored = () => {
    try {
      return localStorage.getItem("buildmark-theme");
    } catch {
      return null; // a page from a file may have no storage
    }
  };
  function show() {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
    document.dispatchEvent(new Event("themechange"));
  }
  const known = stored();
  if (known === "dark" || known === "light") root.dataset.theme = known;
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("buildmark-theme", root.dataset.theme);
    } catch {
      // then it is forgotten with the page
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}

async function setUp() {
  setUpTheme();
  const shows = new Map();
  function follow() {
    const found = /^#(r\d+)-v(\d+)$/.exec(location.hash);
    if (!found || !shows.has(found[1])) return;
    const [show, data] = shows.get(found[1]);
    if (Number(found[2]) < data.variants.length) show(Number(found[2]), true);
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    // A link to the variant that the address names already changes nothing there, and is followed all the same.
    const link = event.target.closest?.("a.variant, .drawing a");
    if (link && link.getAttribute("href") === location.hash) follow();
  });
  for (const article of document.querySelectorAll("article.run")) {
    const data = await dataOrNote(article);
    if (!data) continue;
    setUpTable(article, data);
    shows.set(article.id, [setUpDetail(article, data), data]);
    setUpDiff(article, data);
  }
  document.documentElement.dataset.parts = "ready";
  follow();
}

setUp();
