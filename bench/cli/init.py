"""`buildmark init`: a scenario from a Dockerfile that is there already, or a small one to start from."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.selection import ContextOption
from bench.errors import UsageError
from bench.model.scenario import State
from bench.report.units import count_text, metric_text, plain_text

if TYPE_CHECKING:
    from bench.app.own_dockerfile import OwnDockerfile

FromOption = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="DOCKERFILE",
        help="The Dockerfile to make a scenario of. Without it, a small scenario is written to start from.",
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="What the scenario is called.", show_default="the Dockerfile's folder"),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="The folder to write.", show_default="scenarios/NAME"),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the scenario that is there already.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("init")
    def init(
        *,
        from_: FromOption = None,
        context: ContextOption = None,
        name: NameOption = None,
        out: OutOption = None,
        force: ForceOption = False,
    ) -> None:
        """Make a scenario from a Dockerfile of yours and its build context: one folder, ready to plan and to run.

        The Dockerfile's text is kept word for word; its base becomes the axis base where the catalogue knows it. What
        was understood, guessed and left as it is, is printed.
        """
        from bench.ports.own_dockerfile import scenario_name
        from bench.ports.scenario_writer import check_name, refuse_taken

        if context is not None and from_ is None:
            raise UsageError("--context goes with --from", remedy="buildmark init --from Dockerfile --context .")
        if name is not None and out is not None and out.absolute().name != name:
            raise UsageError(
                f"--out {out} and --name {name} differ", remedy="a scenario is called as its folder; say one"
            )
        if name is not None:
            check_name(name)
        folder = out or Path("scenarios") / (name or scenario_name(from_ or Path("Dockerfile")))
        folder = Path(os.path.normpath(folder.absolute()))
        refuse_taken(folder, force=force)
        lines = _start(folder) if from_ is None else _from(from_, context, folder)
        typer.echo("\n".join(lines))


def _start(folder: Path) -> Iterator[str]:
    """Write the scenario to start from; what to say of it."""
    from bench.ports.scenario_files import SCENARIO_FILE
    from bench.ports.scenario_writer import CONTEXT, write_scenario
    from bench.pure.scenario_text import STARTER_FILES, STARTER_TEMPLATE, STARTER_TOML

    texts = {
        SCENARIO_FILE: STARTER_TOML,
        "Dockerfile.j2": STARTER_TEMPLATE,
        **{f"{CONTEXT}/{path}": text for path, text in STARTER_FILES.items()},
    }
    write_scenario(folder, texts)
    yield f"{_here(folder)}: a scenario to start from; each of its files says what may be changed"
    if Path("Dockerfile").is_file():
        yield "There is a Dockerfile here: buildmark init --from Dockerfile makes a scenario of it"
    yield from _next(folder, (), (State.EDIT_SOURCE,))


def _from(dockerfile: Path, context: Path | None, folder: Path) -> Iterator[str]:
    """Write a scenario from a Dockerfile; what to say of it."""
    from bench.app.own_dockerfile import understand
    from bench.ports.base_catalogue import load_catalogue
    from bench.ports.scenario_files import SCENARIO_FILE, project_of
    from bench.ports.scenario_writer import CONTEXT, write_scenario
    from bench.pure.scenario_text import scenario_toml

    own = understand(dockerfile, context, load_catalogue())
    where = own.context.resolve()
    stays = where.is_relative_to(project_of(folder))
    path = os.path.relpath(where, folder.resolve()) if stays else CONTEXT
    texts = {
        SCENARIO_FILE: scenario_toml(own.draft, title=f"{folder.name}, from {own.file.name}", context=path),
        "Dockerfile.j2": own.draft.template,
    }
    copied = write_scenario(folder, texts, context=None if stays else where)
    yield f"{_here(folder)}: a scenario from {dockerfile}"
    yield from _paragraph("understood", own.draft.understood)
    yield from _paragraph("guessed, so look at it", own.draft.guessed)
    if copied is None:
        about = f"the build context stays where it is ({_here(where)}); nothing is copied"
    else:
        size = metric_text(copied.size_bytes, "bytes")
        about = f"the build context is copied: {count_text(copied.files, 'file')}, {size}"
    yield from _paragraph("left as it is", (*own.draft.left, about))
    yield from _paragraph("mind", own.draft.warned)
    yield from _next(folder, _choices(own), own.draft.edits)


def _choices(own: OwnDockerfile) -> Sequence[str]:
    """Options that make the first run a short one: the Dockerfile's own base alone."""
    return ("--base", own.draft.bases[0]) if own.draft.bases else ()


def _paragraph(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield ""
        yield f"{title}:"
        yield from (f"  - {plain_text(sentence)}" for sentence in sentences)


def _next(folder: Path, choices: Sequence[str], edits: Iterable[State]) -> Iterator[str]:
    name = folder.name if folder.parent == Path("scenarios").absolute() else _path(folder)
    yield ""
    yield "next:"
    yield f"  buildmark plan {name}"
    yield f"  buildmark run {shlex.join([name, *choices])}"
    if states := [state.value for state in edits]:
        yield f"  buildmark run {shlex.join([name, *choices, '--state', ','.join([State.WARM, *states])])}"


def _path(folder: Path) -> str:
    shown = _here(folder)
    return shown if "/" in shown else f"./{shown}"


def _here(path: Path) -> str:
    """A path as one would type it from here."""
    shown = os.path.relpath(path)
    return str(path) if shown.startswith("../..") else shown
