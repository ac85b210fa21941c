"""What is printed for each trial while a campaign runs."""

from __future__ import annotations

import io
import re
import sys

import msgspec
import pytest

from bench.cli.progress import BarWatcher, LineWatcher, result_words
from bench.model.plan import Adaptive, Plan
from bench.model.scenario import State
from bench.model.trial import HostUse, Trial, TrialStatus
from bench.ports.fakes import FakeClock
from tests.builders import make_lost_trial, make_plan, make_run, make_trial

LONG = "mkdir /out  && " + " && ".join(f"step-{number} --with a-lot" for number in range(30)) + " && the-end"
REASON = f'failed to build: failed to solve: process "/bin/sh -c {LONG}" did not complete successfully: exit code: 3'
TAIL = (
    "#7 [2/2] RUN mkdir",
    "#7 | one",
    "#7 | two",
    "#7 | E: oops",
    f"#7 failed: {REASON}",
    " 6 | >>> RUN",
    "ERROR: x",
)


def failed(plan: Plan, position: int, reason: str = REASON) -> Trial:
    trial = make_lost_trial(plan.trials[position], TrialStatus.FAILED, reason)
    return msgspec.structs.replace(trial, log_tail=TAIL)


def told(plan: Plan, trials: list[Trial], capsys: pytest.CaptureFixture[str]) -> list[str]:
    watcher = LineWatcher(FakeClock())
    watcher.started(make_run(plan), plan.trials)
    for planned, trial in zip(plan.trials, trials, strict=False):
        watcher.trial_started(planned)
        watcher.trial_ended(trial)
    watcher.ended()
    return capsys.readouterr().err.splitlines()


def test_a_failed_step_says_its_own_last_words_once_and_not_its_whole_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = make_plan({"base": ("debian-12",)}, rounds=1)
    warm = failed(plan, 1, f"the build that prepares the state failed: {REASON}")
    lines = told(plan, [failed(plan, 0), warm], capsys)
    result = "failed: `mkdir /out && step-0 --with a-lot && … ith a-lot && the-end` exited with 3"
    assert result_words(warm) == result
    assert lines == [
        "run 20261123-090000-quick: 2 trials to go",
        f"[1/2] round 1  debian-12  cold  {result}",
        "    | one",
        "    | two",
        "    | E: oops",
        f"[2/2] round 1  debian-12  warm  {result}",
    ]


def test_why_a_base_is_missing_is_not_repeated_at_every_trial() -> None:
    trial = make_lost_trial(make_plan().trials[0], TrialStatus.UNAVAILABLE, "a long story of registries")
    assert result_words(trial) == "unavailable"


def test_the_last_trial_has_no_time_left_and_one_trial_is_no_trials(capsys: pytest.CaptureFixture[str]) -> None:
    plan = make_plan({"base": ("debian-12",)}, rounds=1)
    lines = told(plan, [make_trial(planned) for planned in plan.trials], capsys)
    assert "left" not in lines[-1]
    single = make_plan({"base": ("debian-12",)}, rounds=1, states=(plan.states[0],))
    assert told(single, [], capsys) == ["run 20261123-090000-quick: 1 trial to go"]


def disturbed(trial: Trial, share: float) -> Trial:
    host = HostUse(
        samples=None,
        n_samples=3,
        window_s=1.24,
        cpu_busy_s=2.4,
        cpu_steal_s=0.0,
        own_cpu_s=0.2,
        other_cpu_s=2.2,
        other_cpu_share=share,
        absent=None,
    )
    return msgspec.structs.replace(trial, disturbed="other work", host=host)


def test_a_trial_that_other_work_disturbed_is_told_while_the_run_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    plan = make_plan({"base": ("debian-12",)}, rounds=1)
    cold, warm = (make_trial(planned) for planned in plan.trials)
    lines = told(plan, [disturbed(cold, 0.871), warm], capsys)
    assert lines[1].endswith("  1.24 s, disturbed (other work: 87 % of the CPU time)")
    assert lines[2].endswith("  0.20 s")
    unknown = msgspec.structs.replace(cold, disturbed="other work", host=None)
    assert result_words(unknown) == "1.24 s, disturbed"


