from __future__ import annotations

import json

import msgspec
import pytest

from bench.model.build import StepStatus
from bench.model.cache import MissKind, MissReason
from bench.model.explanation import Explanation
from bench.model.scenario import State
from bench.model.timeline import ActivityKind, PathStep, TimeShares
from bench.model.trial import TrialStatus
from bench.pure.explanation import explain
from bench.report.explain import miss_text, render_explanation, render_explanation_json
from tests.builders import make_plan, make_run, make_steps, make_trial
from tests.report.test_tables import equals_snapshot

PLAN = make_plan({"base": ("debian-12",)}, rounds=2)
TIME = TimeShares(
    context_s=0.02,
    pull_s=0.001,
    run_cpu_s=0.7,
    run_disk_s=None,
    run_memory_s=None,
    run_other_s=0.2,
    run_unmetered_s=0.0,
    copy_s=0.03,
    engine_s=0.1,
    idle_gaps_s=0.05,
    idle_client_s=0.139,
)
PATH = (
    PathStep(digest="a", name="[internal] load .dockerignore", kind=ActivityKind.CONTEXT, duration_s=0.002),
    PathStep(digest="b", name="[internal] load build context", kind=ActivityKind.CONTEXT, duration_s=0.02),
    PathStep(digest=make_steps()[1].digest, name="[2/2] RUN gzip -k /srv/*", kind=ActivityKind.RUN, duration_s=0.9),
)


def explanation() -> Explanation:
    cold, warm = (make_trial(planned) for planned in PLAN.trials[:2])
    copy, run = make_steps()
    files = MissReason(kind=MissKind.FILES_CHANGED, subjects=("assets/logo.svg", "assets/a.css"), more=0)
    parent = MissReason(kind=MissKind.PARENT_MISSED, subjects=("[build 2] COPY assets /srv",))
    steps = (
        msgspec.structs.replace(copy, why=files, share_s=0.03),
        msgspec.structs.replace(run, why=parent, share_s=0.9),
        msgspec.structs.replace(run, status=StepStatus.NEVER_STARTED, start_s=None, duration_s=None, stage="unused"),
    )
    cold = msgspec.structs.replace(cold, steps=steps, time=TIME, critical_path=PATH)
    warm = msgspec.structs.replace(warm, status=TrialStatus.INVALID, reason="1 of 2 steps\x1b[31m was executed")
    return explain(make_run(PLAN, axes={"base": ("debian-12",)}), (cold, warm))


@pytest.mark.parametrize("width", [80, 120])
def test_the_text_is_the_stored_one(width: int) -> None:
    assert equals_snapshot(render_explanation(explanation(), width=width), f"explain-{width}.txt")


@pytest.mark.parametrize(
    ("n_disturbed", "words", "column"), [(2, "all disturbed", "2 disturbed"), (1, "1 of", "2 valid")]
)
def test_disturbed_trials_are_not_passed_off_as_undisturbed(n_disturbed: int, words: str, column: str) -> None:
    why = "other work took 41% of the processors"
    trials = tuple(
        msgspec.structs.replace(make_trial(planned), time=TIME, disturbed=why if number < n_disturbed else None)
        for number, planned in enumerate(one for one in PLAN.trials if one.state is State.COLD)
    )
    text = render_explanation(explain(make_run(PLAN, axes={"base": ("debian-12",)}), trials), width=80)
    assert "the disturbed trial nearest to the median" in " ".join(text.split())
    assert f"disturbed: {why}" in text
    assert f"2 valid, {words}" in text
    assert column in text


def test_the_json_holds_the_whole_explanation() -> None:
    text = render_explanation_json(explanation())
    assert msgspec.json.decode(text, type=Explanation) == explanation()
    assert json.loads(text)["trials"][0]["steps"][0]["why"]["subjects"] == ["assets/logo.svg", "assets/a.css"]


@pytest.mark.parametrize("kind", list(MissKind))
def test_every_reason_has_its_words(kind: MissKind) -> None:
    assert len(miss_text(MissReason(kind=kind, subjects=("this",)))) > 10


def test_a_long_list_of_files_is_cut_with_the_count_of_the_rest() -> None:
    why = MissReason(kind=MissKind.FILES_CHANGED, subjects=tuple("abcdef"), more=10)
    assert miss_text(why) == "changed: a, b, c and 13 more"
