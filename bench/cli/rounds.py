"""How long to measure: a number of rounds, or as many as a question takes. What `run`, `compare` and the like share."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from bench.cli.options import duration, share, whole_number
from bench.errors import UsageError
from bench.model.plan import Adaptive
from bench.pure.planning import DEFAULT_ROUNDS

DEFAULT_MIN_ROUNDS = 6
DEFAULT_MAX_ROUNDS = 40

RoundsOption = Annotated[
    int | None,
    typer.Option(
        "--rounds",
        metavar="N",
        parser=whole_number("--rounds", DEFAULT_ROUNDS),
        help="Rounds; each builds every variant in every state once.",
        show_default=f"{DEFAULT_ROUNDS}, or what the options below lead to",
    ),
]
PrecisionOption = Annotated[
    float | None,
    typer.Option(
        "--precision",
        metavar="SHARE",
        parser=share("--precision", "2%"),
        help="Go on until each row's median is known to this share, such as 2%.",
        show_default=False,
    ),
]
DecideOption = Annotated[
    float | None,
    typer.Option(
        "--decide",
        metavar="SHARE",
        parser=share("--decide", "5%"),
        help="Go on until each variant is faster or slower than the first, or the same within this margin.",
        show_default=False,
    ),
]
MinRoundsOption = Annotated[
    int | None,
    typer.Option(
        "--min-rounds",
        metavar="N",
        parser=whole_number("--min-rounds", DEFAULT_MIN_ROUNDS, least=2),
        help="Settle nothing before this many rounds.",
        show_default=str(DEFAULT_MIN_ROUNDS),
    ),
]
MaxRoundsOption = Annotated[
    int | None,
    typer.Option(
        "--max-rounds",
        metavar="N",
        parser=whole_number("--max-rounds", DEFAULT_MAX_ROUNDS, least=2),
        help="Stop after this many rounds, settled or not.",
        show_default=str(DEFAULT_MAX_ROUNDS),
    ),
]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        "--budget",
        metavar="TIME",
        parser=duration("--budget", "20m"),
        help="Begin no round that would take the trials beyond this time, such as 90s, 20m or 1h30m.",
        show_default=False,
    ),
]


class RoundsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The options that say how long to measure, as they are given."""

    rounds: RoundsOption = None
    precision: PrecisionOption = None
    decide: DecideOption = None
    min_rounds: MinRoundsOption = None
    max_rounds: MaxRoundsOption = None
    budget: BudgetOption = None


class HowLong(msgspec.Struct, frozen=True, kw_only=True):
    """The rounds of the plan, and when to stop before the last one (None: never)."""

    rounds: int
    adaptive: Adaptive | None


def how_long(asked: RoundsAsked) -> HowLong:
    """What the options come to. Raises UsageError where they contradict each other."""
    if asked.precision is None and asked.decide is None and asked.budget is None:
        if asked.min_rounds is not None or asked.max_rounds is not None:
            raise UsageError(
                "--min-rounds and --max-rounds say when to stop early, and nothing asks for that",
                remedy="add --precision 2%, --decide 5% or --budget 20m, or use --rounds alone",
            )
        return HowLong(rounds=DEFAULT_ROUNDS if asked.rounds is None else asked.rounds, adaptive=None)
    if asked.rounds is not None:
        raise UsageError(
            "--rounds is a fixed number of rounds, and --precision, --decide and --budget find it out",
            remedy="use --max-rounds for the most that there may be",
        )
    if asked.precision is not None and asked.decide is not None:
        raise UsageError("--precision and --decide are two ways to end a run", remedy="choose one")
    least, most = asked.min_rounds or DEFAULT_MIN_ROUNDS, asked.max_rounds or DEFAULT_MAX_ROUNDS
    if least > most:
        raise UsageError(f"--min-rounds {least} is more than --max-rounds {most}")
    adaptive = Adaptive(min_rounds=least, precision=asked.precision, decide=asked.decide, budget_s=asked.budget)
    return HowLong(rounds=most, adaptive=adaptive)
