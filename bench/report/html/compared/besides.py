"""What stands beside a comparison's numbers: notes, trials that count in none, and both environments side by side.

Which fields must match is the registry's (`bench.pure.fingerprint_fields`) and `bench.pure.comparability`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bench.model.comparison import ComparisonNoteKind
from bench.model.run import Run
from bench.pure.fingerprint import NOT_RECORDED, differences, fact_text, fingerprint_of
from bench.pure.fingerprint_fields import FIELDS, Comparison
from bench.report.comparison_notes import comparison_note_texts
from bench.report.html.compared.held import ComparedParts, Held
from bench.report.html.compared.model import Besides, Pair, Pairs, SideFindings
from bench.report.html.model import Grid, Lost, Note
from bench.report.html.surroundings import MOST_LOST, bases_of, facts_of, findings_of, lost_trial, plan_of
from bench.report.html.texts import visible
from bench.report.units import ABSENT, count_text

_MAY = {
    Comparison.MUST_MATCH: "must match; compared all the same, because --across asks for it",
    Comparison.WARN: "may matter",
    Comparison.IGNORE: "does not matter",
}


def besides_of(parts: ComparedParts, held: Sequence[Held]) -> Besides:
    """Everything beside the numbers themselves."""
    lost = list(_lost(parts, held))
    runs = (parts.base.run,) if parts.is_one_run else (parts.base.run, parts.head.run)
    return Besides(
        notes=tuple(Note(text=visible(text), output=()) for text in comparison_note_texts(parts.comparison)),
        lost=tuple(lost[:MOST_LOST]),
        lost_more=max(0, len(lost) - MOST_LOST),
        may_compare=_may_compare(parts),
        pairs=() if parts.is_one_run else tuple(_pairs(parts.base.run, parts.head.run)),
        facts=tuple(_facts(parts.head.run)) if parts.is_one_run else (),
        findings=tuple(SideFindings(run=visible(run.id), findings=findings_of(run)) for run in runs if run.findings),
    )


def _lost(parts: ComparedParts, held: Sequence[Held]) -> Iterator[Lost]:
    """Each trial of the rows that counts in no number, once; it leads to the first row that it belongs to."""
    told: set[tuple[str, int]] = set()
    for one in held:
        for (word, cell), side in zip(one.sides, (parts.base, parts.head), strict=True):
            counting = {trial.number for trial in cell.counting} if cell else set()
            for trial in cell.recorded if cell else ():
                key = side.run.id, trial.number
                if trial.number not in counting and key not in told:
                    told.add(key)
                    found = lost_trial(trial, {trial.variant: one.place})
                    yield msgspec.structs.replace(found, where=f"{word}: {found.where}")


def _may_compare(parts: ComparedParts) -> str:
    if parts.is_one_run:
        return (
            "Both sides are of one run, built in turns on one machine with one engine: nothing of the environment "
            "tells them apart."
        )
    kinds = [note.kind for note in parts.comparison.notes]
    across, differs = kinds.count(ComparisonNoteKind.ACROSS), kinds.count(ComparisonNoteKind.DIFFERS)
    words = [f"of what must match, {_differ(across)}, which was asked for"] if across else []
    words += [f"of what may matter, {_differ(differs)}"] if differs else []
    said = "; ".join(words) if words else "no field that matters differs"
    return f"Two runs of different times: {said}."


def _differ(count: int) -> str:
    return f"{count_text(count, 'field')} {'differs' if count == 1 else 'differ'}"


def _pairs(base: Run, head: Run) -> Iterator[Pairs]:
    yield Pairs(key="runs", caption="The runs", rows=_side_by_side(_of_run(base), _of_run(head)))
    yield Pairs(key="bases", caption="Base images", rows=_side_by_side(_of_bases(base), _of_bases(head)))
    yield Pairs(key="facts", caption="The machines and the engines", rows=tuple(_fingerprints(base, head)))


def _side_by_side(base: Mapping[str, str], head: Mapping[str, str]) -> tuple[Pair, ...]:
    return tuple(
        Pair(
            title=title,
            base=base.get(title, ABSENT),
            head=head.get(title, ABSENT),
            differs=base.get(title) != head.get(title),
            may="",
        )
        for title in dict.fromkeys([*base, *head])
    )


def _fingerprints(base: Run, head: Run) -> Iterator[Pair]:
    ours, theirs = fingerprint_of(base), fingerprint_of(head)
    found = {one.field.name: one.comparison for one in differences(ours, theirs)}
    for name, field in FIELDS.items():
        if name in ours or name in theirs:
            yield Pair(
                title=field.title,
                base=visible(fact_text(name, ours.get(name, NOT_RECORDED))),
                head=visible(fact_text(name, theirs.get(name, NOT_RECORDED))),
                differs=name in found,
                may=_MAY[found[name]] if name in found else "",
                marked=found.get(name, Comparison.IGNORE) is not Comparison.IGNORE,
            )


def _facts(run: Run) -> Iterator[tuple[str, Grid]]:
    """The tables of one run, by their captions."""
    rows = tuple(_of_run(run).items())
    yield "The run", Grid(headers=("of the run", "value"), rows=rows)
    if run.revisions:
        told = tuple((visible(one.name), one.commit or "the working tree", one.context_sha256) for one in run.revisions)
        yield "Revisions", Grid(headers=("revision", "commit", "build context (SHA-256)"), rows=told)
    if run.bases or run.unavailable:
        yield "Base images", bases_of(run)
    yield "The machine and the engine", facts_of(run)


def _of_run(run: Run) -> dict[str, str]:
    """What a run was asked to do, and the state of the repository that it was asked in."""
    facts = {row[0]: row[1] for row in plan_of(run).rows}
    git = run.git
    if git is not None and git.commit is not None:
        dirty = "not known" if git.dirty is None else "yes" if git.dirty else "no"
        more = {"branch": git.branch or "none", "commit's subject": git.subject or "", "uncommitted changes": dirty}
        facts |= {title: visible(value) for title, value in more.items()}
    return facts


def _of_bases(run: Run) -> dict[str, str]:
    return {row[0]: " · ".join(filter(None, row[1:])) for row in bases_of(run).rows}
