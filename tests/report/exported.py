"""Runs for the tests of exports: a usual one, one with everything that can go wrong, one with names of all kinds."""

from __future__ import annotations

import msgspec

from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial, TrialStatus
from bench.pure.summary import summarise
from bench.report.choices import ExportFormat
from bench.report.export_formats import render_export
from bench.report.export_records import RunRecords
from tests.builders import make_lost_trial, make_plan, make_run, make_trial, make_trials

PLAN = make_plan()
HOSTILE = (
    "quo\"te's",
    "two\nlines\r\nand a\ttab",
    "bell\x07 esc\x1b[31m nul\x00 next\x85 line\u2028",
    "\u202ertl \u05e9\u05dc\u05d5\u05dd",
    'back\\slash \\n {label="x"} # EOF',
    "<b>&amp;</b> ]]> | pipe",
    "${{ github.token }} $(id) `id`",
    "=1+1,;",
    "\ufffe\uffff \U0001f980",
    "x" * 10_240,
)


def records_of(run: Run, trials: tuple[Trial, ...], *metrics: str) -> RunRecords:
    return RunRecords(run=run, trials=trials, summary=summarise(run, trials), metrics=metrics)


def usual(*metrics: str) -> RunRecords:
    """Three rounds of four variants, cold and warm, each of its own length."""
    times = {
        (one.variant, one.state, one.round): (1.0 if one.state is State.COLD else 0.2) + one.number / 100
        for one in PLAN.trials
    }
    return records_of(make_run(PLAN), make_trials(PLAN, wall_s=times), *metrics)


def troubled() -> RunRecords:
    """One trial of each kind that is not valid, a disturbed one, and the last ones not run."""
    trials = list(make_trials(PLAN))[:-3]
    trials[0] = msgspec.structs.replace(trials[0], status=TrialStatus.INVALID, reason="1 of 2 steps was cached")
    trials[1] = msgspec.structs.replace(
        make_lost_trial(PLAN.trials[1], TrialStatus.FAILED, "make: 2"),
        log_tail=("#7 | E: \x1b[1mno such \x00package", "#7 failed: make: 2"),
    )
    trials[2] = make_lost_trial(PLAN.trials[2], TrialStatus.TIMEOUT, "stopped after 600 s")
    trials[3] = make_lost_trial(PLAN.trials[3], TrialStatus.UNAVAILABLE, "no registry answers")
    trials[4] = msgspec.structs.replace(trials[4], disturbed="other work took 40 % of the CPU")
    return records_of(make_run(PLAN), tuple(trials))


def lost(reason: str = "exit code 1") -> RunRecords:
    """A run in which no trial is valid."""
    return records_of(make_run(PLAN), tuple(make_lost_trial(one, TrialStatus.FAILED, reason) for one in PLAN.trials))


def hostile() -> RunRecords:
    """Every name that a record may hold, of all kinds; reasons and words of programs as well."""
    axes = {"base": HOSTILE, "a-b": ("x",), "a.b": ('"\n\\',)}
    plan = make_plan(axes, rounds=1, states=(State.COLD,), scenario=HOSTILE[1])
    names = {variant.id: name for variant, name in zip(plan.variants, HOSTILE, strict=True)}
    variants = tuple(msgspec.structs.replace(one, id=names[one.id]) for one in plan.variants)
    planned = tuple(msgspec.structs.replace(one, variant=names[one.variant]) for one in plan.trials)
    plan = msgspec.structs.replace(plan, variants=variants, trials=planned)
    run = make_run(plan, axes=axes, id=HOSTILE[2], title="".join(HOSTILE[:8]))
    machine = msgspec.structs.replace(run.machine, hostname="\x00")
    trials = [make_trial(one) for one in plan.trials]
    trials[1] = msgspec.structs.replace(
        make_lost_trial(plan.trials[1], TrialStatus.FAILED, "".join(HOSTILE)), log_tail=HOSTILE
    )
    trials[2] = msgspec.structs.replace(trials[2], status=TrialStatus.INVALID, reason="".join(HOSTILE))
    return records_of(msgspec.structs.replace(run, machine=machine), tuple(trials))


def exported(records: RunRecords, form: ExportFormat) -> str:
    text = render_export(records, form)
    assert text == "" or text.endswith("\n")
    text.encode()  # a lone surrogate could not be written
    return text
