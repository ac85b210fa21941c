"""From a run's folder to what is shown of it. `buildmark run`, `resume` and `show` all end here."""

from __future__ import annotations

from typing import assert_never

from bench.model.summary import Summary
from bench.ports.run_folder import RunFolder
from bench.pure.summary import summarise
from bench.report.choices import SortColumn, SummaryFormat
from bench.report.exports import render_csv, render_json
from bench.report.tables import DEFAULT_WIDTH, render_markdown, render_table

SUMMARY_MARKDOWN = "summary.md"
SUMMARY_CSV = "summary.csv"


def load_summary(folder: RunFolder, *, keep_disturbed: bool = False) -> Summary:
    """Summarise what a run's files hold now, also while it is being written. Raises StorageError."""
    being_written = folder.is_being_written()
    run = folder.read_run()
    read = folder.read_trials(run)
    return summarise(run, read.trials, being_written=being_written, warning=read.warning, keep_disturbed=keep_disturbed)


def render_summary(
    summary: Summary,
    form: SummaryFormat = SummaryFormat.TABLE,
    *,
    width: int = DEFAULT_WIDTH,
    sort: SortColumn = SortColumn.TIME,
    folder: str = "",
    bars: bool = False,
) -> str:
    """A summary as text that ends with a newline. `width` is the terminal's, in characters.

    `folder` is the run's, as the reader can type it: tables name logs in it. The other formats are relative to it.
    `bars`: tables are drawn into, where there is room.
    """
    match form:
        case SummaryFormat.TABLE:
            return render_table(summary, width=width, sort=sort, folder=folder, bars=bars)
        case SummaryFormat.MARKDOWN:
            return render_markdown(summary, sort=sort)
        case SummaryFormat.CSV:
            return render_csv(summary, sort=sort)
        case SummaryFormat.JSON:
            return render_json(summary, sort=sort)
        case _:
            assert_never(form)


def write_summaries(folder: RunFolder, *, keep_disturbed: bool = False) -> Summary:
    """Write summary.md and summary.csv beside a run's records; returns what they say. Raises StorageError."""
    summary = load_summary(folder, keep_disturbed=keep_disturbed)
    folder.write_summary(SUMMARY_MARKDOWN, render_markdown(summary))
    folder.write_summary(SUMMARY_CSV, render_csv(summary))
    return summary
