// Two Dockerfiles side by side. Lines are numbers here: equal lines have the same one.

/** Pairs of places [left, right], one of them null where only the other side has the line: the longest common part. */
function aligned(left, right) {
  const height = left.length;
  const width = right.length;
  const best = Array.from({ length: height + 1 }, () => new Uint32Array(width + 1));
  for (let a = height - 1; a >= 0; a--) {
    for (let b = width - 1; b >= 0; b--) {
      best[a][b] = left[a] === right[b] ? best[a + 1][b + 1] + 1 : Math.max(best[a + 1][b], best[a][b + 1]);
    }
  }
  const pairs = [];
  let a = 0;
  let b = 0;
  while (a < height || b < width) {
    if (a < height && b < width && left[a] === right[b]) pairs.push([a++, b++]);
    else if (b >= width || (a < height && best[a + 1][b] >= best[a][b + 1])) pairs.push([a++, null]);
    else pairs.push([null, b++]);
  }
  return pairs;
}

/** Lines that stand on one side only stand beside each other where they follow each other. */
function besides(pairs) {
  const rows = [];
  let removed = [];
  let added = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) rows.push([removed[at] ?? null, added[at] ?? null, true]);
    removed = [];
    added = [];
  };
  for (const [a, b] of pairs) {
    if (a !== null && b !== null) {
      flush();
      rows.push([a, b, false]);
    } else if (a !== null) removed.push(a);
    else added.push(b);
  }
  flush();
  return rows;
}

function setUpDiff(article, data) {
  const form = article.querySelector(".pair");
  const said = article.querySelector(".difference");
  const place = article.querySelector(".sides");
  const { left, right } = form.elements;
  const having = data.variants.map((variant, at) => [variant, at]).filter(([variant]) => variant.lines);
  if (having.length < 2) {
    said.textContent = "There are no two Dockerfiles beside the records.";
    return () => {};
  }
  for (const select of [left, right]) {
    select.append(...having.map(([variant, at]) => make("option", { value: at }, short(data.texts[variant.name]))));
    select.disabled = false;
  }
  const swap = form.querySelector(".swap");
  swap.disabled = false;

  function side(lines, at, kind) {
    const empty = at === null;
    const sign = empty || !kind ? "" : kind === "removed" ? "−" : "+";
    const word = empty || !kind ? null : make("span", { class: "hidden" }, `${kind}: `);
    return [
      make("td", { class: "at" }, empty ? "" : `${sign} ${at + 1}`),
      make("td", { class: empty ? null : kind }, word, empty ? "" : data.texts[lines[at]]),
    ];
  }

  function show() {
    const [one, other] = [data.variants[Number(left.value)], data.variants[Number(right.value)]];
    const rows = besides(aligned(one.lines, other.lines));
    const removed = rows.filter(([a, , changed]) => changed && a !== null).length;
    const added = rows.filter(([, b, changed]) => changed && b !== null).length;
    said.textContent = removed + added ? `${removed} lines only on the left, ${added} only on the right.` : "The two are the same.";
    const lines = rows.map(([a, b, changed]) =>
      make("tr", {}, ...side(one.lines, a, changed ? "removed" : null), ...side(other.lines, b, changed ? "added" : null)),
    );
    const heads = [head("line"), { text: short(data.texts[one.name]) }, head("line"), { text: short(data.texts[other.name]) }];
    place.replaceChildren(table("Lines of both Dockerfiles", heads, lines, { class: "both" }));
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  swap.addEventListener("click", () => {
    [left.value, right.value] = [right.value, left.value];
    show();
  });
  left.value = String(having[0][1]);
  right.value = String(having[having.length - 1][1]);
  show();

  /** Chooses two of them; one that is not there is left as it is. */
  return (one, other) => {
    if (data.variants[one]?.lines) left.value = String(one);
    if (data.variants[other]?.lines) right.value = String(other);
    show();
  };
}
