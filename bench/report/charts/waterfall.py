"""The steps of one trial as bars in time, coloured by what the cache did, the critical path marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.model.build import Step, StepStatus
from bench.model.cache import CacheVerdict
from bench.model.run import Run
from bench.model.trial import StepUse, Trial, TrialStatus
from bench.pure.cache_reasons import cache_verdict
from bench.report.charts.frame import (
    MOST_ROWS,
    WIDTH,
    Layers,
    Record,
    finished,
    fitting_under,
    inline,
    label_width,
    left_out_line,
    said,
    ticks_for,
)
from bench.report.charts.names import letters_for, short_text, unique_labels
from bench.report.charts.themes import BLUE, GREEN, GREY, VERMILLION, Spec
from bench.report.explain import miss_text
from bench.report.units import ABSENT, bytes_text, seconds_text

if TYPE_CHECKING:
    pass

EXECUTED, CACHED, FAILED, UNCOUNTED = "executed", "from the cache", "failed", "not cached by its nature"
NEVER = "never started"
COLOURS = {EXECUTED: BLUE, CACHED: GREEN, FAILED: VERMILLION, UNCOUNTED: GREY}
ON_PATH = "\N{BLACK RIGHT-POINTING POINTER}"
_ROW = 21
_VISIBLE = 0.012
"""The share of the picture below which an outline would cover its bar."""
_STEP_MORE = 10
"""How many more letters a step has than a variant: its command says more."""


def waterfall(run: Run, trial: Trial, *, width: int = WIDTH) -> Spec:
    """The steps of a trial, the earliest first, `width` pixels wide. CPU and memory of RUN steps stand in tooltips."""
    title = f"Steps of {short_text(trial.variant, 60)}, {trial.state}"
    lines = [_trial_line(run, trial)]
    if not any(step.start_s is not None for step in trial.steps):
        why = f": {short_text(trial.reason)}" if trial.reason else ""
        return said(title, f"No step of trial {trial.number} was seen to start ({trial.status}{why}).", width=width)
    shown = _longest(trial.steps)
    lines += [_path_line(trial), *left_out_line(len(shown), len(trial.steps), "longest steps")]
    values = _records(trial, shown, max(letters_for(width), 18) + _STEP_MORE)
    return finished(
        _layers(values, trial, width).to_dict(),
        title=title,
        lines=[line for line in lines if line],
        description=f"{title}. {_told(values)} {_path_line(trial)}",
        width=width,
    )


def _trial_line(run: Run, trial: Trial) -> str:
    wall = "" if trial.wall_s is None else f", {seconds_text(trial.wall_s)}"
    status = "" if trial.status is TrialStatus.VALID else f", {trial.status}: {short_text(trial.reason or '')}"
    return f"Trial {trial.number} of run {short_text(run.id, 60)}, round {trial.round}{wall}{status}"


def _path_line(trial: Trial) -> str:
    """What the critical path is made of, and how much of it lies outside the steps."""
    if not trial.critical_path:
        return ""
    digests = {step.digest for step in trial.steps}
    all_s = math.fsum(one.duration_s for one in trial.critical_path)
    outside_s = math.fsum(one.duration_s for one in trial.critical_path if one.digest not in digests)
    besides = f", {seconds_text(outside_s)} of it in what is no step (context, export)" if outside_s else ""
    return f"{ON_PATH} and an outline: on the critical path, which took {seconds_text(all_s)}{besides}."


def _longest(steps: Sequence[Step]) -> list[Step]:
    """The longest steps, in the order in which they started; those that never did come last, in the builder's order."""
    by_length = sorted(range(len(steps)), key=lambda number: -(steps[number].duration_s or 0.0))
    kept = sorted(by_length[:MOST_ROWS])
    started = [number for number in kept if steps[number].start_s is not None]
    started.sort(key=lambda number: (steps[number].start_s or 0.0, number))
    return [steps[number] for number in (*started, *(number for number in kept if steps[number].start_s is None))]


def _records(trial: Trial, steps: Sequence[Step], letters: int) -> list[Record]:
    on_path = {one.digest for one in trial.critical_path}
    used = {use.digest: use for use in trial.step_use}
    names = {number: _name(step, on_path=step.digest in on_path) for number, step in enumerate(steps)}
    labels = unique_labels(names, letters)
    return [
        _record(step, labels[number], used.get(step.digest), on_path=step.digest in on_path)
        for number, step in enumerate(steps)
    ]


