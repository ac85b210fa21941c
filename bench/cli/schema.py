"""`buildmark schema`: the JSON Schema of `scenario.toml`, or the same for people."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from bench.cli.options import choice


class SchemaFormat(StrEnum):
    """How the schema can be had."""

    JSON = "json"
    MARKDOWN = "markdown"


FormatOption = Annotated[
    SchemaFormat,
    typer.Option(
        "--format",
        metavar="FORMAT",
        parser=choice(SchemaFormat, "--format", "there is no format"),
        help="json: the JSON Schema. markdown: docs/SCENARIO-REFERENCE.md.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("schema")
    def schema(*, form: FormatOption = SchemaFormat.JSON) -> None:
        """Print the JSON Schema of scenario.toml, for editors: save it, and put `#:schema PATH` on the first line."""
        from bench.pure.schema import scenario_schema

        if form is SchemaFormat.JSON:
            typer.echo(json.dumps(scenario_schema(), indent=2))
            return
        from bench.report.scenario_reference import render_reference

        typer.echo(render_reference(scenario_schema()), nl=False)
