"""`buildmark render`: the Dockerfile of each variant, printed or written with its context."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.selection import (
    AllowLargeOption,
    BaseOption,
    BuilderOption,
    ContextOption,
    ScenarioArgument,
    SetOption,
    choose,
)
from bench.errors import StorageError, UsageError
from bench.model.build import BuilderKind
from bench.report.units import count_text

DRAFT = f".buildmark-render-{os.getpid()}"

OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Write DIR/VARIANT/Dockerfile and DIR/VARIANT/context, ready to build, instead of printing.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("render")
    def render(
        scenario: ScenarioArgument,
        *,
        context: ContextOption = None,
        set_: SetOption = None,
        base: BaseOption = None,
        out: OutOption = None,
        builder: BuilderOption = BuilderKind.BUILDKIT,
        allow_large: AllowLargeOption = False,
    ) -> None:
        """Print the Dockerfile of each variant, or write it with its build context."""
        chosen = choose(scenario, set_, base, context=context, allow_large=allow_large)
        dockerfiles = chosen.dockerfiles(builder)
        if out is None:
            typer.echo(_in_one(dockerfiles), nl=False)
        else:
            _write(dockerfiles, chosen.scenario.context, out)
            typer.echo(f"{count_text(len(dockerfiles), 'variant')} in {out}")


def _in_one(dockerfiles: Mapping[str, str]) -> str:
    """One Dockerfile as it is; several with a line before each that names its variant."""
    if len(dockerfiles) == 1:
        return next(iter(dockerfiles.values()))
    return "\n".join(f"# ---- variant {variant} ----\n{text}" for variant, text in dockerfiles.items())


def _write(dockerfiles: Mapping[str, str], context: Path, out: Path) -> None:
    """Write every variant, or nothing: all is made aside, then moved to where it belongs."""
    if out.resolve().is_relative_to(context.resolve()):
        raise UsageError(f"{out} lies inside the build context {context}", remedy="choose a folder elsewhere")
    try:
        is_there = out.exists()
        if is_there and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(
                f"{out} is there already, and is not an empty folder", remedy="choose another, or remove it"
            )
        draft = Path(out, DRAFT) if is_there else out.with_name(f"{DRAFT}-{out.name}")
        try:
            _write_variants(dockerfiles, context, draft)
            for variant in draft.iterdir() if is_there else ():
                variant.rename(out / variant.name)
            if not is_there:
                draft.rename(out)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise StorageError(f"cannot write below {out}: {error.strerror}", remedy="choose another folder") from error


def _write_variants(dockerfiles: Mapping[str, str], context: Path, folder: Path) -> None:
    from bench.ports.context import stage_context

    folder.mkdir(parents=True)
    for variant, text in dockerfiles.items():
        stage_context(context, folder / variant / "context")
        (folder / variant / "Dockerfile").write_text(text, encoding="utf-8")
