from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import ExitCode
from bench.model.verdict import Verdict
from bench.pure.statistics import Estimate, paired_ratio
from bench.pure.verdicts import exit_code, judge


def estimate(low: float | None, high: float | None, *, p_value: float = 0.01) -> Estimate:
    return Estimate(ratio=1.0, low=low, high=high, p_value=p_value, n=8, coverage=0.95, least_p=2 / 256)


@pytest.mark.parametrize(
    ("low", "high", "p_value", "verdict"),
    [
        (0.98, 1.02, 0.9, Verdict.SAME),
        (1.01, 1.02, 0.001, Verdict.SAME),  # sure, and too small to matter
        (1.01, 1.10, 0.01, Verdict.SLOWER),
        (0.90, 0.99, 0.01, Verdict.FASTER),
        (0.99, 1.10, 0.20, Verdict.UNDECIDED),
        (1.01, 1.10, 0.06, Verdict.UNDECIDED),
        (None, None, 0.01, Verdict.UNDECIDED),
    ],
)
def test_the_verdict(low: float | None, high: float | None, p_value: float, verdict: Verdict) -> None:
    assert judge(estimate(low, high, p_value=p_value), margin=0.03) is verdict


def test_of_a_table_the_adjusted_p_counts() -> None:
    slower = estimate(1.01, 1.10, p_value=0.01)
    assert judge(slower, margin=0.03, p_adjusted=0.08) is Verdict.UNDECIDED
    assert judge(slower, margin=0.03, p_adjusted=0.08, level=0.1) is Verdict.SLOWER


@settings(deadline=None)  # the first call imports numpy
@given(
    st.lists(st.floats(min_value=-1, max_value=1), min_size=1, max_size=15), st.floats(min_value=0.01, max_value=0.5)
)
def test_swapping_the_sides_swaps_the_verdict(logs: list[float], margin: float) -> None:
    swapped = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
    forth = judge(paired_ratio(logs), margin=margin)
    back = judge(paired_ratio([-log for log in logs]), margin=margin)
    assert back is swapped.get(forth, forth)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((), ExitCode.OK),
        ((Verdict.SAME, Verdict.FASTER), ExitCode.OK),
        ((Verdict.SAME, Verdict.UNDECIDED), ExitCode.UNDECIDED),
        ((Verdict.UNDECIDED, Verdict.SLOWER), ExitCode.REGRESSION),
    ],
)
def test_the_exit_code(verdicts: tuple[Verdict, ...], code: ExitCode) -> None:
    assert exit_code(verdicts) is code
