"use strict";

const express = require("express");
const pino = require("pino");

const { Notes } = require("./lib/notes");
const { notesRouter } = require("./lib/routes");

const log = pino({ name: "notes-api" });

function createApp(notes = new Notes()) {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "64kb" }));
  app.get("/health", (request, response) => {
    response.json({ status: "healthy", service: "notes-api", notes: notes.size });
  });
  app.use("/notes", notesRouter(notes));
  app.use((error, request, response, next) => {
    if (response.headersSent) {
      return next(error);
    }
    const status = error.status ?? 500;
    if (status >= 500) {
      log.error({ err: error, path: request.path }, "request failed");
    }
    return response.status(status).json({ error: status >= 500 ? "internal error" : error.message });
  });
  return app;
}

function main() {
  const port = Number(process.env.PORT ?? 3000);
  const server = createApp().listen(port, () => log.info({ port }, "listening"));
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => server.close(() => log.info({ signal }, "stopped")));
  }
}

if (require.main === module) {
  main();
}

module.exports = { createApp };
