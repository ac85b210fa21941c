// The points of pictures: what each says stands beside it, under the pointer and under the keyboard's focus alike.

function setUpMarks() {
  const said = make("div", { class: "told", "aria-hidden": "true", hidden: true });
  document.body.append(said);
  const markOf = (event) => event.target.closest?.(".drawing :is(a, [role=link], [data-told])");
  const hide = () => { said.hidden = true; };

  /** Above the mark where there is room, else below it; never outside the window. */
  function show(mark) {
    said.textContent = mark.dataset.told ?? mark.getAttribute("aria-label");
    said.hidden = false;
    const [place, own] = [mark.getBoundingClientRect(), said.getBoundingClientRect()];
    const left = Math.min(place.left + place.width / 2 - own.width / 2, document.documentElement.clientWidth - own.width - 8);
    const above = place.top - own.height - 10;
    said.style.left = `${Math.max(left, 8) + scrollX}px`;
    said.style.top = `${(above > 60 ? above : place.bottom + 10) + scrollY}px`;
  }

  /** From a point to another one; one of them at a time is a stop of the Tab key, for there may be a thousand. */
  function walk(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const mark = markOf(event);
    const links = [...event.currentTarget.querySelectorAll("a, [role=link]")];
    const at = links.indexOf(mark);
    if (at < 0) return;
    if (event.key === "Enter" && mark.dataset.href) location.hash = mark.dataset.href;
    const last = links.length - 1;
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = links[Math.min(Math.max(to, 0), last)];
    for (const one of links) one.setAttribute("tabindex", one === next ? 0 : -1);
    next.focus();
  }

  for (const drawing of document.querySelectorAll(".drawing")) {
    for (const kind of ["pointerover", "focusin"]) {
      drawing.addEventListener(kind, (event) => {
        const mark = markOf(event);
        if (mark) show(mark);
        else hide();
      });
    }
    for (const kind of ["pointerleave", "focusout"]) drawing.addEventListener(kind, hide);
    drawing.addEventListener("keydown", walk);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}

setUpMarks();
