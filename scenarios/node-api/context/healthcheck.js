// The health check of the image: asks the service, with nothing but Node, and exits with 1 when it is not well.
"use strict";

const { get } = require("node:http");

const url = `http://127.0.0.1:${process.env.PORT ?? 3000}/health`;

function fail(reason) {
  console.error(`unhealthy: ${reason}`);
  process.exit(1);
}

get(url, { timeout: 2000 }, (response) => {
  let body = "";
  response.setEncoding("utf8");
  response.on("data", (chunk) => (body += chunk));
  response.on("end", () => {
    if (response.statusCode !== 200) {
      fail(`status ${response.statusCode}`);
    }
    const { status, service } = JSON.parse(body);
    console.log(`${status}: ${service}`);
  });
})
  .on("timeout", () => fail("no answer in time"))
  .on("error", (error) => fail(error.message));