def test_the_bar_leaves_a_line_for_a_disturbed_trial_and_none_for_one_that_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    plan, watcher = make_plan({"base": ("debian-12",)}, rounds=1), BarWatcher(FakeClock())
    watcher.started(make_run(plan), plan.trials)
    try:
        for planned, share in zip(plan.trials, (0.5, None), strict=True):
            trial = make_trial(planned)
            watcher.trial_started(planned)
            watcher.trial_ended(trial if share is None else disturbed(trial, share))
    finally:
        watcher.ended()
    assert "debian-12 cold: 1.24 s, disturbed (other work: 50 %" in terminal.getvalue()
    assert "debian-12 warm: " not in terminal.getvalue()


def test_the_time_left_is_at_most_the_budget_that_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    plan = make_plan({"base": ("debian-12",)}, rounds=40, states=(State.COLD,))
    clock = FakeClock()
    watcher = LineWatcher(clock)
    watcher.started(make_run(plan, adaptive=Adaptive(min_rounds=3, budget_s=25.0)), plan.trials)
    for planned in plan.trials[:3]:
        watcher.trial_started(planned)
        clock.advance(10.0)
        watcher.trial_ended(make_trial(planned, wall_s=9.0, overhead_s={"prepare": 1.0}))
    first, *lines = capsys.readouterr().err.splitlines()
    assert first.endswith(": at most 40 trials to go")
    assert lines[0].endswith("(at most 15 s left)")
    assert lines[1].endswith("(at most 5 s left)")
    assert "left" not in lines[2], "no other round begins"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(watcher: BarWatcher) -> str:
    """What the bar looks like now, on its one line."""
    bar = watcher._bar
    assert bar is not None
    lines = bar.console.render_lines(bar.get_renderable(), pad=False)
    assert len(lines) == 1
    return "".join(segment.text for segment in lines[0])


def test_trials_that_settled_rows_need_no_more_are_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    plan = make_plan({"base": ("debian-12", "alpine-3.23")}, rounds=3, states=(State.COLD,))
    run = make_run(plan, adaptive=Adaptive(min_rounds=2, decide=0.05))
    watcher = LineWatcher(FakeClock())
    watcher.started(run, plan.trials)
    ran = [one for one in plan.trials if one.round == 1 or one.variant == "debian-12"]
    for planned in ran:
        watcher.trial_started(planned)
        watcher.trial_ended(make_trial(planned))
    first, *lines = capsys.readouterr().err.splitlines()
    assert first.endswith(": at most 6 trials to go")
    counts = [re.sub(r"\].*", "]", line) for line in lines]
    assert counts[:2] == ["[1 of at most 6]", "[2 of at most 6]"]
    left_out = [sum(1 for one in plan.trials if one.number < planned.number and one not in ran) for planned in ran[2:]]
    assert counts[2:] == [f"[{at} of at most {6 - out}]" for at, out in zip((3, 4), left_out, strict=True)]
    assert "(at most " in lines[2]


def test_the_bar_goes_on_where_settled_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    plan = make_plan({"base": ("debian-12", "alpine-3.23")}, rounds=3, states=(State.COLD,))
    watcher = BarWatcher(FakeClock())
    watcher.started(make_run(plan, adaptive=Adaptive(min_rounds=2, decide=0.05)), plan.trials)
    try:
        for planned in (plan.trials[0], plan.trials[1], plan.trials[4]):
            watcher.trial_started(planned)
            watcher.trial_ended(make_trial(planned))
        text = shown(watcher)
        assert text.startswith("3 of at most 4")
        assert "round 3  " in text
        assert len(text) <= 80
    finally:
        watcher.ended()


def test_the_bar_fits_a_narrow_terminal_and_is_drawn_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    plan, watcher = make_plan({"base": ("a-base-with-a-very-long-name-indeed-that-goes-on",)}), BarWatcher(FakeClock())
    watcher.started(make_run(plan), plan.trials)
    try:
        watcher.trial_started(plan.trials[0])
        text = shown(watcher)
        assert watcher._bar is not None
        assert watcher._bar.live.refresh_per_second == 2
        assert len(text) <= 60
        assert "0/6" in text
        assert "round 1  a-base" in text
    finally:
        watcher.ended()
