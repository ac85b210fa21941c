"""A bisection as text: which commit it was, and how each measured commit stood. Somebody else prints it."""

from __future__ import annotations

import msgspec

from bench.model.bisection import Bisection, Tried
from bench.model.verdict import Verdict
from bench.report.grid import GridColumn, terminal_grid
from bench.report.tables import wrapped
from bench.report.units import TIMES, plain_text

SHORT = 12


def render_bisection(found: Bisection, *, width: int) -> str:
    """The answer in words, then a row for each commit that was measured, in the order of measuring."""
    tried = [found.whole, *found.tried, *([found.check] if found.check and found.check != found.whole else [])]
    columns = [
        GridColumn(header="commit", cells=tuple(one.commit[:SHORT] for one in tried), left=True),
        GridColumn(header="against", cells=tuple(one.against[:SHORT] for one in tried), left=True, drop=2),
        GridColumn(header="verdict", cells=tuple(str(one.verdict) for one in tried), left=True),
        GridColumn(header="ratio", cells=tuple(map(_ratio, tried))),
        GridColumn(header="rounds", cells=tuple(str(one.rounds) for one in tried), drop=1),
        GridColumn(header="run", cells=tuple(one.run for one in tried), left=True, drop=3),
        GridColumn(header="subject", cells=tuple(plain_text(one.subject)[:60] for one in tried), left=True, drop=4),
    ]
    return f"{wrapped(_answer(found), width)}\n\n{terminal_grid(columns, width=width)}\n"


def render_bisection_json(found: Bisection) -> str:
    """All of it as JSON; docs/FORMAT.md promises the keys."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def _answer(found: Bisection) -> str:
    if found.row is None:
        return (
            f"{found.bad[:SHORT]} is not slower than {found.good[:SHORT]} ({found.whole.verdict}): "
            "there is nothing to search for."
        )
    where = f"watched: {plain_text(found.row)}"
    if found.culprit is None:
        names = ", ".join(commit[:SHORT] for commit in found.suspects)
        return f"One of {len(found.suspects)} commits made it slower, and which could not be told: {names} ({where})."
    subject = next((one.subject for one in (*found.tried, found.whole) if one.commit == found.culprit), "")
    sure = "confirmed against the commit before it"
    if found.check is None or found.check.verdict is not Verdict.SLOWER:
        sure = "not confirmed against the commit before it: measure these two again"
    return f"{found.culprit[:SHORT]} made it slower: {plain_text(subject)} ({where}; {sure})."


def _ratio(one: Tried) -> str:
    if one.ratio is None:
        return "-"
    interval = f" ({one.low:.2f}-{one.high:.2f})" if one.low is not None and one.high is not None else ""
    return f"{TIMES}{one.ratio:.2f}{interval}"
