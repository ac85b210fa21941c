"""Steps, series and targets in words, and the ids that links to them use."""

from __future__ import annotations

import re

from bench.model.followed import FollowedSeries
from bench.model.history import Change, ChangeKind, SeriesName, Target
from bench.model.plan import CANARY
from bench.model.verdict import Verdict
from bench.pure.fingerprint import fact_text
from bench.pure.metrics import IMAGE_SIZE, MORE_IS_BETTER, WALL
from bench.pure.site_names import page_name
from bench.pure.trends import LEAST_RUNS
from bench.report.history import time_text
from bench.report.html.model import Judgement
from bench.report.units import count_text, ratio_text
from bench.report.verdict_words import verdict_word

_SHOWN = ("docker_version", "storage_driver", "builder", "cpu_model", "cpus_online")
_FORMS = {"docker_version": "Docker {}"}
_HASH = re.compile(r"[0-9a-f]{7,64}")
_TITLES = {WALL: "Build time (wall_s)", IMAGE_SIZE: "Image size (image_size_bytes)"}


def metric_title(metric: str) -> str:
    """What a metric is called in a heading."""
    return _TITLES.get(metric, metric)


def series_words(name: SeriesName) -> str:
    """A series without its scenario: `debian-12-single, cold`."""
    return f"{variant_words(name)}, {name.state}"


def variant_words(name: SeriesName) -> str:
    """A variant's name; the canary's says what it is."""
    return "the canary (the same build in every run)" if name.variant == CANARY else name.variant


def target_words(target: Target) -> str:
    """A target in a line, of what is known."""
    known = [
        _FORMS.get(name, "{}").format(fact_text(name, target.facts[name])) for name in _SHOWN if name in target.facts
    ]
    return " · ".join(known) or "a target of which nothing is known"


def judge_step(change: Change, metric: str) -> Judgement:
    """What a step comes to for somebody who wants fast builds and small images."""
    rose = change.kind is ChangeKind.STEP_UP
    return Judgement.BETTER if rose is (metric in MORE_IS_BETTER) else Judgement.WORSE


def step_word(change: Change, metric: str) -> str:
    """`slower`, `larger`, `smaller`: what became of the metric."""
    worse = judge_step(change, metric) is Judgement.WORSE
    return verdict_word(Verdict.SLOWER if worse else Verdict.FASTER, metric)


def series_id(series: FollowedSeries) -> str:
    """The id of a series' picture on its target's page."""
    return f"s-{page_name('', series.name.text, series.metric)}"


def step_id(series: FollowedSeries, change: Change) -> str:
    """The id of a step on its target's page."""
    return f"step-{page_name('', series.name.text, series.metric, change.at.run)}"


def verdict_of(series: FollowedSeries) -> tuple[str, Judgement]:
    """What became of a series last."""
    if series.changes:
        last = series.changes[-1]
        word = step_word(last, series.metric)
        since = time_text(last.at.created_at)
        return f"{word} {ratio_text(last.ratio or 1.0)} since {since}", judge_step(last, series.metric)
    if series.is_short:
        return f"{len(series.points)} of {LEAST_RUNS} runs that a step takes", Judgement.UNDECIDED
    if series.has_zero:
        return "not searched: it holds a 0", Judgement.UNDECIDED
    return f"no step in {count_text(len(series.points), 'run')}", Judgement.SAME


def log_command(change: Change) -> str:
    """The command that lists the commits of which one made a step, empty where they are not known."""
    after, at = change.after.commit, change.at.commit
    if after is None or at is None or after == at or not (_HASH.fullmatch(after) and _HASH.fullmatch(at)):
        return ""
    return f"git log --oneline {after[:12]}..{at[:12]}"
