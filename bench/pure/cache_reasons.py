"""Why a step was not found in the cache: a build is held against the one that filled the cache before it.

`explain_misses` wants the evidence of both: the Dockerfile's text, the build args, the digests of the context's files
and the steps as the builder told them. It looks for what differs in all that a step's place in the cache depends on
(`bench.pure.dockerfile_graph`), its own things before its parents'. BuildKit goes by content: a step whose parents were
executed anew is still found when they made what they made before, so a stage can have hits behind a miss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

import msgspec

from bench.model.build import Step, StepKind, StepStatus
from bench.model.cache import CacheVerdict, MissKind, MissReason
from bench.pure.dockerfile_graph import Place, StepNode, dockerfile_graph

MOST_SUBJECTS = 20
_WIDTH = 60


class BuildEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What one build started from and what became of it.

    `args` are its build args. `context` maps each path of its context to what identifies it (see
    `bench.ports.context.context_digests`). `classic`: built by the classic builder, whose cache depends on every
    instruction ahead of a step.
    """

    dockerfile: str
    args: Mapping[str, str]
    context: Mapping[str, str]
    steps: tuple[Step, ...]
    classic: bool = False


def cache_verdict(step: Step) -> CacheVerdict:
    """What the cache did for a step. One that failed is a miss: the cache did not have it."""
    if not step.kind.is_eligible:
        return CacheVerdict.NOT_ELIGIBLE
    match step.status:
        case StepStatus.CACHED:
            return CacheVerdict.HIT
        case StepStatus.EXECUTED | StepStatus.FAILED:
            return CacheVerdict.MISS
        case StepStatus.NEVER_STARTED:
            return CacheVerdict.SKIPPED
        case _:
            assert_never(step.status)


def explain_misses(
    previous: BuildEvidence | None, now: BuildEvidence, *, cache_ignored: bool = False
) -> tuple[Step, ...]:
    """The steps of `now`, each that missed with why.

    `previous` is the build of the same variant that filled the cache, None when the cache was empty. `cache_ignored`:
    the build was told not to use the cache.
    """
    if cache_ignored or previous is None:
        kind = MissKind.CACHE_IGNORED if cache_ignored else MissKind.NOTHING_CACHED
        return tuple(_with(step, MissReason(kind=kind)) for step in now.steps)
    comparison = _Comparison(previous, now)
    return tuple(
        _with(step, comparison.reason(place)) for place, step in zip(step_places(now.steps), now.steps, strict=True)
    )


def step_places(steps: Sequence[Step]) -> tuple[Place, ...]:
    """Where each step stands in its Dockerfile, as `dockerfile_graph` counts.

    BuildKit counts within a stage and puts the platform before the stage's name in a build for many. The classic
    builder counts every instruction of the whole file: its steps are numbered anew.
    """
    if not _counts_whole_file(steps):
        return tuple((_plain_stage(step.stage), step.position or 0) for step in steps)
    places: list[Place] = []
    position = 0
    for step in steps:
        position = 1 if step.kind is StepKind.FROM else position + (step.kind is not StepKind.OTHER)
        places.append((_plain_stage(step.stage), position if step.kind is not StepKind.OTHER else -1))
    return tuple(places)


def step_label(step: Step) -> str:
    """A step as people recognise it: `[stage position] text`, shortened."""
    where = " ".join(str(part) for part in (step.stage, step.position) if part is not None)
    text = " ".join(step.name.split())
    short = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
    return f"[{where}] {short}" if where else short


