"""What git says of the folder that a scenario lies in: commit, branch, and whether something is not committed.

The repository is somebody else's file: nothing in its configuration may start a program. `git` runs no hook here, no
pager, no file-system monitor, no signature check, no filter that the repository itself defines, and fetches nothing.
Nothing is written either. What git refuses or cannot tell is an absence with its reason. Neighbour: `process`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bench.errors import StorageError
from bench.model.run import Source
from bench.ports import process

TIMEOUT_S = 20.0
LONGEST_SUBJECT = 200
# Variables that say where the user's own settings are, or how far to look; GIT_DIR and the like would name another
# repository, as they do for whatever a hook starts.
_KEPT = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"}
_KEPT_PREFIXES = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
_SILENT = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
HARMLESS = (
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "log.showSignature=false",
    "i18n.logOutputEncoding=UTF-8",
)
_UNREADABLE = "git cannot read the repository"


class _GitError(StorageError):
    """Git could not be started, refused, or took too long; the message is the reason of an absence."""


def read_source(folder: Path, environment: Mapping[str, str]) -> Source:
    """The state of the repository that holds `folder`; never raises, for a run does not depend on git."""
    try:
        return _Git(folder, environment).source()
    except _GitError as error:
        return Source(absent=error.message)


class _Git:
    """Git in one folder, with what a repository's configuration could start turned off."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {**git_environment(environment), **_OFFLINE}
        self._settings: tuple[str, ...] = HARMLESS
        self._filters = self._silenced_filters()
        self._settings += self._filters

    def source(self) -> Source:
        head = self._ask(
            "log", "-1", "-s", "--no-show-signature", "--no-decorate", "--format=%H%n%cI%n%s", "HEAD", "--"
        )
        commit, _, rest = head.partition("\n")
        committed_at, _, subject = rest.partition("\n")
        return Source(
            commit=commit,
            branch=self._ask("symbolic-ref", "--quiet", "--short", "HEAD", may_be_none=True) or None,
            dirty=self._is_dirty(),
            committed_at=datetime.fromisoformat(committed_at),
            subject=subject[:LONGEST_SUBJECT],
        )

    def _is_dirty(self) -> bool | None:
        """Whether tracked files differ from the commit, or the folder holds files that git neither knows nor ignores.

        Elsewhere new files do not count: the results of the run itself may be some. Submodules count by their commit.
        A repository's own filters are not run, so where it has some, files that seem changed may not be: None.
        """
        changed = self._ask("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
        if changed and self._filters:
            return None
        return bool(changed or self._ask("ls-files", "--others", "--exclude-standard", "--directory", "--", "."))

    def _silenced_filters(self) -> tuple[str, ...]:
        """Settings that empty the filters which the repository's own configuration defines. Raises _GitError."""
        words = self._ask("config", "--list", "--show-scope", "--name-only", "-z").split("\0")
        own = [name for scope, name in zip(words[::2], words[1::2], strict=False) if scope in {"local", "worktree"}]
        drivers = {name.rpartition(".")[0] for name in own if name.startswith("filter.") and name.count(".") > 1}
        if any("=" in driver for driver in drivers):
            raise _GitError("the repository's configuration has a filter that cannot be turned off")
        emptied = [f"{driver}.{key}=" for driver in sorted(drivers) for key in ("clean", "smudge", "process")]
        return (*emptied, *(f"{driver}.required=false" for driver in sorted(drivers)))

    def _ask(self, *words: str, may_be_none: bool = False) -> str:
        """What git answers. With `may_be_none`, a failure without a word is an empty answer. Raises _GitError."""
        settings = [word for setting in self._settings for word in ("-c", setting)]
        done = process.run(
            ["git", "--no-pager", "--no-optional-locks", "-C", str(self._folder), *settings, *words],
            env=self._environment,
            timeout_s=TIMEOUT_S,
            check=False,
            failure=_GitError,
        )
        if done.timed_out:
            raise _GitError(f"git took longer than {TIMEOUT_S:.0f} s")
        if done.returncode and not (may_be_none and not done.stderr):
            raise _GitError(_reason(done.error_text))
        return done.text


def git_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: in English, asking nothing, and of its own variables few."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    return {**kept, **_SILENT}


def _reason(said: str) -> str:
    """Why there is nothing to tell, from what git says on standard error."""
    if "dubious ownership" in said:
        return "git refuses the repository because it belongs to another user (see safe.directory in git's manual)"
    if "not a git repository" in said:
        return "the scenario's folder is in no git repository"
    if "bad revision 'HEAD'" in said or "does not have any commits" in said:
        return "the repository has no commit yet"
    last = said.splitlines()[-1] if said else "no word why"
    return f"{_UNREADABLE}: {last.removeprefix('fatal: ')}"
