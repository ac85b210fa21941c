"""A scenario that is made of somebody's own Dockerfile: what was understood of it, what was guessed, what was not."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bench.model.scenario import Edit, SmokeTest, State


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a Dockerfile and its context come to.

    `template` renders to the Dockerfile's own text, but for the FROM of the stages that stand on the axis `base`.
    `bases` are that axis's levels, the Dockerfile's own first; none where there is no such axis. `smoke_idea` is a
    command that may or may not work; `args` are the build args that have no default. The last four say in whole
    sentences what was understood, what was guessed, what stays as it is, and what a build or its numbers may trip over.
    """

    template: str
    bases: tuple[str, ...] = ()
    smoke: SmokeTest | None = None
    smoke_idea: tuple[str, ...] = ()
    edits: Mapping[State, Edit] = {}
    args: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
