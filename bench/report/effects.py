"""The table of axis levels: what `alpine-3.23 instead of debian-12` does to time and to size, state by state."""

from __future__ import annotations

from collections.abc import Sequence

from bench.model.scenario import State
from bench.model.summary import AxisEffect, Summary
from bench.pure.metrics import IMAGE_SIZE, WALL
from bench.report.bars import Scale, interval_picture, scale_header, scale_of
from bench.report.grid import GridColumn
from bench.report.units import ABSENT, count_text, ratio_text

HEADING = "Effect of each axis level: geometric mean of ratios paired by round (95 % interval)"
_LEAST_ROUNDS = 3
"""With fewer, Student's t has one degree of freedom at most, and its interval says nothing."""


def effect_columns(summary: Summary, *, bars: bool = False) -> list[GridColumn]:
    """The table of axis levels, a row per level and state; with a picture of each time's interval where asked for.

    How many pairs had to be left out is a column where any had.
    """
    groups: dict[tuple[str, str, State], dict[str, AxisEffect]] = {}
    for effect in summary.axes:
        groups.setdefault((effect.axis, effect.level, effect.state), {})[effect.metric] = effect
    columns = [
        _column("axis", [axis for axis, _, _ in groups], drop=1),
        _column("level", [_instead(effects) for effects in groups.values()]),
        _column("state", [state.value for _, _, state in groups]),
        _column("time", [_cell(effects.get(WALL)) for effects in groups.values()]),
        *([_pictures([effects.get(WALL) for effects in groups.values()])] if bars else []),
        _column("size", [_cell(effects.get(IMAGE_SIZE)) for effects in groups.values()]),
    ]
    if any(effect.n_left_out for effect in summary.axes):
        columns.append(_column("pairs left out", [_left_out(effects) for effects in groups.values()], drop=2))
    return columns


def _column(header: str, cells: list[str], *, drop: int = 0) -> GridColumn:
    return GridColumn(header=header, cells=tuple(cells), drop=drop, left=True)


def _instead(effects: dict[str, AxisEffect]) -> str:
    effect = next(iter(effects.values()))
    return f"{effect.level} instead of {effect.reference}"


def _cell(effect: AxisEffect | None) -> str:
    if effect is None:
        return ABSENT
    if effect.n_rounds < _LEAST_ROUNDS:
        return f"{ratio_text(effect.ratio)} ({count_text(effect.n_rounds, 'round')})"
    return ratio_text(effect.ratio, effect.low, effect.high)


def _pictures(times: Sequence[AxisEffect | None]) -> GridColumn:
    """Each time's ratio and interval around 1, all on one scale."""
    shown = [effect for effect in times if effect is not None]
    scale = scale_of(end for effect in shown for end in (effect.ratio, *_ends(effect)) if end is not None)
    return _column(scale_header(scale), [_picture(effect, scale) for effect in times], drop=3)


def _picture(effect: AxisEffect | None, scale: Scale) -> str:
    if effect is None or effect.ratio <= 0:
        return ""
    low, high = _ends(effect)
    return interval_picture(effect.ratio, low, high, scale)


def _ends(effect: AxisEffect) -> tuple[float | None, float | None]:
    """The interval as far as it says anything, and can be shown on a scale of ratios."""
    told = effect.n_rounds >= _LEAST_ROUNDS and effect.low is not None and effect.low > 0
    return (effect.low, effect.high) if told else (None, None)


def _left_out(effects: dict[str, AxisEffect]) -> str:
    most = max(effects.values(), key=lambda effect: effect.n_left_out)
    return f"{most.n_left_out} of {most.n_left_out + most.n_pairs}"
