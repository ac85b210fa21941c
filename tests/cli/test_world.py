"""What is said when a session is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psutil

from bench.cli.world import time_taken
from tests.builders import make_plan, make_trial


def test_the_trials_of_a_session_that_was_resumed_are_not_counted_as_timed_in_this_one() -> None:
    began = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    plan = make_plan()
    before = [make_trial(one, wall_s=9.0, started_at=began - timedelta(hours=1)) for one in plan.trials[:2]]
    now = make_trial(plan.trials[2], wall_s=2.0, started_at=began + timedelta(seconds=1))
    assert time_taken([*before, now]).endswith(" in all, 2 s of it timed")
