"""A folder in which the commands of a document are run exactly as they are shown, one after the other.

A plain `buildmark …` runs in this process; what needs a shell goes to bash, whose `buildmark` and `pytest` are programs
of a folder of ours, with the same fakes in them.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.cli.main import main
from tests.docs.blocks import ROOT, Command

PROGRAM = """#!{python}
import sys
sys.path.insert(0, {root!r})
from tests.docs.fakes import install
install(setattr)
{then}
"""
PROGRAMS = {
    "buildmark": "from bench.cli.main import main\nmain()",
    "pytest": "import bench.pytest_fixture, pytest\nsys.exit(pytest.main())",
}
IDENTITY = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
_SHELLS = frozenset("|&;<$`*?(){}~\n")


class Done(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


class Stage:
    """The folder, and where in it a reader who did all so far would stand. `placeholders` stand for names of runs."""

    def __init__(self, folder: Path, programs: Path, *, cache: Path, placeholders: Mapping[str, str]) -> None:
        self.here = folder
        self._placeholders = placeholders
        self.environment = {
            **{key: os.environ[key] for key in ("LANG", "LC_ALL", "TMPDIR") if key in os.environ},
            **IDENTITY,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(folder),
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "BUILDMARK_CACHE": str(cache),
            "COLUMNS": "120",
        }

    def run(self, command: Command) -> Done:
        """Run a command as it is shown, with the placeholders filled in."""
        text = self.filled(command.text)
        words = simple_words(text)
        return self._in_process(words) if words else self._in_shell(text, strict=command.block.language == "sh")

    def run_until(self, command: Command, said: str) -> Done:
        """Run a command that goes on for ever, and tell it to end once it has said that it is at work."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {self.filled(command.text)}"],
            cwd=self.here,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            lines = []
            for line in child.stdout:
                lines.append(line)
                if said in line:
                    break
            child.terminate()
            out, err = child.communicate(timeout=120)
        assert said in "".join(lines), err
        return Done(child.returncode, "".join(lines) + out, err)

    def filled(self, text: str) -> str:
        """The text with names of runs that there are in the place of those that stand for one."""
        for placeholder, name in self._placeholders.items():
            text = text.replace(placeholder, name)
        return text

    def _in_process(self, words: list[str]) -> Done:
        out, err = io.StringIO(), io.StringIO()
        target = None
        if ">" in words:
            words, (_, target) = words[:-2], words[-2:]
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(self.here):
            for name in set(os.environ) - set(self.environment):
                patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", words)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end:
                main()
            if target is not None:
                Path(target).write_text(out.getvalue())
        return Done(int(end.value.code or 0), out.getvalue(), err.getvalue())

    def _in_shell(self, text: str, *, strict: bool) -> Done:
        place = self.here / ".place"
        script = f"{'set -e' if strict else ''}\ntrap 'pwd > {shlex.quote(str(place))}' EXIT\n{text}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.here,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.here = Path(place.read_text().strip())
        place.unlink()
        return Done(done.returncode, done.stdout, done.stderr)


def simple_words(text: str) -> list[str]:
    """The words of a plain `buildmark …`, with `> FILE` at its end at most; none where it takes a shell."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return []
    redirected = words[-2:-1] == [">"]
    plain = words[:-2] if redirected else words
    return words if words[:1] == ["buildmark"] and not any(set(word) & _SHELLS or word == ">" for word in plain) else []


def write_programs(folder: Path) -> Path:
    """The programs that a shell finds first."""
    folder.mkdir()
    for name, then in PROGRAMS.items():
        (folder / name).write_text(PROGRAM.format(python=sys.executable, root=str(ROOT), then=then))
        (folder / name).chmod(0o755)
    return folder
