"""`buildmark bases`: the base images that there are, where each would come from, and getting them ahead of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.options import choice
from bench.cli.selection import FormatOption, ListFormat
from bench.cli.show import terminal_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.app.base_outlook import BaseOutlook
    from bench.model.scenario import Base
    from bench.ports.base_sources import RootfsSources
    from bench.ports.protocols import Engine

bases_app = typer.Typer(
    help="Show the base images that scenarios may use and where each would come from, or get them ahead of a run.",
    invoke_without_command=True,
)

FOLDED = "would come from"
COLUMNS = (("base", 0), ("family", 2), (FOLDED, 0), ("digest", 3), ("size", 1), ("cached", 0))
"""The headers, and in which order columns give way where the terminal is narrow, as `GridColumn.drop`."""


class BaseEngine(StrEnum):
    """The engine that `prepare` puts bases into; the same words as `bench.ports.engines.EngineChoice`."""

    AUTO = "auto"
    HOST = "host"
    PRIVATE = "private"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.add_typer(bases_app, name="bases")


@bases_app.callback()
def show(
    context: typer.Context,
    format_: FormatOption = ListFormat.TABLE,
) -> None:
    """Show every base: its family, where a run would get it from, and what of it is at hand. Nothing is fetched."""
    if context.invoked_subcommand is not None:
        return
    from bench.app.base_outlook import base_origin_plan
    from bench.ports.base_catalogue import load_catalogue

    catalogue = load_catalogue()
    with _host_engine() as engine:
        outlooks = base_origin_plan(catalogue, catalogue, _sources(engine), engine)
    typer.echo(_as_json(outlooks) if format_ is ListFormat.JSON else _as_table(outlooks))


@bases_app.command()
def prepare(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Bases, as `buildmark bases` names them.", show_default=False)
    ],
    engine: Annotated[
        BaseEngine | None,
        typer.Option(
            "--engine",
            metavar="ENGINE",
            parser=choice(BaseEngine, "--engine", "there is no engine"),
            help="auto, host or private: put the bases into this engine too, which may also have or pull them. On your "
            "own engine the next run removes them again; in a private one that `buildmark engine up` keeps they stay.",
            show_default="only the cache folder",
        ),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Make the archives anew, even those that are in the cache folder.")
    ] = False,
) -> None:
    """Get bases now, so that a later run needs no network for them. They are kept in the cache folder."""
    from bench.app.bases import known_base
    from bench.ports.base_catalogue import load_catalogue

    catalogue = load_catalogue()
    bases = [known_base(name, catalogue) for name in dict.fromkeys(names)]
    if engine is None:
        _prepare_archives(bases, refresh=refresh)
    else:
        _prepare_in_engine(bases, catalogue, engine, refresh=refresh)


def _prepare_archives(bases: Sequence[Base], *, refresh: bool) -> None:
    from bench.app.bases import prepare_archive
    from bench.errors import BaseUnavailableError

    sources = _sources(None)
    failed: list[BaseUnavailableError] = []
    for base in bases:
        typer.echo(f"{base.name}: …", err=True)
        try:
            made = prepare_archive(base, sources, refresh=refresh)
        except BaseUnavailableError as error:
            failed.append(error)
        else:
            typer.echo(f"{base.name}: {made.source}, {made.origin}; {_megabytes(made.size_bytes)}, {made.digest}")
    if failed:
        raise BaseUnavailableError("\n  ".join(error.message for error in failed), remedy=failed[0].remedy)


def _prepare_in_engine(
    bases: Sequence[Base], catalogue: Mapping[str, Base], choice: BaseEngine, *, refresh: bool
) -> None:
    from bench.app.bases import prepare_archive, prepare_bases
    from bench.errors import BaseUnavailableError
    from bench.ports.clock import SystemClock
    from bench.ports.engine_lock import FileEngineLock
    from bench.ports.engines import EngineChoice, open_engine
    from bench.ports.paths import cache_folder

    clock, cache = SystemClock(), cache_folder(os.environ)
    opened = open_engine(EngineChoice(choice), environment=os.environ, clock=clock, cache=cache)
    try:
        with FileEngineLock(cache, clock).hold(opened.info.name, "buildmark bases prepare"):
            sources = _sources(opened)
            for base in bases if refresh else ():
                prepare_archive(base, sources, refresh=True)
            names = [base.name for base in bases]
            result = prepare_bases(names, catalogue, opened, sources, say=lambda line: typer.echo(line, err=True))
    finally:
        opened.close()
    for made in result.prepared:
        typer.echo(
            f"{made.name}: {made.source}, {made.origin}; {_megabytes(made.size_bytes)}, {made.digest}; {made.ref}"
        )
    if result.unavailable:
        words = "\n  ".join(f"the base {gone.name} cannot be had: {gone.reason}" for gone in result.unavailable)
        raise BaseUnavailableError(words)


def _sources(engine: Engine | None) -> RootfsSources:
    from bench.ports.base_sources import RootfsSources, debian_architecture, machine_architecture
    from bench.ports.clock import SystemClock
    from bench.ports.paths import cache_folder

    architecture = debian_architecture(engine.info.architecture) if engine else machine_architecture()
    return RootfsSources(
        environment=os.environ, cache=cache_folder(os.environ), architecture=architecture, clock=SystemClock()
    )


@contextmanager
def _host_engine() -> Iterator[Engine | None]:
    """The user's own engine where one answers; none is started to show a list."""
    from bench.errors import EngineError
    from bench.ports.docker_engine import DockerEngine
    from bench.ports.docker_host import resolve_host

    try:
        engine = DockerEngine(resolve_host(os.environ), os.environ)
    except EngineError:
        yield None
        return
    try:
        yield engine
    finally:
        engine.close()


def _as_json(outlooks: Sequence[BaseOutlook]) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(outlooks)).decode()


def _as_table(outlooks: Sequence[BaseOutlook]) -> str:
    from bench.report.grid import GridColumn, folded_grid

    rows = [_row(outlook) for outlook in outlooks]
    columns = [
        GridColumn(header=header, cells=tuple(row[place] for row in rows), drop=drop, left=header != "size")
        for place, (header, drop) in enumerate(COLUMNS)
    ]
    return folded_grid(columns, width=terminal_width(), fold={FOLDED})


def _row(outlook: BaseOutlook) -> tuple[str, ...]:
    ways = ", else ".join(outlook.comes_from) or "nowhere: see --format json"
    digest = (outlook.digest or "").rpartition(":")[2][:12]
    return (
        outlook.name,
        outlook.family,
        f"{ways}: {outlook.origin}" if outlook.origin else ways,
        digest or "–",  # noqa: RUF001 - a dash for what is not known yet
        "–" if outlook.size_bytes is None else _megabytes(outlook.size_bytes),  # noqa: RUF001
        "yes" if outlook.cached else "no",
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
