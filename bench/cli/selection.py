"""What `plan`, `render` and `run` share: the options that choose a scenario's variants, and what they lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from bench.cli.options import choice, whole_number
from bench.model.build import BuilderKind
from bench.model.scenario import Axis, Base, Scenario, Variant
from bench.pure.planning import DEFAULT_SEED

ScenarioArgument = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario's name (see `buildmark scenarios`), or the path of its folder or of its scenario.toml.",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="AXIS=LEVEL,…",
        help="Use only these levels of an axis; the first is the reference. May be repeated.",
        show_default=False,
    ),
]
BaseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--base",
        metavar="NAME,…",
        help="Use only these base images, any of `buildmark bases`; the first is the reference. May be repeated.",
        show_default=False,
    ),
]
StateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE,…",
        help="Measure only these cache states: cold, warm. May be repeated.",
        show_default="the scenario's",
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        parser=whole_number("--seed", DEFAULT_SEED),
        help="What the order within the rounds is drawn from.",
    ),
]
AllowLargeOption = Annotated[
    bool, typer.Option("--allow-large", help="Accept more than 10,000 combinations of levels.")
]
BuilderOption = Annotated[
    BuilderKind,
    typer.Option(
        "--builder",
        metavar="BUILDER",
        parser=choice(BuilderKind, "--builder", "there is no builder"),
        help=f"What the Dockerfiles are executed by: {', '.join(BuilderKind)}.",
    ),
]


class ListFormat(StrEnum):
    """How a command prints what it lists."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[
    ListFormat,
    typer.Option(
        "--format",
        metavar="FORMAT",
        parser=choice(ListFormat, "--format", "there is no format"),
        help=f"How to print: {', '.join(ListFormat)}.",
    ),
]


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario and what the options left of it. `catalogue` holds every base that there is, by name."""

    scenario: Scenario
    axes: tuple[Axis, ...]
    variants: tuple[Variant, ...]
    catalogue: Mapping[str, Base]

    def base_of(self, variant: Variant) -> Base | None:
        """The catalogue's entry of the variant's base; None where the scenario has no base axis."""
        return None if variant.base is None else self.catalogue[variant.base]

    def dockerfiles(self, builder: BuilderKind, *, most: int | None = None) -> dict[str, str]:
        """The Dockerfile of each variant (of the first `most`), by its id. Raises InputError for a wrong template."""
        from bench.ports.scenario_files import read_template
        from bench.pure.dockerfile import render

        template = read_template(self.scenario)
        return {
            variant.id: render(self.scenario, template, self.axes, variant, self.base_of(variant), builder=builder)
            for variant in self.variants[:most]
        }


def choose(
    name_or_path: str,
    set_options: Sequence[str] | None,
    base_options: Sequence[str] | None,
    *,
    allow_large: bool = False,
) -> Chosen:
    """Load the scenario and apply the options to it. Raises UsageError and InputError; touches no engine."""
    from bench.ports.base_catalogue import load_catalogue
    from bench.ports.scenario_files import load_scenario, scenario_folders
    from bench.pure.planning import expand, make_selection, select_axes

    selection = make_selection(set_options or (), base_options or ())
    catalogue = load_catalogue()
    scenario = load_scenario(name_or_path, folders=scenario_folders(), known_bases=catalogue)
    axes = select_axes(scenario, selection, catalogue)
    variants = expand(scenario, axes, allow_large=allow_large)
    return Chosen(scenario=scenario, axes=axes, variants=variants, catalogue=catalogue)
