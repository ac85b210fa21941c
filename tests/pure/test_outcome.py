import pytest

from bench.errors import ExitCode
from bench.model.trial import Trial, TrialStatus
from bench.pure.outcome import exit_code_of
from tests.builders import make_lost_trial, make_plan, make_smoke, make_trial

FIRST, SECOND = make_plan().trials[:2]
FINE = make_trial(FIRST)


def lost(status: TrialStatus) -> Trial:
    return make_lost_trial(SECOND, status, "a reason")


@pytest.mark.parametrize(
    ("trials", "code"),
    [
        ([FINE], ExitCode.OK),
        ([], ExitCode.OK),
        ([FINE, lost(TrialStatus.FAILED)], ExitCode.BUILD_FAILED),
        ([FINE, lost(TrialStatus.TIMEOUT)], ExitCode.BUILD_FAILED),
        ([FINE, lost(TrialStatus.INVALID)], ExitCode.OK),
        ([FINE, lost(TrialStatus.UNAVAILABLE)], ExitCode.OK),
        ([lost(TrialStatus.UNAVAILABLE)], ExitCode.ENVIRONMENT),
        ([make_trial(FIRST, status=TrialStatus.INVALID, smoke=make_smoke(passed=False))], ExitCode.BUILD_FAILED),
    ],
)
def test_the_worst_that_happened_decides(trials: list[Trial], code: ExitCode) -> None:
    assert exit_code_of(trials) is code


def test_a_base_that_was_asked_for_by_name_must_be_had() -> None:
    assert exit_code_of([FINE, lost(TrialStatus.UNAVAILABLE)], every_base=True) is ExitCode.ENVIRONMENT
