"""Options that are written once stand in a command as if they were written there."""

from __future__ import annotations

import inspect
from typing import Annotated

import msgspec
import typer
from typer.testing import CliRunner

from bench.cli.groups import with_groups


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    size: Annotated[int, typer.Option("--size")] = 3


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    colour: Annotated[str, typer.Option("--colour")]
    inner: Inner
    deep: Annotated[bool, typer.Option("--deep")] = False


def paint(
    wall: Annotated[str, typer.Argument()],
    *,
    outer: Outer,
    times: Annotated[int, typer.Option("--times")] = 1,
) -> None:
    """Paint a wall."""
    typer.echo(f"{wall} {outer} {times}")


def said(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(with_groups(paint))
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout.strip()


def test_fields_stand_in_the_place_of_their_struct() -> None:
    parameters = inspect.signature(with_groups(paint)).parameters
    assert list(parameters) == ["wall", "colour", "size", "deep", "times"]
    assert with_groups(paint).__doc__ == "Paint a wall."


def test_what_is_given_reaches_the_structs_and_what_is_not_has_their_defaults() -> None:
    made = Outer(colour="red", inner=Inner(size=3), deep=True)
    assert said("north", "--colour", "red", "--deep", "--times", "2") == (0, f"north {made} 2")
    assert said("north", "--colour", "red", "--size", "4")[1].startswith(
        "north Outer(colour='red', inner=Inner(size=4)"
    )


def test_a_field_without_a_default_has_to_be_given() -> None:
    assert said("north")[0] == 2
