"""A Dockerfile as a template that renders to the same text: Jinja's own signs escaped, and nothing else touched.

The one exception is the image of those FROM lines that stand on the axis `base`. Neighbours: `bench.pure.dockerfile`
renders it, `bench.pure.own_base` says which lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from bench.pure.dockerfile_stages import Place

BASE_REF = "{{ base.ref }}"
_SIGN = re.compile(r"\{[{%#]")
_PIECE = re.compile(r"\{[{%#]?|\r")


def own_template(dockerfile: str, images: Sequence[Place]) -> str:
    """The template. `dockerfile` has no CRLF; `images` are the places that the base of the axis takes."""
    lines = [line for line in re.split(r"(?<=\n)", dockerfile) if line]
    return "".join(_written(lines, {place.line - 1: place for place in images}))


def _written(lines: Sequence[str], images: Mapping[int, Place]) -> Iterator[str]:
    """Each line with its line break; lines side by side that need it share one raw block."""
    escaped = dict(_escaped_lines(lines, images))

    def is_raw(number: int) -> bool:
        return number not in escaped and _SIGN.search(lines[number]) is not None

    for raw, numbers in groupby(range(len(lines)), key=is_raw):
        text = "".join(escaped.get(number, lines[number]) for number in numbers)
        yield _raw(text) if raw else text


def _raw(text: str) -> str:
    """A raw block. A tag on a line of its own takes its line break with it; an unfinished last line has none."""
    return f"{{% raw %}}{text}{{% endraw %}}" + ("\n" if text.endswith("\n") else "")


def _escaped_lines(lines: Sequence[str], images: Mapping[int, Place]) -> Iterator[tuple[int, str]]:
    """The lines, by number from 0, that get the base, or that no raw block could hold."""
    for number, line in enumerate(lines):
        if (place := images.get(number)) is not None:
            yield number, f"{_escaped(line[: place.start])}{BASE_REF}{_escaped(line[place.end :])}"
        elif "\r" in line or "endraw" in line:
            yield number, _escaped(line)


def _escaped(text: str) -> str:
    """The text with each sign of Jinja's, and each lone carriage return, as an expression that prints it."""
    return _PIECE.sub(lambda sign: f'{{{{ "{sign[0]}" }}}}' if sign[0] != "\r" else '{{ "\\r" }}', text)
