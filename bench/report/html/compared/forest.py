"""The table of a comparison's rows, in which each ratio is drawn with its interval and the margin: a forest plot.

Every ratio and every interval is the comparison's own; nothing is estimated here. Texts are the terminal's. Neighbour:
`bench.report.charts.scales` chooses where an axis begins and ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.model.comparison import ComparedRow, Comparison, MetricChange
from bench.model.verdict import Verdict
from bench.report.charts.scales import Span, ratio_span, ratio_ticks
from bench.report.comparison_columns import (
    CHANGE_HEADERS,
    amount_text,
    comparison_columns,
    exact_ratio_text,
    interval_header,
    interval_text,
)
from bench.report.grid import GridColumn
from bench.report.html.compared.held import Held
from bench.report.html.compared.model import Column, Forest, ForestCell, ForestRow, Lane, Scale, Tick
from bench.report.html.compared.words import judgement_of, verdict_text
from bench.report.html.model import Cell, Judgement
from bench.report.html.texts import short_name, visible
from bench.report.units import ABSENT, TIMES, ratio_text, share_text

RATIO, MEDIANS = "ratio", "base → head"
_ORDER = (Verdict.SLOWER, Verdict.UNDECIDED, None, Verdict.SAME, Verdict.FASTER)
_TICKS = 5
_TEXTS = frozenset({"variant", "state", "verdict", RATIO, *CHANGE_HEADERS.values()})
"""What stands before the cells, or is drawn."""


def forest_of(comparison: Comparison, held: Sequence[Held]) -> Forest:
    """A row for each row of a comparison, in its order."""
    rows = [one.row for one in held]
    scale, span = _ratio_scale(rows, comparison.margin)
    told = [one for one in comparison_columns(comparison, cell=visible) if _is_plain(one.header)]
    first, last = ([one for one in told if (one.header == MEDIANS) is wanted] for wanted in (True, False))
    metrics = [metric for metric in CHANGE_HEADERS if any(_change(row, metric) for row in rows)]
    scales = {metric: _change_span(rows, metric) for metric in metrics}
    return Forest(
        caption=_caption(comparison),
        columns=(
            Column(header=f"ratio ({interval_header(rows)})", scale=scale),
            *map(_column, first),
            *(Column(header=CHANGE_HEADERS[metric], scale=_plain_scale(scales[metric])) for metric in metrics),
            *map(_column, last),
        ),
        rows=tuple(
            ForestRow(
                row=one.place,
                name=short_name(one.row.name),
                state=one.row.state.value,
                verdict=Cell(text=verdict_text(one.row, comparison), value=float(_ORDER.index(one.row.verdict))),
                judgement=None if one.row.verdict is None else judgement_of(one.row),
                cells=(
                    _ratio_cell(one.row, span),
                    *(_plain_cell(column, at, one.row) for column in first),
                    *(_change_cell(_change(one.row, metric), scales[metric]) for metric in metrics),
                    *(_plain_cell(column, at, one.row) for column in last),
                ),
            )
            for at, one in enumerate(held)
        ),
        verdicts=tuple(dict.fromkeys(verdict_text(row, comparison) for row in sorted(rows, key=_rank))),
    )


def _is_plain(header: str) -> bool:
    return header not in _TEXTS and not header.endswith("interval") and header != "range"


def _column(column: GridColumn) -> Column:
    return Column(header=column.header, is_text=column.left)


def _plain_cell(column: GridColumn, at: int, row: ComparedRow) -> ForestCell:
    return ForestCell(text=column.cells[at], value=_value(column.header, row))


def _rank(row: ComparedRow) -> int:
    return _ORDER.index(row.verdict)


def _caption(comparison: Comparison) -> str:
    return (
        "Each variant in each state: head over base. Left of the line is less; within the shaded margin, "
        f"{share_text(comparison.margin)}, a difference counts as none. Beside it, ratios of medians without a test."
    )


def _ratio_scale(rows: Sequence[ComparedRow], margin: float) -> tuple[Scale, Span]:
    ends = [end for row in rows for end in (row.low, row.high) if end]
    within = 1 / (1 + margin), 1 + margin
    span = ratio_span([row.ratio for row in rows if row.ratio], [*ends, *within])
    ticks = tuple(Tick(text=f"{TIMES}{tick:g}", at=_at(span, tick)) for tick in ratio_ticks(span, most=_TICKS))
    return Scale(one=_at(span, 1.0), margin=(_at(span, within[0]), _at(span, within[1])), ticks=ticks), span


def _change_span(rows: Sequence[ComparedRow], metric: str) -> Span:
    found = [_change(row, metric) for row in rows]
    return ratio_span([one.ratio for one in found if one is not None and one.ratio], [])


def _plain_scale(span: Span) -> Scale:
    return Scale(one=_at(span, 1.0), margin=None, ticks=())


def _at(span: Span, ratio: float) -> float:
    return round(min(max(span.share(ratio), 0.0), 1.0), 4)


def _ratio_cell(row: ComparedRow, span: Span) -> ForestCell:
    if not row.ratio:
        return ForestCell(text=ABSENT)
    has_ends = row.low is not None and row.high is not None
    return ForestCell(
        text=exact_ratio_text(row) + (f" ({interval_text(row)})" if has_ends else ""),
        value=row.ratio,
        lane=Lane(
            at=_at(span, row.ratio),
            reach=(_at(span, row.low or row.ratio), _at(span, row.high or row.ratio)) if has_ends else None,
            judgement=judgement_of(row),
        ),
    )


def _value(header: str, row: ComparedRow) -> float | None:
    """What a column is sorted by."""
    match header:
        case "more rounds":
            return None if row.more_rounds is None else float(row.more_rounds)
        case "adjusted p":
            return row.p_adjusted
        case "n":
            return float(row.n)
        case "base → head":
            return row.head.median if row.head else None
        case "valid":
            return float(row.head.n_valid) if row.head else None
        case _:
            return None


def _change(row: ComparedRow, metric: str) -> MetricChange | None:
    return next((change for change in row.changes if change.metric == metric), None)


def _change_cell(change: MetricChange | None, span: Span) -> ForestCell:
    if change is None:
        return ForestCell(text=ABSENT)
    if not change.ratio:
        text = f"{amount_text(change.base, change.unit)} → {amount_text(change.head, change.unit)}"
        return ForestCell(text=text, marked=change.marked)
    judgement = Judgement.SAME
    if change.marked:
        judgement = Judgement.WORSE if change.ratio > 1 else Judgement.BETTER
    return ForestCell(
        text=ratio_text(change.ratio),
        value=change.ratio,
        lane=Lane(at=_at(span, change.ratio), reach=None, judgement=judgement),
        marked=change.marked,
    )
