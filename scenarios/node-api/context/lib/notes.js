"use strict";

// Notes in memory, by a number that counts up.
class Notes {
  #notes = new Map();
  #last = 0;

  get size() {
    return this.#notes.size;
  }

  add(text, tags = []) {
    const note = { id: ++this.#last, text, tags: [...new Set(tags)].sort(), created: new Date().toISOString() };
    this.#notes.set(note.id, note);
    return note;
  }

  find(id) {
    return this.#notes.get(id);
  }

  list(tag) {
    const all = [...this.#notes.values()];
    return tag === undefined ? all : all.filter((note) => note.tags.includes(tag));
  }

  remove(id) {
    return this.#notes.delete(id);
  }
}

module.exports = { Notes };
