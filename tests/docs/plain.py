"""What the tests of the documents have to know of single commands: those that cannot be run here, and what others give.

Each entry is the beginning of a command. An entry that no document needs fails a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.errors import ExitCode

NOT_RUN: Mapping[str, str] = {
    "git clone": "there is no repository to clone from",
    "apt-get install": "the machine that tests this stays as it is",
    "python3 -m venv": "is Python's own, and takes longer than all else here",
    "python3 -m pip wheel": "fetches from a package index",
    "buildmark-venv/bin/pip install": "there are no wheels, for the same reason",
    "ssh ": "there is no other server",
    "rsync ": "there is no other server",
    "docker ": "there is no Docker of the user's own",
}
"""Commands that cannot be run where the tests run, and why. Their `buildmark` parts are parsed all the same."""

DRY: Mapping[str, str] = {
    "make ": "each would set up, test or measure everything; that the target is there and what it would run is asked",
}
"""Commands that are asked what they would do."""

ON_ENGINE: Mapping[str, str] = {
    "buildmark engine ": "starts and ends a real engine",
}
"""Commands that only tests/docs/test_tutorial.py runs, on a real engine."""

ENDLESS: Mapping[str, str] = {
    "buildmark serve": "http://127.0.0.1:",
}
"""Commands that go on until they are told to end, by what they say once they are at work."""

VERDICT = (ExitCode.OK, ExitCode.REGRESSION, ExitCode.UNDECIDED)
CODES: Mapping[str, Sequence[int]] = {
    "buildmark doctor": (ExitCode.OK, ExitCode.ENVIRONMENT),
    "buildmark compare ": VERDICT,
    "buildmark gate ": VERDICT,
    "buildmark bisect ": VERDICT,
    "pytest --benchmark-compare": (0, 1),  # the times of builds that build nothing are noise
}
"""What a command may exit with, where it is not 0 alone."""

MENUS = frozenset({"README.md"})
"""Documents that show what there is to choose from: each command is run on its own, and not after the one before."""

EXACT = ("buildmark init", "buildmark plan", "buildmark render", "buildmark schema")
"""Commands whose output a document shows word for word."""


def entry_of(table: Mapping[str, object], command: str) -> str | None:
    """The entry of a table that a command begins with; what stands before it (`VARIABLE=value`) does not count."""
    words = command.split()
    while words and "=" in words[0]:
        words.pop(0)
    text = " ".join(words)
    return next((entry for entry in table if text.startswith(entry) or text == entry.strip()), None)
