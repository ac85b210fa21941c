"use strict";

const { Router } = require("express");

function refuse(status, message) {
  return Object.assign(new Error(message), { status });
}

function checked({ text, tags = [] } = {}) {
  if (typeof text !== "string" || text.trim() === "") {
    throw refuse(400, "a note needs a text");
  }
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string")) {
    throw refuse(400, "tags are a list of texts");
  }
  return { text: text.trim(), tags };
}

function notesRouter(notes) {
  const router = Router();

  router.get("/", (request, response) => response.json(notes.list(request.query.tag)));

  router.post("/", (request, response) => {
    const { text, tags } = checked(request.body);
    const note = notes.add(text, tags);
    response.status(201).location(`/notes/${note.id}`).json(note);
  });

  router.get("/:id", (request, response) => {
    const note = notes.find(Number(request.params.id));
    if (note === undefined) {
      throw refuse(404, "no such note");
    }
    response.json(note);
  });

  router.delete("/:id", (request, response) => {
    if (!notes.remove(Number(request.params.id))) {
      throw refuse(404, "no such note");
    }
    response.status(204).end();
  });

  return router;
}

module.exports = { notesRouter };
