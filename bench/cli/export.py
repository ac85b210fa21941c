"""`buildmark export`: a run in the format that another tool reads, printed or written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.options import choice
from bench.cli.out import write_out, write_out_with
from bench.cli.show import RESULTS, KeepDisturbedOption, ResultsOption, RunArgument, from_here
from bench.errors import UsageError
from bench.report.choices import ExportFormat, Pictures

if TYPE_CHECKING:
    from bench.report.export_records import RunRecords

ExportFormatOption = Annotated[
    ExportFormat,
    typer.Option(
        "--format",
        metavar="FORMAT",
        parser=choice(ExportFormat, "--format", "there is no format"),
        help=f"What to make: {', '.join(ExportFormat)}.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Write FILE, whole or not at all, instead of printing.", show_default=False
    ),
]
MetricOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="METRIC,…",
        help="The metrics to put in, by the names that `show --format json` has. May be repeated.",
        show_default="the format's",
    ),
]
PicturesOption = Annotated[
    Pictures | None,
    typer.Option(
        "--pictures",
        metavar="HOW",
        parser=choice(Pictures, "--pictures", "there are no pictures"),
        help="The pictures of a Markdown document: files (SVG, in FILE's name with _files, beside --out FILE), inline "
        "(data: URIs in the text, which GitHub does not show), none.",
        show_default="files with --out, none without",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("export")
    def export(
        run: RunArgument,
        *,
        form: ExportFormatOption,
        out: OutOption = None,
        metric: MetricOption = None,
        pictures: PicturesOption = None,
        results: ResultsOption = RESULTS,
        keep_disturbed: KeepDisturbedOption = False,
    ) -> None:
        """Give a run to other tools: what each reads, and what of a run it can hold, is in docs/EXPORTS.md.

        A run that is under way, or was interrupted, is exported as far as it goes.
        """
        how = _how(pictures, form, out)
        records = _records(run, results, metric or [], keep_disturbed=keep_disturbed)
        _warn(records)
        if out is not None and how is Pictures.FILES:
            _write_with_pictures(records, form, out)
            return
        text = _text(records, form, how)
        if out is None:
            typer.echo(text, nl=False)
        else:
            write_out(out, text.encode())


def _how(asked: Pictures | None, form: ExportFormat, out: Path | None) -> Pictures:
    """How the document gets its pictures. Raises UsageError where there is no place for them."""
    if form is not ExportFormat.MARKDOWN:
        if asked not in {None, Pictures.NONE}:
            raise UsageError(f"--format {form} has no pictures", remedy="leave out --pictures")
        return Pictures.NONE
    if asked is Pictures.FILES and out is None:
        raise UsageError(
            "what is printed has no place for files beside it", remedy="--out report.md, or --pictures inline"
        )
    return asked or (Pictures.NONE if out is None else Pictures.FILES)


def _records(run: str, results: Path, metrics: list[str], *, keep_disturbed: bool) -> RunRecords:
    import msgspec

    from bench.ports.run_store import RunStore
    from bench.report.export_records import load_records, parse_metrics

    records = load_records(RunStore(results).open(run), keep_disturbed=keep_disturbed)
    return msgspec.structs.replace(records, metrics=parse_metrics(metrics, records.summary))


def _warn(records: RunRecords) -> None:
    """Say on standard error why an export will be empty, where it will be: most formats cannot."""
    from bench.report.export_records import nothing_counts

    if told := nothing_counts(records):
        typer.echo(told, err=True)


def _text(records: RunRecords, form: ExportFormat, how: Pictures) -> str:
    from bench.report.export_formats import render_export

    if how is not Pictures.INLINE:
        return render_export(records, form)
    from bench.report.markdown_pictures import inline, pictures_of

    return render_export(records, form, pictures=inline(pictures_of(records.summary)))


def _write_with_pictures(records: RunRecords, form: ExportFormat, out: Path) -> None:
    from bench.report.export_formats import render_export
    from bench.report.markdown_pictures import beside, pictures_of

    folder = out.with_name(f"{out.stem}_files")
    pictures = pictures_of(records.summary)
    text = render_export(records, form, pictures=beside(pictures, folder.name)).encode()
    files = {name: content for picture in pictures for name, content in picture.files().items()}
    if not files:
        write_out(out, text)
        return
    write_out_with(out, text, folder, files)
    typer.echo(f"pictures: {from_here(folder)}", err=True)
