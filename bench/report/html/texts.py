"""Text of whatever origin made ready for a page: everything in it can be seen, and nothing in it moves what is beside.

Escaping is the template's business, and the scripts make text nodes; here are only the characters that would be text
and still not show: control characters, direction overrides, halves of surrogate pairs, and what no XML may hold.
"""

from __future__ import annotations

import re

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_PICTURES = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\N{SYMBOL FOR DELETE}",
    **{code: f"[U+{code:04X}]" for code in (*range(0x80, 0xA0), *_DIRECTIONS, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)},
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
}
_LINE_PICTURES = {code: picture for code, picture in _PICTURES.items() if code != ord("\t")}
_LONGEST_NAME = 120


def visible(text: str) -> str:
    """A text on one line: control characters become their pictures, direction overrides their numbers in brackets."""
    return text.translate(_PICTURES)


def visible_line(line: str) -> str:
    """A line of a file or of a log: tabs stay, and colours for terminals are taken out."""
    return _ANSI.sub("", line).translate(_LINE_PICTURES)


def visible_lines(text: str) -> tuple[str, ...]:
    """The lines of a file. A carriage return before the newline is seen: it is often the answer."""
    return tuple(visible_line(line) for line in text.removesuffix("\n").split("\n"))


def short_name(name: str) -> str:
    """A name that fits into a sentence; its end is cut off where it is very long."""
    seen = visible(name)
    return seen if len(seen) <= _LONGEST_NAME else f"{seen[: _LONGEST_NAME - 1]}…"


class Texts:
    """Texts by number: each is kept once. The page's scripts get `all` and the numbers."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    @property
    def all(self) -> tuple[str, ...]:
        """Every text, in the order of its number."""
        return tuple(self._places)

    def place(self, text: str) -> int:
        """The number of a text that is made visible as a name is."""
        return self._number(visible(text))

    def line(self, line: str) -> int:
        """The number of a line of a file or a log."""
        return self._number(visible_line(line))

    def maybe(self, text: str | None) -> int | None:
        """The number of a text, None where there is none."""
        return None if text is None else self.place(text)

    def _number(self, seen: str) -> int:
        return self._places.setdefault(seen, len(self._places))
