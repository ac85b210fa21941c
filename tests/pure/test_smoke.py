import pytest

from bench.model.scenario import SmokeTest
from bench.pure.smoke import judge_smoke

TEST = SmokeTest(command=("app", "--version"), output=r"app \d+")


def test_a_command_that_gives_what_was_asked_passes() -> None:
    result = judge_smoke(TEST, 0, "app 12\n")
    assert result.passed
    assert result.reason is None


@pytest.mark.parametrize(
    ("exit_code", "output", "words"),
    [
        (3, "boom\n", "exit code 3, expected 0 (last line: boom)"),
        (0, "other", r"does not match 'app \\d+' (last line: other)"),
        (None, "", "did not end within 60 s"),
    ],
)
def test_a_command_that_does_not_fails_with_the_reason(exit_code: int | None, output: str, words: str) -> None:
    result = judge_smoke(TEST, exit_code, output)
    assert not result.passed
    assert words in (result.reason or "")
    assert result.output == output
