"""Split or merged, the commands do the same: proven by running both with the machine's own shell."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pure.templates import rendered

COMMANDS = (
    "echo a >> $OUT",
    "cd / && pwd >> $OUT",
    "cd /; X=1; pwd >> $OUT",
    "pwd >> $OUT",
    "false || echo b >> $OUT",
    "true || echo c >> $OUT; echo d >> $OUT",
    "X=5",
    "echo ${X:-unset} >> $OUT",
    "export X=6 && echo $X >> $OUT",
    "X=7 env | grep ^X= >> $OUT",
    "set -f; echo e >> $OUT",
    "exit 0",
    "! false",
    "false",
    "{ echo f; echo g; } >> $OUT",
    "(echo h) >> $OUT",
    "if true; then echo i >> $OUT; fi",
    "for n in 1 2; do echo $n >> $OUT; done",
    "echo 'a; b && c' | tr a-c A-C >> $OUT",
    "echo k \\\n  l >> $OUT",
    "umask 077; umask >> $OUT",
    "umask >> $OUT",
)


def result(dockerfile: str) -> tuple[bool, str]:
    """Run the RUNs of a Dockerfile, each in a shell of its own as a builder does; stop at the first that fails."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        out.touch()
        environment = {"OUT": str(out), "PATH": "/usr/bin:/bin"}
        bodies = dockerfile.removeprefix("RUN ").split("\nRUN ")
        passed = all(
            subprocess.run(["/bin/sh", "-c", body], env=environment, cwd=folder, check=False).returncode == 0
            for body in bodies
        )
        return passed, out.read_text().replace(folder, "")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=5), st.lists(st.sampled_from(COMMANDS), max_size=2))
def test_layers_change_the_layers_and_nothing_else(commands: list[str], cleanup: list[str]) -> None:
    split, merged = (
        rendered(f"{{{{ run({commands!r}, cleanup={cleanup!r}) }}}}", layers=layers) for layers in ("split", "merged")
    )
    assert merged.count("\nRUN ") == 0
    assert split.count("\nRUN ") == len(commands) - 1 + bool(cleanup)
    assert result(split) == result(merged)
