"""The columns of the table of verdicts. Neighbour: `bench.report.comparison` puts the parts together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.model.comparison import ComparedRow, Comparison, Method, MetricChange, RowSide
from bench.pure.metrics import CPU, DISK_WRITTEN, IMAGE_COMPRESSED, IMAGE_SIZE, MEMORY_PEAK, WALL
from bench.report.bars import interval_picture, scale_header, scale_of
from bench.report.grid import GridColumn
from bench.report.units import (
    ABSENT,
    DASH,
    TIMES,
    bytes_text,
    count_text,
    plain_text,
    ratio_number,
    ratio_text,
    seconds_text,
    share_text,
)
from bench.report.verdict_words import verdict_word

_CHANGES = {
    WALL: ("time", 8),
    IMAGE_SIZE: ("size", 9),
    IMAGE_COMPRESSED: ("gzipped", 12),
    CPU: ("CPU", 10),
    MEMORY_PEAK: ("peak mem", 11),
    DISK_WRITTEN: ("written", 13),
}
"""The headers of what stands beside the metric, and in which order they are dropped."""
CHANGE_HEADERS = {metric: header for metric, (header, _) in _CHANGES.items()}
"""What a column is called that tells how a metric changed beside the one that is judged."""
_UNMARKED = "="
_MANY_ROUNDS = 1000
_CLOSE = 0.5
_LEAST_P = 0.001


def comparison_columns(
    comparison: Comparison, *, cell: Callable[[str], str] = plain_text, bars: bool = False
) -> list[GridColumn]:
    """A row per variant and state. `cell` makes the names of variants fit for where they are shown.

    With `bars` each interval is drawn, too.
    """
    rows, metric = comparison.rows, comparison.metric
    columns = [
        _column("variant", [cell(row.name) for row in rows], left=True),
        _column("state", [row.state.value for row in rows], left=True),
        _column("verdict", [verdict_word(row.verdict, metric) if row.verdict else ABSENT for row in rows], left=True),
        _column("ratio", [exact_ratio_text(row) for row in rows], left=True),
        _column(interval_header(rows), [interval_text(row) for row in rows], drop=1, left=True),
        *(_picture_column(rows) if bars else []),
        *_more_column(rows),
        *_p_column(rows),
        _column("n", [str(row.n or ABSENT) for row in rows], drop=7),
        _column("base → head", [medians_text(row, comparison.unit) for row in rows], drop=3),
        *_change_columns(rows),
    ]
    if any(_lacks(side) for row in rows for side in (row.base, row.head)):
        columns.append(_column("valid", [f"{_valid(row.base)}, {_valid(row.head)}" for row in rows], drop=4))
    return columns


def more_text(rounds: int | None) -> str:
    """How many more rounds are wanted: `12`; a number that nobody would measure is `more than 1,000`."""
    if rounds is None:
        return ABSENT
    return f"{rounds:,}" if rounds <= _MANY_ROUNDS else f"more than {_MANY_ROUNDS:,}"


def amount_text(value: float, unit: str) -> str:
    """A value in the unit of its metric."""
    match unit:
        case "s":
            return seconds_text(value)
        case "bytes":
            return bytes_text(value)
        case "layers":
            return count_text(round(value), "layer")
        case _:
            return f"{value:.3g}"


def _column(header: str, cells: Sequence[str], *, drop: int = 0, left: bool = False) -> GridColumn:
    return GridColumn(header=header, cells=tuple(cells), drop=drop, left=left)


def exact_ratio_text(row: ComparedRow) -> str:
    """To three decimals where it is anywhere near 1, where verdicts are made."""
    if row.ratio is None:
        return ABSENT
    return f"{TIMES}{row.ratio:.3f}" if abs(row.ratio - 1) <= _CLOSE else ratio_text(row.ratio)


def interval_header(rows: Sequence[ComparedRow]) -> str:
    """An interval of 95 %, or the range of what was counted."""
    coverages = [row.coverage for row in rows if row.coverage is not None and row.method is not Method.COUNTED]
    return f"{share_text(min(coverages))} interval" if coverages else "range"


def interval_text(row: ComparedRow) -> str:
    """The interval of a row's ratio, with as many decimals as the ratio has."""
    if row.low is None or row.high is None or row.ratio is None:
        return ABSENT
    if abs(row.ratio - 1) <= _CLOSE:
        return f"{row.low:.3f}{DASH}{row.high:.3f}"
    return f"{ratio_number(row.low)}{DASH}{ratio_number(row.high)}"


def _picture_column(rows: Sequence[ComparedRow]) -> list[GridColumn]:
    """The ratios and their intervals around 1, all on one scale."""
    if all(row.ratio is None for row in rows):
        return []
    scale = scale_of(end for row in rows for end in (row.ratio, row.low, row.high) if end is not None)
    pictures = ["" if row.ratio is None else interval_picture(row.ratio, row.low, row.high, scale) for row in rows]
    return [_column(scale_header(scale), pictures, drop=6, left=True)]


def _more_column(rows: Sequence[ComparedRow]) -> list[GridColumn]:
    """Nothing where no row is undecided for want of rounds."""
    if not any(row.more_rounds for row in rows):
        return []
    return [_column("more rounds", [more_text(row.more_rounds) for row in rows], drop=2)]


def _p_column(rows: Sequence[ComparedRow]) -> list[GridColumn]:
    """Nothing where nothing was tested."""
    if all(row.p_adjusted is None for row in rows):
        return []
    return [_column("adjusted p", [_p_value(row.p_adjusted) for row in rows], drop=5)]


def _p_value(p_value: float | None) -> str:
    if p_value is None:
        return ABSENT
    return f"<{_LEAST_P}" if p_value < _LEAST_P else f"{p_value:.3f}"


def medians_text(row: ComparedRow, unit: str) -> str:
    """Both medians: `1.40 s → 1.57 s`."""
    base, head = (
        ABSENT if side is None or side.median is None else amount_text(side.median, unit)
        for side in (row.base, row.head)
    )
    return ABSENT if base == head == ABSENT else f"{base} → {head}"


def _change_columns(rows: Sequence[ComparedRow]) -> list[GridColumn]:
    """Sizes and use, where some row's changed enough to be marked."""
    columns = []
    for metric, (header, drop) in _CHANGES.items():
        found = [next((change for change in row.changes if change.metric == metric), None) for row in rows]
        if any(change is not None and change.marked for change in found):
            columns.append(_column(header, [_change(change) for change in found], drop=drop))
    return columns


def _change(change: MetricChange | None) -> str:
    if change is None:
        return ABSENT
    if not change.marked:
        return _UNMARKED
    if not change.ratio:
        return f"{amount_text(change.base, change.unit)} → {amount_text(change.head, change.unit)}"
    return ratio_text(change.ratio)


def _lacks(side: RowSide | None) -> bool:
    return side is not None and side.n_valid < side.n_planned


def _valid(side: RowSide | None) -> str:
    return ABSENT if side is None else f"{side.n_valid}/{side.n_planned}"
