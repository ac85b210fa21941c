"""What the page tells of each row when it is asked: steps matched, every trial of both sides, images, Dockerfiles.

Steps, trials and layers of one side are those of `bench.report.html.details`; here they are put beside each other.
Neighbour: `sides` has one side of a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.model.blame import BlamedPart, PartKind
from bench.model.comparison import Method
from bench.pure.matched_steps import matched_steps
from bench.report.blame import part_title
from bench.report.explain import PARTS
from bench.report.html.compared.held import ComparedParts, Held
from bench.report.html.compared.images import Images
from bench.report.html.compared.model_details import BesideView, ComparedDetails, PartView, RowView, StepPairView
from bench.report.html.compared.sides import Seen, Sides
from bench.report.html.compared.words import change_text, verdict_text
from bench.report.html.details import rounded
from bench.report.html.model import StepView
from bench.report.html.rows import part_key
from bench.report.html.texts import Texts


def details_of(parts: ComparedParts, held: Sequence[Held], first: int) -> ComparedDetails:
    """The details of every row, in their order. `first` is the row that is shown before anybody asks for one."""
    texts = Texts()
    sides, images = Sides(parts, held, texts), Images(parts, texts)
    rows = tuple(_row(one, parts, sides, images, texts) for one in held)
    return ComparedDetails(
        first=first,
        unit=parts.comparison.unit,
        metric=parts.comparison.metric,
        rows=rows,
        images=images.all,
        variants=sides.files,
        parts=tuple(PartView(key=part_key(name), title=title) for name, title in PARTS.items()),
        texts=texts.all,
    )


def _row(held: Held, parts: ComparedParts, sides: Sides, images: Images, texts: Texts) -> RowView:
    base, head = sides.seen(held)
    blame = held.row.blame
    return RowView(
        name=texts.place(held.row.name),
        state=held.row.state.value,
        verdict=texts.place(verdict_text(held.row, parts.comparison)),
        said=texts.place(change_text(held.row, parts.comparison)),
        base=sides.base_view(held, base),
        head=sides.head_view(held, head),
        images=images.place(held),
        steps=tuple(_steps(base, head, held)),
        beside=tuple(_beside(part, texts) for part in (blame.parts if blame else ()) if _is_beside(part)),
        paired=held.row.method is Method.PAIRED,
    )


def _steps(base: Seen | None, head: Seen | None, held: Held) -> Iterator[StepPairView]:
    ours, theirs = (() if seen is None else seen.trial.steps for seen in (base, head))
    alone = not ours or not theirs
    for one in matched_steps(ours, theirs, held.row.blame):
        part = one.part
        yield StepPairView(
            base=_view(base, one.base),
            head=_view(head, one.head),
            change="" if alone else one.change.value,
            was=rounded(part.base_s) if part and part.base else None,
            took=rounded(part.head_s) if part and part.head else None,
            share=rounded(part.share) if part else None,
            blamed=part is not None and part.matters,
        )


def _view(seen: Seen | None, place: int | None) -> StepView | None:
    return None if seen is None or place is None else seen.steps[place]


def _is_beside(part: BlamedPart) -> bool:
    return part.kind is not PartKind.STEP and bool(part.base_s or part.head_s)


def _beside(part: BlamedPart, texts: Texts) -> BesideView:
    return BesideView(
        title=texts.place(part_title(part.kind)),
        was=rounded(part.base_s) or 0.0,
        took=rounded(part.head_s) or 0.0,
        share=rounded(part.share),
        blamed=part.matters,
    )
