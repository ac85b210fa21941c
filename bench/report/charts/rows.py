"""Which rows of a summary a picture shows, and in which order: the fastest variants first, state by state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bench.model.scenario import State
from bench.model.summary import Row, Summary
from bench.pure.metrics import WALL
from bench.report.units import count_text


def only_variants(summary: Summary, variants: Sequence[str]) -> Summary:
    """The part of a summary's rows that is about these variants; all of it when none is named."""
    if not variants:
        return summary
    return msgspec.structs.replace(summary, rows=tuple(row for row in summary.rows if row.variant in variants))


def states_of(rows: Iterable[Row]) -> list[State]:
    """The states of some rows, in the order in which a round runs them."""
    there = {row.state for row in rows}
    return [state for state in State if state in there]


def timed(rows: Iterable[Row], state: State) -> list[Row]:
    """The rows of a state that have a time, the fastest first."""
    found = [row for row in rows if row.state is state and WALL in row.metrics]
    return sorted(found, key=lambda row: (row.metrics[WALL].median, row.variant))


def usual_state(summary: Summary) -> State:
    """The state to look at when none is named: cold where it has a time, else the first that has one."""
    states = states_of(row for row in summary.rows if WALL in row.metrics) or states_of(summary.rows)
    return states[0] if states else State.COLD


def nothing_counts(summary: Summary) -> str:
    """Why a picture of a run has nothing to show."""
    if not summary.run.n_recorded:
        return "No trial of this run has been recorded yet."
    lost = sum(row.n_invalid + row.n_failed + row.n_disturbed for row in summary.rows)
    if not lost:
        return "No trial of these variants and states has been recorded."
    return (
        f"No trial that counts: {count_text(lost, 'trial')} failed, were invalid, or were disturbed."
        " `buildmark show` has the reasons."
    )
