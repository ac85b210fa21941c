"""Whether tables are drawn into: what `--bars` says, and what the terminal can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, TextIO, assert_never

import typer

from bench.cli.options import choice
from bench.errors import UsageError
from bench.report.bars import LETTERS

_CANNOT = frozenset({"dumb", "unknown"})


class Bars(StrEnum):
    """When tables have bars."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


BarsOption = Annotated[
    Bars,
    typer.Option(
        "--bars",
        metavar="WHEN",
        parser=choice(Bars, "--bars", "bars are not drawn"),
        help="Draw times and intervals into tables: auto (on a terminal that can show it), always, never.",
    ),
]


def bars_wanted(asked: Bars, *, is_table: bool) -> bool:
    """Whether what is printed gets bars; where its width has no room for them they are left out all the same.

    Raises UsageError where they are asked for and cannot be had.
    """
    match asked:
        case Bars.NEVER:
            return False
        case Bars.AUTO:
            return is_table and can_show(sys.stdout, os.environ)
        case Bars.ALWAYS:
            _check(is_table=is_table)
            return True
        case _:
            assert_never(asked)


def can_show(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a stream leads to a terminal that takes the letters which bars are made of."""
    return out.isatty() and environment.get("TERM", "").lower() not in _CANNOT and _has_letters(out)


def _check(*, is_table: bool) -> None:
    if not is_table:
        raise UsageError("--bars always is for tables", remedy="--format table, or leave out --bars")
    if not _has_letters(sys.stdout):
        raise UsageError(
            f"standard output's encoding, {sys.stdout.encoding}, has no letters for bars",
            remedy="leave out --bars, or set PYTHONIOENCODING=utf-8",
        )


def _has_letters(out: TextIO) -> bool:
    try:
        LETTERS.encode(out.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
