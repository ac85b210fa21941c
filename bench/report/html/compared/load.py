"""From a comparison and the folders of its runs to the text of a page. `buildmark compare --html` ends here."""

from __future__ import annotations

from bench.model.comparison import Comparison
from bench.ports.run_folder import RunFolder
from bench.pure.sides import Side
from bench.report.html.compared.held import ComparedParts
from bench.report.html.compared.page import compared_page, render_compared
from bench.report.html.load import read_dockerfiles


def comparison_html(
    comparison: Comparison,
    sides: tuple[Side, Side],
    folders: tuple[RunFolder, RunFolder],
    *,
    keep_disturbed: bool = False,
) -> str:
    """The page of a comparison that was made of `sides`, whose runs lie in `folders`."""
    base, head = sides
    ours, theirs = (read_dockerfiles(folder, side.run) for folder, side in zip(folders, sides, strict=True))
    parts = ComparedParts(
        comparison=comparison, base=base, head=head, keep_disturbed=keep_disturbed, dockerfiles=(ours, theirs)
    )
    return render_compared(compared_page(parts))
