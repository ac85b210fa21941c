"""`buildmark scenarios`: which scenarios there are."""

from __future__ import annotations

import json
from typing import Any

import typer

from bench.cli.selection import FormatOption, ListFormat
from bench.cli.show import terminal_width
from bench.errors import InputError, UsageError
from bench.model.scenario import Scenario


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("scenarios")
    def scenarios(format_: FormatOption = ListFormat.TABLE) -> None:
        """List the scenarios: those in ./scenarios, and the shipped ones."""
        from bench.ports.scenario_files import find_scenarios, scenario_folders

        rows, problems = [], []
        for found in find_scenarios(scenario_folders()):
            try:
                rows.append(_row(str(found.file)))
            except InputError as error:
                problems.append(error)
        typer.echo(json.dumps(rows) if format_ is ListFormat.JSON else _table(rows))
        _report(problems)


def _row(path: str) -> dict[str, Any]:
    from bench.ports.base_catalogue import load_catalogue
    from bench.ports.scenario_files import load_scenario

    scenario = load_scenario(path, folders=(), known_bases=load_catalogue())
    return {
        "name": scenario.name,
        "title": scenario.title,
        "axes": {axis.name: [level.name for level in axis.levels] for axis in scenario.axes},
        "variants": _count(scenario),
        "folder": str(scenario.folder),
    }


def _count(scenario: Scenario) -> int | None:
    """How many variants; None for a matrix so large that it is not expanded unasked."""
    from bench.pure.planning import expand, is_large

    if is_large(scenario.axes):
        return None
    try:
        return len(expand(scenario, scenario.axes))
    except UsageError as error:
        raise InputError(f"{scenario.folder}: {error.message}", remedy=error.remedy) from error


def _table(rows: list[dict[str, Any]]) -> str:
    from bench.report.grid import GridColumn, folded_grid

    columns = [
        GridColumn(header="scenario", cells=tuple(row["name"] for row in rows), left=True),
        GridColumn(header="title", cells=tuple(row["title"] for row in rows), left=True),
        GridColumn(header="axes", cells=tuple(_axes(row["axes"]) for row in rows), left=True),
        GridColumn(header="variants", cells=tuple(str(row["variants"] or "over 10,000") for row in rows)),
    ]
    return folded_grid(columns, width=terminal_width(), fold={"title", "axes"})


def _axes(axes: dict[str, list[str]]) -> str:
    return "\n".join(f"{axis}: {', '.join(levels)}" for axis, levels in axes.items())


def _report(problems: list[InputError]) -> None:
    """A broken scenario hides no other; it is said after them, and in the exit code."""
    if not problems:
        return
    for error in problems[:-1]:
        typer.echo(f"error: {error.message}", err=True)
    raise problems[-1]
