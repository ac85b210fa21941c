"""The table of axis levels: what `alpine-3.23 instead of debian-12` does to time and to size, state by state."""

from __future__ import annotations

from bench.model.scenario import State
from bench.model.summary import AxisEffect, Summary
from bench.pure.metrics import IMAGE_SIZE, WALL
from bench.report.units import ABSENT, ratio_text

HEADING = "Effect of each axis level: geometric mean of ratios paired by round (95 % interval)"
HEADERS = ("axis", "level", "state", "time", "size")


def effect_rows(summary: Summary) -> list[list[str]]:
    """A row of cells per axis level and state; a last cell tells how many pairs had to be left out, where any had."""
    groups: dict[tuple[str, str, State], dict[str, AxisEffect]] = {}
    for effect in summary.axes:
        groups.setdefault((effect.axis, effect.level, effect.state), {})[effect.metric] = effect
    told = any(effect.n_left_out for effect in summary.axes)
    return [
        [
            axis,
            f"{level} instead of {next(iter(effects.values())).reference}",
            state.value,
            _cell(effects.get(WALL)),
            _cell(effects.get(IMAGE_SIZE)),
            *([_left_out(effects)] if told else []),
        ]
        for (axis, level, state), effects in groups.items()
    ]


def effect_headers(summary: Summary) -> list[str]:
    """The headers of `effect_rows`."""
    return [*HEADERS, *(["pairs left out"] if any(effect.n_left_out for effect in summary.axes) else [])]


def _cell(effect: AxisEffect | None) -> str:
    if effect is None:
        return ABSENT
    text = ratio_text(effect.ratio, effect.low, effect.high)
    return text if effect.n_rounds > 1 else f"{text} (1 round)"


def _left_out(effects: dict[str, AxisEffect]) -> str:
    most = max(effects.values(), key=lambda effect: effect.n_left_out)
    return f"{most.n_left_out} of {most.n_left_out + most.n_pairs}"
