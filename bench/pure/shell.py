"""Shell commands as a Dockerfile carries them: one RUN each, or all in one RUN, without changing what they do.

Neighbours: `bench.pure.helpers` hands these to templates; `bench.pure.packages` makes the commands of package managers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

SEPARATORS = frozenset({"&&", "||", ";", "|", "&", "(", "{", "then", "do", "else", "elif", "if", "while", "until", "!"})
LOOSER_THAN_AND = frozenset({";", "||", "&", ";;"})
CHANGES_THE_SHELL = frozenset(
    {".", "alias", "cd", "exec", "exit", "export", "readonly", "return", "set", "shift", "source", "trap", "ulimit"}
    | {"umask", "unset"}
)
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
OPERATOR = r"&&|\|\||;;|<<-?|[<>]&|>>|<>|>\||[;&|()<>]"
WORD = r"(?:\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"|[^\s;&|()<>\"'\\])+"
TOKEN = re.compile(f"{WORD}|{OPERATOR}", re.DOTALL)
BARE_LINE_BREAK = re.compile(r"(?<!\\)\n")


class ShellMistakeError(ValueError):
    """A command that cannot stand in a RUN; the message says why."""


def words(command: str) -> list[str]:
    """Split a command into words (quotes kept) and operators, as a shell would.

    Raises ShellMistakeError where it cannot, and for what would break a RUN: an empty command, a line that ends without
    a backslash, a comment.
    """
    if BARE_LINE_BREAK.search(command):
        raise ShellMistakeError(f"a command may only break its line after a backslash: {command!r}")
    rest, found = command.replace("\\\n", " ").strip(), []
    while rest:
        match = TOKEN.match(rest)
        if match is None:
            raise ShellMistakeError(f"a quote is not closed in the command {command!r}")
        found.append(match[0])
        rest = rest[match.end() :].lstrip()
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
            yield word.strip("\"'").rsplit("/", maxsplit=1)[-1]
            at_start = False


def leaks(command: str) -> bool:
    """Whether joining `command` to others with `&&` could change what it or they do.

    True for operators that bind no tighter than `&&` (POSIX shell grammar, and-or lists) and for commands that change
    the shell itself: each RUN has a shell of its own, so a `cd` in one must not reach the next.
    """
    found = words(command)
    if LOOSER_THAN_AND & set(found) or ("(", ")") in pairwise(found):
        return True
    started = list(programs(command))
    return not started or any(program in CHANGES_THE_SHELL for program in started) or _ends_in_assignment(found)


def _ends_in_assignment(found: Sequence[str]) -> bool:
    """Whether some simple command consists of nothing but assignments, which then outlive it."""
    assigned, at_start = False, True
    for word in (*found, "&&"):
        if word in SEPARATORS:
            if assigned:
                return True
            at_start = True
        else:
            at_start = assigned = at_start and ASSIGNMENT.match(word) is not None
    return False


def joined(commands: Iterable[str]) -> str:
    """Join commands with `&&`, one a line, each doing what it would do in a RUN of its own."""
    return " \\\n && ".join(f"( {command} )" if leaks(command) else command for command in commands)
