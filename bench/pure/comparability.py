"""Whether two runs may be compared: what differs in them beside what was meant to differ.

What must match is refused by its name, unless it is asked for (`across`); what may matter becomes a note. Neighbour:
`bench.pure.fingerprint` compares the machines and the engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from bench.errors import IncomparableError, UsageError, did_you_mean
from bench.model.comparison import ComparisonNote, ComparisonNoteKind
from bench.model.run import Run
from bench.model.scenario import State
from bench.pure.fingerprint import differences, fingerprint_of
from bench.pure.fingerprint_fields import FIELDS, Comparison
from bench.pure.sides import Match, Side, is_same_run

ALL = "all"
"""As a field: whatever differs."""
SCENARIO, BUILDER, PAGE_CACHE, PLATFORM, BASES, REGISTRY = (
    *("scenario", "builder", "drop_page_cache", "platform", "bases", "local_registry"),
)
OWN_FIELDS = (SCENARIO, BUILDER, PAGE_CACHE, PLATFORM, BASES, REGISTRY)
"""What must match beside the fields of a fingerprint."""


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """A field in which two runs differ: `text` names it with both sides, `refused` says that it must match."""

    field: str
    text: str
    refused: bool


def check_comparable(
    base: Side, head: Side, matches: Sequence[Match], states: Sequence[State], across: Sequence[str]
) -> tuple[ComparisonNote, ...]:
    """What a reader must know of how the runs differ. Two sides of one run differ in nothing.

    Raises IncomparableError that names every field that must match and does not, but for those of `across`; UsageError
    for a field of that which there is not.
    """
    check_fields(across)
    if is_same_run(base, head):
        return ()
    found = mismatches(base.run, head.run, matches, states)
    refused = [one for one in found if one.refused and not {ALL, one.field} & set(across)]
    if refused:
        raise IncomparableError(
            f"{base.label} and {head.label} cannot be compared, they differ in "
            + "; ".join(f"{one.field} ({one.text})" for one in refused),
            remedy=f"where that is the point: --across {','.join(dict.fromkeys(one.field for one in refused))}",
        )
    return tuple(
        ComparisonNote(
            kind=ComparisonNoteKind.ACROSS if one.refused else ComparisonNoteKind.DIFFERS,
            subjects=(one.field,),
            detail=one.text,
        )
        for one in found
    )


def check_fields(across: Sequence[str]) -> None:
    """Raises UsageError for the name of a field that there is not, with the nearest one."""
    known = (*OWN_FIELDS, *FIELDS, ALL)
    for field in across:
        if field not in known:
            raise UsageError(
                f"there is no field '{field}'{did_you_mean(field, known)}",
                remedy=f"--across {'|'.join(known)}",
            )


def mismatches(base: Run, head: Run, matches: Sequence[Match], states: Sequence[State]) -> tuple[Mismatch, ...]:
    """All that differs in two runs and may matter, what must match first."""
    found = (*_plans(base, head, states), *_bases(base, head, matches), *_machines(base, head), *_inputs(base, head))
    return tuple(sorted(found, key=lambda one: not one.refused))


def _plans(base: Run, head: Run, states: Sequence[State]) -> Iterator[Mismatch]:
    sides = {
        SCENARIO: ("scenario", base.plan.scenario, head.plan.scenario),
        BUILDER: ("builder", base.builder, head.builder),
        PAGE_CACHE: ("page cache emptied", _yes(base.drop_page_cache), _yes(head.drop_page_cache)),
        PLATFORM: ("platform", base.platform or "the engine's own", head.platform or "the engine's own"),
    }
    if State.PULL in states:
        sides[REGISTRY] = ("registry on this machine", _yes(base.local_registry), _yes(head.local_registry))
    for field, (title, ours, theirs) in sides.items():
        if ours != theirs:
            yield Mismatch(field=field, text=f"{title}: {ours}, {theirs}", refused=True)


def _yes(value: bool) -> str:  # noqa: FBT001 - it is what is told
    return "yes" if value else "no"


def _bases(base: Run, head: Run, matches: Sequence[Match]) -> Iterator[Mismatch]:
    """Bases that both sides of some row stand on, with other content."""
    digests = [{one.name: one.digest for one in run.bases} for run in (base, head)]
    shared = dict.fromkeys(
        match.base.base for match in matches if match.base and match.head and match.base.base == match.head.base
    )
    for name in shared:
        ours, theirs = (side.get(name or "") for side in digests)
        if ours and theirs and ours != theirs:
            yield Mismatch(field=BASES, text=f"content of {name}: {_short(ours)}, {_short(theirs)}", refused=True)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _machines(base: Run, head: Run) -> Iterator[Mismatch]:
    for one in differences(fingerprint_of(base), fingerprint_of(head)):
        if one.comparison is not Comparison.IGNORE:
            yield Mismatch(field=one.field.name, text=one.text, refused=one.comparison is Comparison.MUST_MATCH)
    if base.machine.hostname != head.machine.hostname:
        text = f"machine: {base.machine.hostname}, {head.machine.hostname}"
        yield Mismatch(field="hostname", text=text, refused=False)


def _inputs(base: Run, head: Run) -> Iterator[Mismatch]:
    """What the builds were given. It often is what is being judged, so it is told and no more; values are not shown."""
    if base.context_sha256 != head.context_sha256:
        yield Mismatch(field="context_sha256", text="the build contexts have other content", refused=False)
    if base.args != head.args:
        names = [name for name in {**base.args, **head.args} if base.args.get(name) != head.args.get(name)]
        yield Mismatch(field="args", text=f"build args: {', '.join(sorted(names))}", refused=False)
    if base.edits != head.edits:
        yield Mismatch(field="edits", text="the edits of the context are others", refused=False)
