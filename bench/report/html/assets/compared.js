// Begins on the page of a comparison: reads its data, sets up its parts, and follows links to rows.

/** The rows as the table's script knows variants: what they are called, and their verdict as the level of an axis. */
const asVariants = (data) => ({
  texts: data.texts,
  axes: ["Verdict"],
  variants: data.rows.map((row) => ({ name: row.name, levels: [row.verdict] })),
});

async function setUpCompared(article) {
  const data = await dataOrNote(article);
  if (!data) return;
  setUpTable(article, asVariants(data));
  const show = setUpComparedDetail(article, data, setUpDiff(article, data));
  function follow() {
    const found = /^#c-v(\d+)$/.exec(location.hash);
    if (found && Number(found[1]) < data.rows.length) show(Number(found[1]), true);
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    // A link to the row that the address names already changes nothing there, and is followed all the same.
    const link = event.target.closest?.("a.variant");
    if (link && link.hash === location.hash) follow();
  });
  follow();
}

for (const article of document.querySelectorAll("article.compared")) setUpCompared(article);
