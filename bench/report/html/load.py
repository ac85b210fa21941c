"""From the folders of runs to the text of a page. `buildmark report` ends here."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from bench.errors import StorageError
from bench.model.run import Run
from bench.ports.disk import read_bytes
from bench.ports.run_folder import RunFolder
from bench.pure.summary import summarise
from bench.report.html.charts import painted
from bench.report.html.page import RunParts, page_of
from bench.report.html.render import render_page


def report_html(folders: Sequence[RunFolder], *, keep_disturbed: bool = False) -> str:
    """The page of one or more runs, as they are now. Raises StorageError when a record cannot be read."""
    parts = [load_parts(folder, keep_disturbed=keep_disturbed) for folder in folders]
    return render_page(painted(page_of(parts), [one.summary for one in parts]))


def load_parts(folder: RunFolder, *, keep_disturbed: bool = False) -> RunParts:
    """Read one run. A Dockerfile that is gone is left out: a run may have been copied without them."""
    being_written = folder.is_being_written()
    run = folder.read_run()
    read = folder.read_trials(run)
    trials = (
        tuple(msgspec.structs.replace(one, disturbed=None) for one in read.trials) if keep_disturbed else read.trials
    )
    summary = summarise(
        run, read.trials, being_written=being_written, warning=read.warning, keep_disturbed=keep_disturbed
    )
    return RunParts(run=run, trials=trials, summary=summary, dockerfiles=read_dockerfiles(folder, run))


def read_dockerfiles(folder: RunFolder, run: Run) -> dict[str, str]:
    """The Dockerfiles of a run by their variants, without those that are gone."""
    found: dict[str, str] = {}
    for variant in run.plan.variants:
        with contextlib.suppress(StorageError, ValueError):  # a name with a NUL in it is no file's
            found[variant.id] = read_bytes(folder.dockerfile(variant.id)).decode(errors="replace")
    return found
