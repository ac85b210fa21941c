"""Revisions of a repository: resolving them, and laying out a folder as it was at one.

Files are checked out through an index of our own: the user's index, branches and working tree stay as they are. Content
filters run as in any checkout. Neighbour: `bench.ports.git` tells the state of the folder that a run is made of.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import UsageError
from bench.ports import process
from bench.ports.git import HARMLESS, git_environment

_QUIET = ("--no-pager", "--no-optional-locks", *(word for setting in HARMLESS for word in ("-c", setting)))
_TIMEOUT_S = 300.0
_AT_ONCE = 200
"""Files named on one command line."""


_NONE = "not a git repository"
"""What git says in a folder that lies in none."""


class NoRepositoryError(UsageError):
    """A folder lies in no repository."""


def repository_root(folder: Path, environment: Mapping[str, str]) -> Path | None:
    """The top of the repository that holds a folder, None where none does. Raises UsageError where git fails."""
    try:
        return Repository(folder, environment).root
    except NoRepositoryError:
        return None


class Repository:
    """The repository that holds a folder. Raises NoRepositoryError where none does, UsageError where git fails."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._environment = git_environment(environment)
        self.root = folder
        try:
            self.root = Path(self._git("rev-parse", "--show-toplevel").rstrip("\n"))
        except UsageError as error:
            if _NONE not in error.message:
                raise
            raise NoRepositoryError(
                f"the folder {folder} lies in no git repository, so there are no revisions of it",
                remedy="make one, and commit what is there: git init && git add -A && git commit",
            ) from error

    def resolve(self, revision: str) -> str:
        """The commit that a revision names. Raises UsageError where it names none."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
        except UsageError as error:
            raise UsageError(
                f"'{revision}' is no commit of the repository {self.root}",
                remedy="name a branch, a tag or a commit; where the clone is shallow, fetch more of it",
            ) from error

    def default_branch(self) -> str:
        """The branch that changes go to: the remote's, else `main` or `master`. Raises UsageError without one."""
        with contextlib.suppress(UsageError):
            return self._git("rev-parse", "--abbrev-ref", "--verify", "--quiet", "origin/HEAD").strip()
        for name in ("main", "master"):
            with contextlib.suppress(UsageError):
                self.resolve(name)
                return name
        raise UsageError("the repository has no branch 'main' or 'master'", remedy="name the base branch: --against")

    def merge_base(self, first: str, second: str) -> str:
        """The commit at which two revisions parted. Raises UsageError where they have none in common."""
        pair = self.resolve(first), self.resolve(second)
        try:
            return self._git("merge-base", *pair).strip()
        except UsageError as error:
            raise UsageError(
                f"'{first}' and '{second}' have no commit in common",
                remedy="where the clone is shallow, fetch more of it",
            ) from error

    def between(self, good: str, bad: str) -> tuple[str, ...]:
        """The commits after `good` up to `bad`, the oldest first, along first parents.

        Raises UsageError where `good` is not an ancestor of `bad`.
        """
        first, last = self.resolve(good), self.resolve(bad)
        listed = self._git("rev-list", "--first-parent", "--reverse", "--ancestry-path", f"{first}..{last}").split()
        if not listed:
            raise UsageError(f"'{good}' does not come before '{bad}'", remedy="name the good commit first")
        return tuple(listed)

    def subject(self, commit: str) -> str:
        """The first line of a commit's message."""
        return self._git("log", "-1", "--format=%s", commit).strip()

    def path_of(self, folder: Path) -> str:
        """A folder's path within the repository, `.` for its root. Raises UsageError where it is outside."""
        there = folder.resolve()
        if not there.is_relative_to(self.root.resolve()):
            raise UsageError(f"{folder} is not inside the repository {self.root}")
        return there.relative_to(self.root.resolve()).as_posix()

    def has(self, commit: str, path: str) -> bool:
        """Whether there is a file or a folder at `path` in a commit."""
        return bool(self._git("ls-tree", "-z", "--full-tree", "--name-only", commit, "--", _literal(path)))

    def check_out(self, commit: str, path: str, destination: Path) -> Path:
        """Lay out `path` as it was at `commit` below `destination`; returns the folder.

        Raises UsageError where the commit has no such folder.
        """
        names = self._git("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, "--", _literal(path))
        if not names:
            raise UsageError(f"the commit {commit[:12]} has no folder '{path}'")
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="buildmark-index-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
            self._git("read-tree", commit, **index)
            listed = names.rstrip("\0").split("\0")
            for first in range(0, len(listed), _AT_ONCE):
                some = listed[first : first + _AT_ONCE]
                self._git("checkout-index", f"--prefix={destination}/", "--", *some, **index)
        return destination / path

    def _git(self, *arguments: str, **variables: str) -> str:
        """Run git at the repository's root. Raises UsageError with git's own last words."""
        argv: Sequence[str] = ["git", "-C", str(self.root), *_QUIET, *arguments]
        env = {**self._environment, **variables}
        return process.run(argv, env=env, timeout_s=_TIMEOUT_S, failure=UsageError).text


def _literal(path: str) -> str:
    """A path that git takes as it is, whatever signs of patterns it has."""
    return f":(literal){path}"
