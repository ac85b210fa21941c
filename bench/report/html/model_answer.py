"""The answer of a page, as values: sentences whose parts may lead to a variant, and what each choice changes."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Judgement(StrEnum):
    """What a change comes to for somebody who wants fast builds and small images."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNDECIDED = "undecided"


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a sentence; `variant` is the place of the variant that it names, None for plain words."""

    text: str
    variant: int | None = None


class Best(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that people look for first: `Fastest cold`, `1.66 s`, which variant that is, and how sure it is."""

    title: str
    value: str
    variant: Phrase
    note: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a choice does to one thing: `cold builds`, and `6.1 % slower (+2.0 % to +9.3 %)`."""

    about: str
    text: str
    judgement: Judgement


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One level of an axis instead of the axis's first, and what that changes."""

    axis: str
    text: str
    changes: tuple[Change, ...]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A variant that no other one beats in time and size at once, with both."""

    variant: Phrase
    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the run says, in words: `undecided` has a sentence for each thing that its samples cannot tell.

    `front` goes from the fastest to the smallest; `front_size` says of which size: compressed or unpacked.
    """

    lead: tuple[Phrase, ...]
    bests: tuple[Best, ...]
    front: tuple[Point, ...]
    front_size: str
    choices: tuple[Choice, ...]
    undecided: tuple[str, ...]
