// Filters the catalogue while one types; what does not match is hidden, and the rest is counted.
const find = document.querySelector("#find");
const count = document.querySelector("#count");
const items = [...document.querySelectorAll(".item")].map((element) => ({
  element,
  text: element.querySelector("h2").textContent.toLowerCase() + " " + element.querySelector("p").textContent.toLowerCase(),
}));

function show(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { element, text } of items) {
    const matches = words.every((word) => text.includes(word));
    element.hidden = !matches;
    shown += matches ? 1 : 0;
  }
  count.textContent = `${shown} of ${items.length}`;
}

find.addEventListener("input", () => show(find.value));
show("");
