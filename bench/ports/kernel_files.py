"""Where the kernel's files lie, and reading small ones of them; every reader of a machine's facts goes through here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.ports.meter_parts import read_text
from bench.pure.cgroup_files import Absent

Value = TypeVar("Value")


class Roots(msgspec.Struct, frozen=True, kw_only=True):
    """The folders that the kernel shows itself in, passed in so that tests have machines of their own.

    `top` is where files of the system itself are looked for (such as the mark of a container).
    """

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    top: Path = Path("/")


def read_word(path: Path) -> str | Absent:
    """The one word or line that a file holds, or why it cannot be read; nothing in it is no word either."""
    text = read_text(path)
    if isinstance(text, Absent):
        return text
    return text.strip() or Absent(f"{path} is empty")


def parsed(text: str | Absent, parse: Callable[[str], Value | Absent]) -> Value | Absent:
    """What a parser makes of a text; the text's absence where it has none."""
    return text if isinstance(text, Absent) else parse(text)


def flag(word: str | Absent, *, true: str = "1") -> bool | Absent:
    """Whether a word is the one that means yes."""
    return word if isinstance(word, Absent) else word == true
