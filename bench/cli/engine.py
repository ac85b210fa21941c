"""`buildmark engine`: the private engine that stays up between runs, and what there is to know about engines here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.options import whole_number

if TYPE_CHECKING:
    from bench.ports.engine_home import EngineHome
    from bench.ports.engine_state import EngineState

engine_app = typer.Typer(
    help="Start, show and remove the private Docker engine that stays up between runs.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.add_typer(engine_app, name="engine")


@engine_app.command()
def up() -> None:
    """Start a private engine that later runs with --engine private use; it stays until `buildmark engine down`."""
    state, is_new = _home().up()
    typer.echo(f"{state.name} is {'up' if is_new else 'up already'}")
    typer.echo("  runs with `--engine private` use it; `buildmark engine down` removes it")
    typer.echo(f"  to look inside: DOCKER_HOST=unix://{state.socket} {state.tools / 'usr/bin/docker'} info")


@engine_app.command()
def status() -> None:
    """Show the host's Docker engine and every private one: kept up, in use by a run, or left behind by a killed one."""
    typer.echo(f"host     {_host_words()}")
    states = _home().states()
    for state in states:
        typer.echo(f"private  {state.name}: {_state_words(state)}, since {state.created_at:%Y-%m-%d %H:%M} UTC")
        typer.echo(f"         unix://{state.socket}, data in {state.folder}")
    if not states:
        typer.echo("private  none is up; a run starts one when it needs it, `buildmark engine up` keeps one")


@engine_app.command()
def down() -> None:
    """Remove the private engine with its images, caches and data; also what killed runs have left behind."""
    from bench.ports.clock import SystemClock
    from bench.ports.engine_lock import FileEngineLock
    from bench.ports.paths import cache_folder

    home = _home()
    removed = list(home.clean())
    lock = FileEngineLock(cache_folder(os.environ), SystemClock())
    for state in home.kept():
        with lock.hold(state.name, "buildmark engine down"):
            home.remove(state)
        removed.append(state.name)
    staying = home.states()
    for state in staying:
        typer.echo(f"{state.name} stays: {_state_words(state)}")
    nothing = "nothing to remove" if staying else "nothing to remove: none is up"
    typer.echo(f"removed {', '.join(removed)}" if removed else nothing)


@engine_app.command()
def logs(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The engine's name; without it, the one started last.")
    ] = None,
    lines: Annotated[
        int,
        typer.Option(
            "--lines",
            "-n",
            metavar="N",
            parser=whole_number("--lines", 100, least=0),
            help="How many of the last lines; 0 for all.",
        ),
    ] = 100,
) -> None:
    """Print what the daemons of a private engine logged; logs of the last few engines are kept after them."""
    from bench.errors import UsageError, did_you_mean

    home = _home()
    log = home.log_of(name) if name else next(iter(home.logs()), None)
    if log is None or not log.is_file():
        known = [path.stem for path in home.logs()]
        about = f"of an engine '{name}'{did_you_mean(name, known)}" if name else "yet"
        raise UsageError(f"there is no log {about}", remedy="`buildmark engine up` starts an engine")
    text = log.read_text(errors="replace").splitlines()
    typer.echo("\n".join(text[-lines:] if lines else text))


def _home() -> EngineHome:
    from bench.ports.clock import SystemClock
    from bench.ports.engine_home import EngineHome
    from bench.ports.paths import cache_folder

    return EngineHome(cache_folder(os.environ), environment=os.environ, clock=SystemClock())


def _host_words() -> str:
    from bench.errors import EngineError
    from bench.ports.docker_engine import DockerEngine
    from bench.ports.docker_host import resolve_host

    try:
        engine = DockerEngine(resolve_host(os.environ), os.environ)
    except EngineError as error:
        return f"none: {error.message}"
    info = engine.info
    engine.close()
    buildx = f"Buildx {info.buildx_version}" if info.buildx_version else "no Buildx"
    return f"Docker {info.server_version}, {buildx}, {info.storage_driver}, at {info.endpoint}"


def _state_words(state: EngineState) -> str:
    if state.is_abandoned:
        return "left behind; the next run removes it"
    return "kept up" if state.owner is None else f"in use by process {state.owner.pid}"
