// Only in pages that `buildmark serve` shows: reloads the page when it has been made anew. A page that nobody looks at
// asks for nothing, since browsers keep few connections open.
(() => {
  const { page, key, events } = JSON.parse(document.getElementById("live").textContent);
  let source = null;
  function listen() {
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource(`${events}?${new URLSearchParams({ page, key })}`);
    source.addEventListener("changed", () => {
      source.close();
      location.reload();
    });
  }
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && listen());
  listen();
})();
