"""How large are the pages, how long does it take to write them, and how soon does a browser show them?

Run it with `make bench-report`, or `python -m benchmarks.report_size [--opens 9]`. Made-up runs are recorded as real
ones are: 48 variants in 4 states and 10 rounds, two of them, and 1,000 variants in 4 states and 3 rounds. `buildmark
report` writes the page of a run, `buildmark compare --html` that of two, and headless Chromium opens each several
times, each time with nothing in its cache. A moment counts from the beginning of the navigation to the first frame in
which it is true:

- answer: the sentences on top have a place on the screen;
- parts: tables sort, and a variant's details are there;
- pictures: each picture has been drawn, and each row's interval;
- load: the browser says that the page is loaded.

Prints the median and the range of each, beside the bound that was promised, and exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, sync_playwright

from bench.errors import ExitCode
from bench.model.scenario import State
from bench.ports import process
from bench.ports.clock import SystemClock
from bench.ports.run_store import RunStore
from bench.report.html.page import RunParts
from tests.browser.conftest import DESKTOP
from tests.conftest import CHROMIUM
from tests.pages import large

CLOCK = SystemClock()
OPENS = 9
STATES = (State.COLD, State.WARM, State.EDIT_SOURCE, State.EDIT_DEPS)
LATER = timedelta(days=1)
SLOWER = 1.2
"""How much longer each build of the later run takes: no verdict and no table of blame is spared."""
WATCH = """
(() => {
  const seen = (window.seen = {});
  const placed = (one) => one && one.getBoundingClientRect().height > 0;
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const checks = {
    answer: () => placed(document.querySelector("section .lead")),
    parts: () => [".rows thead button", ".shown h3"].every((one) => placed(document.querySelector(one))),
    pictures: () =>
      document.readyState !== "loading" &&
      all("figure.chart").every((one) => all("svg", one).some(placed)) &&
      all(".axis-lane").every(placed),
    load: () => document.readyState === "complete",
  };
  const look = (now) => {
    for (const [name, check] of Object.entries(checks)) if (!(name in seen) && check()) seen[name] = now / 1000;
    if (Object.keys(seen).length < 4) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of one size, one or two that are compared, and what their page may cost at most."""

    variants: int
    rounds: int
    compared: bool = False
    most_bytes: float
    most_s: float

    @property
    def title(self) -> str:
        """The case in words."""
        what = "comparison of two runs of " if self.compared else ""
        return f"{what}{self.variants:,} variants, {len(STATES)} states, {self.rounds} rounds"

    @property
    def runs(self) -> tuple[RunParts, ...]:
        """The runs of the page."""
        run = large(self.variants, STATES, self.rounds)
        return (run, later(run)) if self.compared else (run,)


CASES = (
    Case(variants=48, rounds=10, most_bytes=3e6, most_s=1.0),
    Case(variants=1000, rounds=3, most_bytes=8e6, most_s=3.0),
    Case(variants=48, rounds=10, compared=True, most_bytes=5e6, most_s=1.0),
)


def later(parts: RunParts) -> RunParts:
    """The same run as of a day later, when every build took longer."""
    created_at = parts.run.created_at + LATER
    run_id = f"{created_at:%Y%m%d-%H%M%S}-{parts.run.plan.scenario}"
    run = msgspec.structs.replace(parts.run, id=run_id, created_at=created_at)
    trials = tuple(msgspec.structs.replace(one, wall_s=SLOWER * (one.wall_s or 0.0)) for one in parts.trials)
    return msgspec.structs.replace(parts, run=run, trials=trials)


def record(parts: RunParts, results: Path) -> str:
    """Write a run into a results folder; returns its id."""
    with RunStore(results).create(parts.run) as writer:
        for variant, text in parts.dockerfiles.items():
            writer.write_dockerfile(variant, text)
        for trial in parts.trials:
            writer.append(trial)
    return parts.run.id


def write_page(runs: Sequence[str], results: Path, path: Path) -> float:
    """Write the page of one run, or of two, as a user does, and return the seconds that the command took."""
    words = ["compare", *runs, "--html"] if runs[1:] else ["report", *runs]
    command = [sys.executable, "-m", "bench", *words, "--results", str(results), "--out", str(path)]
    begun = CLOCK.monotonic_s()
    done = process.run(command, check=False)
    took_s = CLOCK.monotonic_s() - begun
    if done.returncode not in {ExitCode.OK, ExitCode.REGRESSION, ExitCode.UNDECIDED}:
        raise RuntimeError(done.error_text)
    return took_s


def open_page(browser: Browser, path: Path) -> dict[str, float]:
    """Open the page in a context of its own: seconds to each moment."""
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    page.wait_for_function("Object.keys(window.seen).length === 4")
    seen = page.evaluate("window.seen")
    context.close()
    return {str(name): float(value) for name, value in seen.items()}


def show(case: Case, n_bytes: int, write_s: float, opened: Sequence[dict[str, float]]) -> int:
    """Print the figures of a case; returns how many bounds were missed."""
    print(f"{case.title}, opened {len(opened)} times")
    print(f"  written in {write_s:.1f} s")
    missed = [n_bytes > case.most_bytes]
    print(f"  size      {n_bytes / 1e6:6.2f} MB  bound {case.most_bytes / 1e6:g} MB  {'MISSED' if missed[0] else 'ok'}")
    for moment in ("answer", "parts", "pictures", "load"):
        values = [one[moment] for one in opened]
        middle = statistics.median(values)
        missed.append(middle > case.most_s)
        spread = f"{min(values):.2f} to {max(values):.2f}"
        print(f"  {moment:9} {middle:6.2f} s   {spread}, bound {case.most_s:g} s  {'MISSED' if missed[-1] else 'ok'}")
    return sum(missed)


def measure(browser: Browser, case: Case, opens: int) -> int:
    """Record, write and open one case; returns how many bounds were missed."""
    with tempfile.TemporaryDirectory(prefix="buildmark-report-") as folder:
        results, path = Path(folder, "results"), Path(folder, "page.html")
        write_s = write_page([record(parts, results) for parts in case.runs], results, path)
        open_page(browser, path)  # the first one starts the browser's own parts
        opened = [open_page(browser, path) for _ in range(opens)]
        return show(case, path.stat().st_size, write_s, opened)


def main() -> int:
    """Measure every case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--opens", type=int, default=OPENS, help="how often each page is opened")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        missed = sum(measure(browser, case, given.opens) for case in CASES)
        browser.close()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
