"""Names as labels: whatever a name holds, its label is one line, printable, short, and no other name's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

from bench.report.units import plain_text

Key = TypeVar("Key")
LABEL_LETTERS = 34
TOLD_LETTERS = 160
NAMELESS = "(no name)"
_NAMED = 6


def short_text(text: str, most: int = TOLD_LETTERS) -> str:
    """A text on one line, without control characters, with an ellipsis in its middle when it is longer than `most`."""
    plain = plain_text(text) or NAMELESS
    if len(plain) <= most:
        return plain
    tail = most // 3
    return f"{plain[: most - tail - 1]}…{plain[-tail:]}"


def letters_for(width: int) -> int:
    """How many letters a label may have in a picture that is `width` pixels wide: fewer on a phone."""
    return min(max(width // 14, 14), LABEL_LETTERS)


def unique_labels(names: Mapping[Key, str], most: int = LABEL_LETTERS) -> dict[Key, str]:
    """A label for each name; names that look alike when they are short are numbered."""
    used: set[str] = set()
    seen: Counter[str] = Counter()
    labels: dict[Key, str] = {}
    for key, name in names.items():
        label = first = short_text(name, most)
        while label in used:
            seen[first] += 1
            label = f"{first} ({seen[first] + 1})"
        used.add(label)
        labels[key] = label
    return labels


def named(names: Iterable[str], most: int = _NAMED) -> str:
    """A list of names in words, of which no more than `most` are told."""
    told = list(names)
    text = ", ".join(short_text(name, LABEL_LETTERS) for name in told[:most])
    return text + (f" and {len(told) - most:,} more" if len(told) > most else "")
