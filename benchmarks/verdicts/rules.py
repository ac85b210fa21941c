"""The rules that are held beside each other, each on wall times in seconds: a row for each campaign, True is an alarm.

Ours and what needs nothing but a formula are here; pyperf, asv and Otava are asked themselves (`environments`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped] # scipy ships no types

from bench.model.verdict import Verdict
from bench.pure.statistics import grouped_ratio, paired_ratio
from bench.pure.verdicts import DEFAULT_MARGIN, judge
from benchmarks.verdicts.environments import ask
from benchmarks.verdicts.noise import Floats

Alarms = NDArray[np.bool_]
Alarm = Callable[[Floats, Floats], Alarms]

LEVEL = 0.05
COUNTS = (6, 8, 10, 14, 20, 28, 40, 56, 80, 112, 128, 144, 160, 200, 240, 280, 320)
SPARSE = (10, 20, 40, 80, 160, 320)
HALF_SPARSE = (10, 20, 40, 80, 160, 200, 240, 280, 320)
"""Builds a side that a rule is tried with: sparse for tools that take long."""
_DIFFERENT = frozenset({Verdict.FASTER, Verdict.SLOWER})


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One way to say that head differs. `interleaved`: both sides in each round, else one side after the other.

    `campaigns` is how many it is tried on, for each of `counts` builds a side: fewer where one takes long. `whose` says
    whose code decides.
    """

    name: str
    whose: str
    alarm: Alarm
    interleaved: bool = False
    campaigns: int = 1_000
    counts: tuple[int, ...] = COUNTS


def paired(base: Floats, head: Floats) -> Alarms:
    """`buildmark compare`, of one interleaved campaign."""
    logs = np.log(head) - np.log(base)
    return np.array([judge(paired_ratio(row), margin=DEFAULT_MARGIN) in _DIFFERENT for row in logs.tolist()])


def grouped(base: Floats, head: Floats) -> Alarms:
    """`buildmark compare`, of two campaigns."""
    pairs = zip(np.log(base).tolist(), np.log(head).tolist(), strict=True)
    return np.array([judge(grouped_ratio(*pair), margin=DEFAULT_MARGIN) in _DIFFERENT for pair in pairs])


def welch_p(base: Floats, head: Floats) -> Floats:
    """Welch's t test of wall times, as hyperfine's own script for two results does it with scipy."""
    p_values: Floats = stats.ttest_ind(base, head, axis=1, equal_var=False).pvalue
    return p_values


def welch(base: Floats, head: Floats) -> Alarms:
    """Welch's test at 5 %."""
    return np.asarray(welch_p(base, head) < LEVEL)


def threshold(factor: float, base: Floats, head: Floats) -> Alarms:
    """Slower than before by more than a factor, of means: github-action-benchmark's alert-threshold."""
    return np.asarray(head.mean(axis=1) > factor * base.mean(axis=1))


def asked(tool: str, options: dict[str, float] | None, base: Floats, head: Floats) -> Alarms:
    """What another tool says."""
    return np.array(ask(tool, base, head, options).alarms)


HYPERFINE = "formula (scipy's Welch)"
RULES = (
    Rule(name="buildmark compare, interleaved pairs", whose="ours", alarm=paired, interleaved=True),
    Rule(name="buildmark compare, two campaigns", whose="ours", alarm=grouped),
    Rule(name="hyperfine's practice: Welch, 5 %", whose=HYPERFINE, alarm=welch),
    Rule(name="pyperf compare_to", whose="pyperf's is_significant", alarm=functools.partial(asked, "pyperf", None)),
    Rule(
        name="asv compare, factor 1.1",
        whose="asv's _is_result_better",
        alarm=functools.partial(asked, "asv", {"factor": 1.1}),
        campaigns=300,
        counts=HALF_SPARSE,
    ),
    Rule(
        name="asv compare, factor 1.0",
        whose="asv's _is_result_better",
        alarm=functools.partial(asked, "asv", {"factor": 1.0}),
        campaigns=300,
        counts=HALF_SPARSE,
    ),
    Rule(name="github-action-benchmark, 200 %", whose="its documentation", alarm=functools.partial(threshold, 2.0)),
    Rule(name="github-action-benchmark, 105 %", whose="its documentation", alarm=functools.partial(threshold, 1.05)),
    Rule(
        name="otava on the series",
        whose="otava's compute_change_points",
        alarm=functools.partial(asked, "otava", None),
        campaigns=150,
        counts=SPARSE,
    ),
)
INTERLEAVED_WELCH = Rule(name="Welch, 5 %, if it were interleaved", whose=HYPERFINE, alarm=welch, interleaved=True)