def _name(step: Step, *, on_path: bool) -> str:
    where = " ".join(str(part) for part in (step.stage, step.position) if part is not None)
    return f"{ON_PATH + ' ' if on_path else ''}{f'[{where}] ' if where else ''}{step.name}"


def _record(step: Step, label: str, use: StepUse | None, *, on_path: bool) -> Record:
    begin_s, seconds = step.start_s, step.duration_s or 0.0
    return {
        "step": label,
        "name": short_text(step.name, 300),
        "digest": step.digest,
        "cache": _cache(step),
        "why": "" if step.why is None else miss_text(step.why),
        "begin_s": begin_s,
        "end_s": None if begin_s is None else begin_s + seconds,
        "seconds": seconds,
        "time": NEVER if begin_s is None else seconds_text(seconds),
        "on_path": on_path,
        "path": "yes" if on_path else "no",
        "cpu": ABSENT if use is None or use.cpu_s is None else seconds_text(use.cpu_s),
        "memory": ABSENT if use is None or use.memory_peak_bytes is None else bytes_text(use.memory_peak_bytes),
    }


def _cache(step: Step) -> str:
    if step.status is StepStatus.NEVER_STARTED or step.start_s is None:
        return NEVER
    if step.status is StepStatus.FAILED:
        return FAILED
    if step.status is StepStatus.CACHED:
        return CACHED
    return UNCOUNTED if cache_verdict(step) is CacheVerdict.NOT_ELIGIBLE else EXECUTED


def _layers(values: list[Record], trial: Trial, width: int) -> Layers:
    import altair as alt

    labels = [value["step"] for value in values]
    across = max(width - label_width(labels), 200)
    last_s = max([value["end_s"] for value in values if value["end_s"] is not None] + [trial.wall_s or 0.0])
    x = alt.X("begin_s:Q", title="seconds since the builder began").scale(domain=[0, last_s * 1.15 or 1], nice=False)
    x = x.axis(tickCount=ticks_for(across))
    y = alt.Y("step:N", title=None, sort=labels).scale(domain=labels)
    y = y.axis(labelLimit=500, ticks=False, domain=False, grid=True)
    used = [word for word in COLOURS if any(value["cache"] == word for value in values)]
    colour = alt.Color("cache:N").scale(domain=list(COLOURS), range=list(COLOURS.values()))
    colour = colour.legend(**fitting_under(used, width=width))
    base = alt.Chart(inline(values)).encode(y=y)
    began = base.transform_filter("isValid(datum.begin_s)")
    tooltip = [
        alt.Tooltip("name:N", title="step"),
        alt.Tooltip("cache:N", title="cache"),
        alt.Tooltip("why:N", title="why"),
        alt.Tooltip("time:N", title="took"),
        alt.Tooltip("cpu:N", title="CPU"),
        alt.Tooltip("memory:N", title="peak memory"),
        alt.Tooltip("path:N", title="on the critical path"),
    ]
    bars = began.mark_bar(minBandSize=4).encode(x=x, x2="end_s:Q", color=colour, tooltip=tooltip)
    starts = began.mark_tick(thickness=2, bandSize=14).encode(x=x, color=colour, tooltip=tooltip)
    outlines = began.transform_filter(f"datum.on_path && datum.seconds > {last_s * _VISIBLE}").mark_bar(
        style="outline", fillOpacity=0
    )
    times = began.mark_text(style="soft", align="left", dx=6).encode(x="end_s:Q", text="time:N")
    never = base.transform_filter("!isValid(datum.begin_s)").mark_text(style="soft", align="left", dx=6)
    charts = [bars, starts, outlines.encode(x=x, x2="end_s:Q"), times]
    if any(value["begin_s"] is None for value in values):
        charts.append(never.encode(x=alt.datum(0), text="time:N"))
    return alt.layer(*charts).properties(width=across, height=len(values) * _ROW)


def _told(values: Sequence[Record]) -> str:
    longest = sorted(values, key=lambda value: -value["seconds"])[:4]
    return (
        "The longest: "
        + "; ".join(f"{value['name'][:80]}, {value['time']}, {value['cache']}" for value in longest)
        + "."
    )
