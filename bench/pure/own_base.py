"""Which stages of a Dockerfile can stand on the axis `base`, and what becomes of the others.

Neighbours: `bench.pure.dockerfile_stages`, `bench.pure.known_images`; `bench.pure.own_template` writes it down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bench.model.scenario import Base
from bench.pure.dockerfile_stages import Stage, chain_of
from bench.pure.from_lines import from_line_naming
from bench.pure.known_images import KnownImage, known_image, relatives

CATALOGUE = "the catalogue (`buildmark bases`)"


class OwnBase(msgspec.Struct, frozen=True, kw_only=True):
    """`levels` of the axis, the Dockerfile's own base first; none for no axis. `stages` (from 0) stand on it."""

    levels: tuple[str, ...] = ()
    stages: tuple[int, ...] = ()
    understood: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def own_base(dockerfile: str, stages: Sequence[Stage], catalogue: Mapping[str, Base]) -> OwnBase:
    """Choose the base that becomes the axis: that of the final image, else that of the last stage that has a known one.

    Every stage that starts from the same base goes with it.
    """
    known = {number: found for number, stage in enumerate(stages) if (found := _known(stage, catalogue)) is not None}
    final = chain_of(stages, len(stages) - 1)[0]
    chosen = known.get(final) or (known[max(known)] if known else None)
    if chosen is not None:
        levels = _levels(dockerfile, chosen.base, catalogue)
        members = tuple(number for number, found in known.items() if found.base == chosen.base)
        if chosen.base in levels:
            return OwnBase(
                levels=levels,
                stages=members,
                understood=tuple(_in_words(stages, known, members, levels)),
                left=tuple(_kept(stages, members, known)),
            )
    return OwnBase(left=(*_kept(stages, (), known), _no_axis(stages[final])))


def _known(stage: Stage, catalogue: Mapping[str, Base]) -> KnownImage | None:
    """The catalogue's base of a stage; None where it has none, or is bound to a platform of its own."""
    own_platform = stage.platform is not None and "$" not in stage.platform
    if stage.parent is not None or stage.place is None or stage.unset or own_platform:
        return None
    return known_image(stage.filled, catalogue)


def _levels(dockerfile: str, base: str, catalogue: Mapping[str, Base]) -> tuple[str, ...]:
    """The family, without a base whose bare name another FROM uses for an image: no variant may have both."""
    return tuple(name for name in relatives(base, catalogue) if from_line_naming(dockerfile, name) is None)


def _in_words(
    stages: Sequence[Stage], known: Mapping[int, KnownImage], members: Sequence[int], levels: Sequence[str]
) -> Iterator[str]:
    for number in members:
        stage, found = stages[number], known[number]
        filled = f" ({stage.filled} by its ARG)" if stage.filled != stage.image else ""
        taken = "is" if found.exact else "is taken as"
        yield f"line {stage.line}: FROM {stage.image}{filled} {taken} the base {found.base}"
    others = ", ".join(levels[1:])
    yield f"axis base: {levels[0]}, as it is now; beside it {others or 'no other'}"


def _kept(stages: Sequence[Stage], members: Sequence[int], known: Mapping[int, KnownImage]) -> Iterator[str]:
    for number, stage in enumerate(stages):
        if number not in members and stage.parent is None and not stage.is_scratch:
            yield f"line {stage.line}: FROM {stage.image} stays as it is, {_why(stage, known.get(number))}"


def _why(stage: Stage, found: KnownImage | None) -> str:
    if stage.unset:
        return f"since ARG {stage.unset[0]} has no default: a scenario gives it one under [args]"
    if "@" in stage.filled:
        return "pinned by its digest, and comes from its registry"
    if found is not None:
        return f"and comes from a registry: only one base can be the axis, and this one is {found.base}"
    if stage.platform is not None and "$" not in stage.platform:
        return f"bound to {stage.platform}, and comes from its registry"
    return f"and comes from its registry: {CATALOGUE} does not have it{_release_hint(stage)}"


def _release_hint(stage: Stage) -> str:
    _, _, tag = stage.filled.rpartition("/")[2].partition(":")
    return " by that name, which says no release" if tag in {"", "latest"} else ""


def _no_axis(final: Stage) -> str:
    if final.is_scratch:
        return "no axis base: FROM scratch starts from nothing, so there is nothing to vary"
    return (
        f"no axis base, since FROM {final.image} is no base of {CATALOGUE}: to compare bases, add it to"
        " scenarios/bases.toml, write FROM {{ base.ref }}, and list it under [axes]"
    )
