"""`buildmark schema`: the JSON Schema of `scenario.toml`."""

from __future__ import annotations

import json

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("schema")
    def schema() -> None:
        """Print the JSON Schema of scenario.toml, for editors: save it, and put `#:schema PATH` on the first line."""
        from bench.pure.schema import scenario_schema

        typer.echo(json.dumps(scenario_schema(), indent=2))