class _Comparison:
    """Two builds of one variant, and what differs between them."""

    def __init__(self, previous: BuildEvidence, now: BuildEvidence) -> None:
        self._classic = now.classic
        self._old = dockerfile_graph(previous.dockerfile, previous.args)
        self._new = dockerfile_graph(now.dockerfile, now.args)
        self._old_steps = dict(zip(step_places(previous.steps), previous.steps, strict=True))
        self._new_steps = dict(zip(step_places(now.steps), now.steps, strict=True))
        self._changed = changed_paths(previous.context, now.context)

    def reason(self, place: Place) -> MissReason:
        """Why the step at `place` missed: the first reason that is found."""
        return next(self._reasons(place), MissReason(kind=MissKind.UNKNOWN))

    def _reasons(self, place: Place) -> Iterator[MissReason]:
        old, new = self._old.get(place), self._new.get(place)
        if new is None:
            return
        before = self._old_steps.get(place)
        if old is None or before is None or before.status not in {StepStatus.EXECUTED, StepStatus.CACHED}:
            yield MissReason(kind=MissKind.NOTHING_CACHED)
        else:
            yield from self._own_reasons(old, new)
            yield from self._bases(new)
        if files := [path for path in self._changed if new.reads_path(path)]:
            yield _about(MissKind.FILES_CHANGED, _without_folders_of(files))
        if missed := [parent for parent in self._steps_of(new.parents) if _missed(parent)]:
            yield _about(MissKind.PARENT_MISSED, [step_label(step) for step in missed])
        if before is not None and before.name != self._new_steps[place].name:
            yield MissReason(kind=MissKind.COMMAND_CHANGED)

    def _own_reasons(self, old: StepNode, new: StepNode) -> Iterator[MissReason]:
        if old.text != new.text:
            yield MissReason(kind=MissKind.COMMAND_CHANGED)
        names = sorted(
            name for name in {*old.variables, *new.variables} if old.variables.get(name) != new.variables.get(name)
        )
        settings = [text.split()[0] for text in {*old.settings} ^ {*new.settings}]
        if names or settings:
            yield _about(MissKind.VARIABLE_CHANGED, [*names, *sorted(set(settings))])
        if self._classic and old.before != new.before:
            changed = [text for text in new.before if text not in old.before] or [
                text for text in old.before if text not in new.before
            ]
            yield _about(MissKind.VARIABLE_CHANGED, list(dict.fromkeys(text.split()[0] for text in changed)))

    def _bases(self, new: StepNode) -> Iterator[MissReason]:
        """A FROM that directly precedes the step and names another image than before, or another content of it."""
        for place in new.parents:
            node, old = self._new.get(place), self._old.get(place)
            if node is None or node.kind is not StepKind.FROM or node.parents:
                continue
            ours, theirs = self._new_steps.get(place), self._old_steps.get(place)
            differ = ours is not None and theirs is not None and ours.digest != theirs.digest
            if old is None or _image(old) != _image(node) or differ:
                yield _about(MissKind.BASE_CHANGED, [_image(node)])

    def _steps_of(self, places: Sequence[Place]) -> Iterator[Step]:
        """The steps at these places; behind a FROM that stands for an earlier stage, that stage's last."""
        for place in places:
            node, step = self._new.get(place), self._new_steps.get(place)
            if node is not None and node.kind is StepKind.FROM:
                yield from self._steps_of(node.parents)
            elif step is not None:
                yield step


def changed_paths(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """The paths that only one of two contexts has, or that are not the same in both; sorted."""
    return tuple(sorted(path for path in {*old, *new} if old.get(path) != new.get(path)))


def _missed(step: Step) -> bool:
    return cache_verdict(step) is CacheVerdict.MISS


def _with(step: Step, why: MissReason) -> Step:
    return msgspec.structs.replace(step, why=why) if _missed(step) else step


def _about(kind: MissKind, subjects: Sequence[str]) -> MissReason:
    return MissReason(kind=kind, subjects=tuple(subjects[:MOST_SUBJECTS]), more=max(0, len(subjects) - MOST_SUBJECTS))


def _without_folders_of(paths: Sequence[str]) -> list[str]:
    """The paths without folders that are named only because something in them is."""
    return [path for path in paths if not any(other.startswith(f"{path}/") for other in paths)]


def _image(node: StepNode) -> str:
    words = [word for word in node.filled.split()[1:] if not word.startswith("--")]
    return words[0] if words else ""


def _counts_whole_file(steps: Sequence[Step]) -> bool:
    return any(
        step.kind is StepKind.OTHER or (step.kind is StepKind.FROM and step.position not in {None, 1}) for step in steps
    )


def _plain_stage(stage: str | None) -> str | None:
    """BuildKit says `linux/arm64 build` where it builds for several platforms, and writes names in small letters."""
    words = [word for word in (stage or "").lower().split() if "/" not in word]
    return " ".join(words) or None
