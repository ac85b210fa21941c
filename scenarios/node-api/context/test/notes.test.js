"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");

const { Notes } = require("../lib/notes");

test("a note is found by its number, and gone once removed", () => {
  const notes = new Notes();
  const { id } = notes.add("buy glue", ["shop", "shop"]);
  assert.deepEqual(notes.find(id).tags, ["shop"]);
  assert.equal(notes.list("shop").length, 1);
  assert.equal(notes.remove(id), true);
  assert.equal(notes.size, 0);
});
