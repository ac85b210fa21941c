"""Shell commands as a Dockerfile carries them: one RUN each, or all in one RUN, without changing what they do.

Neighbours: `bench.pure.helpers` hands these to templates; `bench.pure.packages` makes the commands of package managers.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

SEPARATORS = frozenset({"&&", "||", ";", "|", "&", "(", "{", "then", "do", "else", "elif", "if", "while", "until", "!"})
LOOSER_THAN_AND = frozenset({";", "||", "&", ";;", "()"})
CHANGES_THE_SHELL = frozenset(
    {".", "alias", "cd", "exec", "exit", "export", "readonly", "return", "set", "shift", "source", "trap", "ulimit"}
    | {"umask", "unset"}
)
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
BARE_LINE_BREAK = re.compile(r"(?<!\\)\n")


class ShellMistakeError(ValueError):
    """A command that cannot stand in a RUN; the message says why."""


def words(command: str) -> list[str]:
    """Split a command into words and operators, as a shell would; raises ShellMistakeError where it cannot."""
    if BARE_LINE_BREAK.search(command):
        raise ShellMistakeError(f"a command may only break its line after a backslash: {command!r}")
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        found = list(lexer)
    except ValueError as error:
        raise ShellMistakeError(f"{str(error).lower()} in the command {command!r}") from error
    if not found:
        raise ShellMistakeError("a command is empty")
    if any(word.startswith("#") for word in found):
        raise ShellMistakeError(f"a comment inside a command would swallow what follows it: {command!r}")
    return found


def programs(command: str) -> Iterator[str]:
    """Yield the first word of each simple command in `command`, assignments before it left out, without its folder."""
    at_start = True
    for word in words(command):
        if word in SEPARATORS:
            at_start = True
        elif at_start and not ASSIGNMENT.match(word):
            yield word.rsplit("/", maxsplit=1)[-1]
            at_start = False


def leaks(command: str) -> bool:
    """Whether joining `command` to others with `&&` could change what it or they do.

    True for operators that bind no tighter than `&&` (POSIX shell grammar, and-or lists) and for commands that change
    the shell itself: each RUN has a shell of its own, so a `cd` in one must not reach the next.
    """
    found = words(command)
    if LOOSER_THAN_AND & set(found):
        return True
    started = list(programs(command))
    return not started or any(program in CHANGES_THE_SHELL for program in started) or _ends_in_assignment(found)


def _ends_in_assignment(found: Sequence[str]) -> bool:
    """Whether some simple command consists of nothing but assignments, which then outlive it."""
    only_assignments = True
    for word in (*found, "&&"):
        if word in SEPARATORS:
            if only_assignments and word == "&&":
                return True
            only_assignments = True
        elif not ASSIGNMENT.match(word):
            only_assignments = False
    return False


def joined(commands: Iterable[str]) -> str:
    """Join commands with `&&`, one a line, each doing what it would do in a RUN of its own."""
    return " \\\n && ".join(f"( {command} )" if leaks(command) else command for command in commands)
