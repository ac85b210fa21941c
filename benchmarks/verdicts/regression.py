"""A real regression, found: `sleep 0.15` in one RUN of quick, in one of eight commits, on a private engine.

Run it with `python -m benchmarks.verdicts.regression`. A repository of its own is made of the shipped scenario;
`buildmark compare --rev` and `bisect` do the rest, as a user types them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.ports import process
from bench.ports.paths import shipped_scenarios
from benchmarks.arguments import chosen_parts

SCENARIO = "quick"
CHOICE = ("--set", "stages=single", "--base", "debian-12", "--state", "cold")
SPLIT, MERGED = ("--set", "layers=split"), ("--set", "layers=merged")
"""Compared where each command is a step of its own, to see which is blamed; bisected where a build is shorter."""
SLOW_COMMAND = "sleep 0.15 && cat site/reset.css site/layout.css > /srv/site/style.css"
PLAIN_COMMAND = "cat site/reset.css site/layout.css > /srv/site/style.css"
PARTS = ("compare", "bisect")
CULPRIT = 5
COMMITS = 8
IDENTITY = {
    f"GIT_{who}_{what}": "bench@example.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a command said: its exit code and its JSON."""

    code: int
    said: Any


class Clone:
    """A repository with the scenario in it, and the commands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull}
        shutil.copytree(shipped_scenarios() / SCENARIO, folder / "scenarios" / SCENARIO)
        self._git("init", "-q", "-b", "main", ".")
        self._commit("the scenario as it is")

    def lay_commits(self) -> None:
        """Eight commits on the first, of which one is slow and the others change nothing that takes time."""
        for number in range(1, COMMITS + 1):
            if number == CULPRIT:
                self._change(PLAIN_COMMAND, SLOW_COMMAND)
            else:
                self._change("FROM {{ base.ref }} AS build", f"# Remark {number}.\nFROM {{{{ base.ref }}}} AS build")
            self._commit(f"change {number}")

    def buildmark(self, *words: str) -> Answer:
        """Run a command on a private engine; its JSON is what it says on standard output."""
        argv = [sys.executable, "-m", "bench", *words, "--scenario", SCENARIO, *CHOICE, "--engine", "private"]
        done = process.run(
            [*argv, "--format", "json"], cwd=self.folder, env=self._environment, timeout_s=3600, check=False
        )
        if not done.stdout:
            raise SystemExit(f"{' '.join(words)} said nothing: {done.error_text[-2000:]}")
        return Answer(code=done.returncode, said=json.loads(done.stdout))

    def revision(self, number: int) -> str:
        """The commit after so many changes."""
        return self._git("rev-parse", f"main~{COMMITS - number}")

    def _change(self, old: str, new: str) -> None:
        template = self.folder / "scenarios" / SCENARIO / "Dockerfile.j2"
        text = template.read_text()
        if old not in text:
            raise SystemExit(f"the scenario {SCENARIO} has no {old!r} any more")
        template.write_text(text.replace(old, new, 1))

    def _commit(self, subject: str) -> None:
        self._git("add", "-A")
        self._git("commit", "-q", "-m", subject)

    def _git(self, *words: str) -> str:
        return process.run(["git", *words], cwd=self.folder, env=self._environment).text.strip()


def compared(clone: Clone, name: str, base: int, head: int) -> str:
    """One line of the table: two revisions compared."""
    answer = clone.buildmark("compare", "--rev", clone.revision(base), "--rev", clone.revision(head), *SPLIT)
    row = answer.said["rows"][0]
    parts = (row["blame"] or {}).get("parts", ())
    worst = max(parts, key=lambda part: part["difference_s"], default=None)
    blamed = f"{_name(worst)} ({worst['difference_s']:+.2f} s)" if worst else "nothing"
    if row["low"] is None:
        raise SystemExit(f"{name}: nothing that counts was measured: {json.dumps(answer.said['notes'])}")
    interval = f"{row['ratio']:.3f} ({row['low']:.3f}-{row['high']:.3f})"
    return f"| {name} | {row['verdict']} | {interval} | {row['n']} | {answer.code} | {blamed} |"


def _name(part: dict[str, Any]) -> str:
    """A blamed part: the text of its step, else its kind."""
    side = part["head"] or part["base"]
    return str(side["name"] if side else part["kind"])[:60]


def bisected(clone: Clone) -> str:
    """What a bisection over all commits found, in words."""
    answer = clone.buildmark("bisect", clone.revision(0), clone.revision(COMMITS), *MERGED)
    found, tried = answer.said["culprit"], [answer.said["whole"], *answer.said["tried"], answer.said["check"]]
    right = "the right one" if found == clone.revision(CULPRIT) else f"wrong, it was change {CULPRIT}"
    rounds = sum(one["rounds"] for one in tried if one)
    return (
        f"bisect over {COMMITS} commits: {found or 'undecided'} ({right}), exit code {answer.code}, "
        f"{len(answer.said['tried'])} commits measured, {rounds} rounds in all"
    )


def comparisons(clone: Clone) -> None:
    """Print the table of comparisons."""
    print("| change | verdict | ratio, interval | rounds | exit code | blamed most |")
    print("|---|---|---|---|---|---|")
    print(compared(clone, "a comment in the Dockerfile", CULPRIT, CULPRIT + 1), flush=True)
    print(compared(clone, "sleep 0.15 in one RUN", CULPRIT - 1, CULPRIT), flush=True)


def main(parts: Sequence[str]) -> None:
    """Print what was found in each part."""
    with tempfile.TemporaryDirectory(prefix="buildmark-regression-") as scratch:
        clone = Clone(Path(scratch))
        clone.lay_commits()
        if "compare" in parts:
            comparisons(clone)
        if "bisect" in parts:
            print(f"\n{bisected(clone)}")


if __name__ == "__main__":
    main(chosen_parts(PARTS, None, what="part", about=__doc__))
