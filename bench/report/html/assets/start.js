"use strict";
// What the other scripts share. Every text becomes a text node; nothing is ever read as HTML.

/** An element with attributes and children; a child that is no element is text. */
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The same for SVG. */
function draw(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** A name or another text that may be in any language: its direction is its own. */
const name = (text) => make("bdi", {}, text);

/** The same for a text that may be very long: its beginning, and all of it for who asks. */
function long(text) {
  if (text.length <= 300) return name(text);
  return make("details", {}, make("summary", {}, name(`${[...text].slice(0, 160).join("")}…`)), make("bdi", { class: "whole" }, text));
}

/** How many decimals make three figures. */
const decimals = (value) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

/** Seconds as the tables have them: "12.3 s", "1.24 s", "48 ms"; a dash where they are not known. */
function seconds(value) {
  if (value === undefined || value === null) return "–";
  if (value > 0 && value < 0.0995) return `${Number((value * 1000).toPrecision(3))} ms`;
  return `${value.toFixed(decimals(value))} s`;
}

/** Bytes as the tables have them: "83.1 MB". */
function bytes(value) {
  if (value === undefined || value === null) return "–";
  for (const [unit, factor] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (Math.abs(value) >= factor * 0.9995) return `${(value / factor).toFixed(decimals(value / factor))} ${unit}`;
  }
  return `${value.toFixed(0)} B`;
}

/** A table with a caption in a region of its own that scrolls sideways and can be reached with the keyboard. */
function table(caption, headers, rows, attributes = {}) {
  const id = `caption-${(table.made = (table.made || 0) + 1)}`;
  const head = headers.map((header) => make("th", { scope: "col", class: header.number ? "number" : null }, header.text));
  const made = make(
    "table",
    attributes,
    make("caption", { id }, caption),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows),
  );
  if (made.classList.contains("fall")) foldable(made);
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": id }, made);
}

/** A table of which a narrow window shows each row as a block: cells carry their header, and keep what they are. */
function foldable(made) {
  const titles = [...made.tHead.rows[0].cells].map((cell) => cell.textContent);
  made.setAttribute("role", "table");
  for (const row of made.rows) {
    row.setAttribute("role", "row");
    [...row.cells].forEach((cell, at) => {
      cell.setAttribute("role", cell.tagName === "TD" ? "cell" : row.parentNode === made.tHead ? "columnheader" : "rowheader");
      cell.dataset.title = titles[at];
    });
  }
}

const number = (text) => make("td", { class: "number" }, text);
const head = (text) => ({ text });
const numeric = (text) => ({ text, number: true });

/** The data of an article, or null in a browser that cannot unpack it: that is said where the details would be. */
async function dataOrNote(article) {
  const data = await dataOf(article).catch(() => null);
  if (data) return data;
  const words = "This browser cannot unpack the details. A newer one can, and so can: buildmark explain.";
  for (const place of article.querySelectorAll(".shown, .sides")) place.replaceChildren(make("p", { class: "note" }, words));
  return null;
}

/** The data of an article: JSON, or its gzip where there is much of it. Fails in a browser that cannot unpack that. */
async function dataOf(article) {
  const block = document.getElementById(`${article.id}-data`);
  if (block.type === "application/json") return JSON.parse(block.textContent);
  const packed = Uint8Array.from(atob(block.textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}
