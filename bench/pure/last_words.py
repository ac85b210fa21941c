"""What a build that failed says of itself: its cause in few words, and the last lines that its own program printed.

Records keep the whole reason and the end of the whole log; this is for tables and progress lines. Neighbours:
`bench.pure.build_log` writes the log of a BuildKit build, `bench.pure.classic` that of a classic one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.model.trial import Trial, TrialStatus

MOST_LINES = 3
LONGEST_CAUSE = 300
_PREPARING = "the build that prepares the state failed: "
_SOLVER = re.compile(r"^failed to build: |^failed to solve: ")
_SOLVER_REF = re.compile(r"\bref [\w-]+::\w+")
_PROCESS = re.compile(r'process "(.*)" did not complete successfully: exit code: (\d+)', re.DOTALL)
_COMMAND = re.compile(r"The command '(.*)' returned a non-zero code: (\d+)", re.DOTALL)
_SHELL = re.compile(r"^/bin/sh -c ")
_HEAD, _TAIL = 36, 20

_FAILED = re.compile(r"^#(\d+) failed: (.*)")
_OUTPUT = re.compile(r"^#(\d+) \| (.*)")
_EVENT = re.compile(r"^#\d+ (\||\[|failed: |done |cached)")
_CLASSIC_STEP = re.compile(r"^Step \d+/\d+ : ")
_CLASSIC_ERROR = "ERROR: "
_CLASSIC_CHATTER = re.compile(r"^ ---> |^Removing intermediate container |^Step \d+/\d+ : |^\[Warning\] ")


def cause_of(reason: str) -> str:
    """Why a build failed, without which build of its trial it was and without names that differ each time.

    A cold trial and the build that prepares a warm one fail with the same cause, and so does every round.
    """
    cause = reason.removeprefix(_PREPARING)
    while (shorter := _SOLVER.sub("", cause)) != cause:
        cause = shorter
    return _SOLVER_REF.sub("the context", cause)


def short_cause(reason: str) -> str:
    """The cause on one line, a long command cut in its middle."""
    cause = cause_of(reason)
    for pattern in (_PROCESS, _COMMAND):
        cause = pattern.sub(lambda found: f"`{_short_command(found[1])}` exited with {found[2]}", cause)
    return shortened(" ".join(cause.split()), LONGEST_CAUSE)


def shortened(text: str, most: int) -> str:
    """A text of at most `most` letters, with … where its end was cut off."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def last_words(trial: Trial) -> tuple[str, ...]:
    """The last lines, three at most, that the step which failed printed itself; none where no build failed."""
    if trial.status not in {TrialStatus.FAILED, TrialStatus.TIMEOUT}:
        return ()
    said = [line for line in _said(trial.log_tail) if line.strip()]
    return tuple(said[-MOST_LINES:])


def _said(tail: Sequence[str]) -> list[str]:
    if not any(_EVENT.match(line) for line in tail):
        return _said_classic(tail)
    printed = [found for line in tail if (found := _OUTPUT.match(line))]
    step = _failed_step(tail) or (printed[-1][1] if printed else None)
    return [found[2] for found in printed if found[1] == step]


def _failed_step(tail: Sequence[str]) -> str | None:
    """The number of the step that failed, its own doing rather than that a neighbour's failure cancelled it."""
    failed = [found for line in tail if (found := _FAILED.match(line))]
    own = [found for found in failed if "context canceled" not in found[2]]
    return (own or failed)[-1][1] if failed else None


def _said_classic(tail: Sequence[str]) -> list[str]:
    """What stands between the last step's line and the builder's own last word (programs print ERROR, too)."""
    begun = max((number for number, line in enumerate(tail) if _CLASSIC_STEP.match(line)), default=0)
    ended = max((number for number, line in enumerate(tail) if line.startswith(_CLASSIC_ERROR)), default=len(tail))
    return [line for line in tail[begun:ended] if not _CLASSIC_CHATTER.match(line)]


def _short_command(command: str) -> str:
    words = " ".join(_SHELL.sub("", command.replace('\\"', '"')).split())
    return words if len(words) <= _HEAD + _TAIL + 3 else f"{words[:_HEAD].rstrip()} … {words[-_TAIL:].lstrip()}"
