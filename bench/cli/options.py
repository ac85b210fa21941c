"""How the words of options are read: closed sets and numbers, all refused in the same shape, with exit code 2."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from bench.errors import UsageError
from bench.report.choices import parse_choice

Choice = TypeVar("Choice", bound=StrEnum)
_AGE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(%?)")
_WHOLE = re.compile(r"[+-]?[0-9][0-9_]*")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


def choice(kind: type[Choice], option: str, problem: str) -> Callable[[str], Choice]:
    """The parser of an option that takes one of a closed set; it raises UsageError that starts with `problem`."""

    def parse(word: str) -> Choice:
        return parse_choice(word, kind, option, problem)

    return parse


def whole_number(option: str, example: int, *, least: int | None = None) -> Callable[[str], int]:
    """The parser of an option that takes a whole number, `least` or more; `example` is what the remedy shows."""

    def parse(word: str | int) -> int:
        number = int(word) if _WHOLE.fullmatch(str(word)) else None
        if number is None:
            raise UsageError(f"{option} takes a whole number, not '{word}'", remedy=f"{option} {example}")
        if least is not None and number < least:
            raise UsageError(f"{option} takes {least} or more, not {number}", remedy=f"{option} {example}")
        return number

    return parse


def seconds(option: str, example: int, *, least: float) -> Callable[[str], float]:
    """The parser of an option that takes seconds, `least` or more."""

    def parse(word: str | float) -> float:
        number = _number(str(word))
        if number is None or not least <= number < float("inf"):
            raise UsageError(
                f"{option} takes a number of seconds, {least:g} or more, not '{word}'", remedy=f"{option} {example}"
            )
        return number

    return parse


def age(word: str, option: str) -> timedelta:
    """An age in hours, days or weeks: `12h`, `90d`, `2w`. Raises UsageError."""
    found = _AGE.fullmatch(word.strip().lower())
    if found is None:
        raise UsageError(f"{option} takes a number with h, d or w, not '{word}'", remedy=f"{option} 90d")
    try:
        return float(found[1]) * _UNITS[found[2]]
    except OverflowError as error:
        raise UsageError(f"{option} {word} is longer than time itself", remedy=f"{option} 90d") from error


def moment(word: str, option: str, now: datetime) -> datetime:
    """A date, a time, or an age before now: `2026-11-01`, `2026-11-01T12:00`, `30d`. UTC where it names no offset.

    Raises UsageError.
    """
    try:
        if _AGE.fullmatch(word.strip().lower()):
            return now - age(word, option)
        read = datetime.fromisoformat(word.strip())
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option} takes a date or an age, not '{word}'", remedy=f"{option} {now:%Y-%m-%d}") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def share(option: str, example: str, *, below: float = 1.0) -> Callable[[str], float]:
    """The parser of an option that takes a share above 0 and below `below`: `3%`, `3 %` and `0.03` are the same."""

    def parse(word: str | float) -> float:
        found = _SHARE.fullmatch(str(word).strip())
        number = None if found is None else float(found[1]) / (100 if found[2] else 1)
        if number is None or not 0 < number < below:
            near = f": {number:g} is {number * 100:g} %" if number is not None and number >= below else ""
            raise UsageError(
                f"{option} takes a share above 0 % and below {below * 100:g} %, not '{word}'{near}",
                remedy=f"{option} {example}",
            )
        return number

    return parse


def duration(option: str, example: str) -> Callable[[str], float]:
    """The parser of an option that takes a time: `90`, `90s`, `20m`, `1h30m`. The value is in seconds, above 0."""

    def parse(word: str | float) -> float:
        found = _DURATION.fullmatch(str(word).strip())
        parts = [float(part or 0) for part in found.groups()] if found else []
        seconds_in = sum(part * size for part, size in zip(parts, (86_400, 3600, 60, 1), strict=False))
        if not seconds_in:
            raise UsageError(f"{option} takes a time such as {example}, not '{word}'", remedy=f"{option} {example}")
        return seconds_in

    return parse


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
