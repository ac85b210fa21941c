"""Edits of the build context: what a scenario declares, what a file becomes, and which steps then have to miss.

`bench.ports.context_edit` applies them to files; `bench.pure.proof` holds a build against what had to miss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from bench.model.build import Step, StepKind
from bench.model.scenario import TRIAL_TOKEN, Edit, EditAction, State
from bench.pure.context_use import copies_file
from bench.pure.dockerfile_steps import Instruction, read_instructions
from bench.pure.scenario_wire import WireEdit, WireScenario
from bench.pure.toml_check import TomlFile
from bench.pure.toml_lines import KeyPath

_ACTIONS = ", ".join(EditAction)


def parse_edits(source: TomlFile, wire: WireScenario) -> Mapping[State, Edit]:
    """The edits of a scenario file, by state. Raises InputError where one is wrong, or missing for a listed state."""
    declared = {State.EDIT_SOURCE: ("source", wire.edits.source), State.EDIT_DEPS: ("deps", wire.edits.deps)}
    edits = {
        state: _parse_edit(source, ("edits", name), edit)
        for state, (name, edit) in declared.items()
        if edit is not None
    }
    for position, state in enumerate(wire.states):
        if state.is_edit and state not in edits:
            raise source.error(
                ("states", position),
                f"the state {state} needs an edit",
                remedy=f"declare [edits.{declared[state][0]}], or leave the state out",
            )
    return edits


def _parse_edit(source: TomlFile, path: KeyPath, wire: WireEdit) -> Edit:
    action = _action(source, path, wire)
    if (wire.with_ is not None) != (action is EditAction.REPLACE):
        raise source.error(path, "`replace` and `with` go together", remedy='replace = "old", with = "new"')
    if (wire.file is None) != (action is EditAction.SHELL):
        what = "a shell command names no file" if wire.file else f"{action} needs a file"
        raise source.error(path, what, remedy="`file` is the path of the file in the build context")
    for key, text in (("file", wire.file), ("copy", wire.copy)):
        if text is not None and (PurePosixPath(text).is_absolute() or ".." in PurePosixPath(text).parts):
            raise source.error((*path, key), f"'{text}' leaves the build context", remedy="give a path inside it")
    text = wire.append or wire.replace or wire.copy or wire.shell or ""
    return Edit(action=action, file=wire.file, text=text, new=wire.with_ or "")


def _action(source: TomlFile, path: KeyPath, wire: WireEdit) -> EditAction:
    chosen = [action for action in EditAction if getattr(wire, action.value)]
    if len(chosen) != 1:
        named = " and ".join(chosen) or "none"
        raise source.error(path, f"an edit does exactly one of {_ACTIONS}; this one has {named}", remedy="keep one")
    return chosen[0]


def for_trial(text: str, trial: str) -> str:
    """The text of an edit with the name of the trial in the place of its mark."""
    return text.replace(TRIAL_TOKEN, trial)


def steps_that_miss(dockerfile: str, steps: Sequence[Step], edited: Sequence[str]) -> tuple[Step, ...]:
    """The steps that cannot come from the cache once these files of the context have changed.

    In each stage that is the first step that copies one of them and every step after it, for each builds on the one
    before; `COPY --link` builds on nothing. So do the stages that start FROM such a stage. What copies `--from` such a
    stage may miss or hit: that depends on what the stage makes.
    """
    stale: set[str | None] = set()
    instructions = read_instructions(dockerfile)
    parents = _parents(instructions)
    found: list[Step] = []
    for stage in dict.fromkeys(instruction.stage for instruction in instructions):
        missing = parents.get(stage) in stale and stage in parents
        for step in _in_order(steps, stage):
            missing = missing or any(copies_file(step, file) for file in edited)
            if missing and not _stands_alone(step, edited):
                found.append(step)
        if missing:
            stale.add(stage)
    return tuple(found)


def steps_that_hit(dockerfile: str, steps: Sequence[Step], missing: Sequence[Step]) -> tuple[Step, ...]:
    """The steps that have to come from the cache all the same: they come before, and depend on no stage that missed."""
    stale = {step.stage for step in missing}
    parents = _parents(read_instructions(dockerfile))
    return tuple(
        step
        for stage in dict.fromkeys(step.stage for step in steps)
        for step in _before(list(_in_order(steps, stage)), missing)
        if parents.get(stage) not in stale or stage not in parents
    )


def _before(steps: Sequence[Step], missing: Sequence[Step]) -> Iterator[Step]:
    """The steps of one stage until the first that misses, or that takes something from elsewhere."""
    for step in steps:
        if step in missing or "from=" in step.name:
            return
        yield step


def _in_order(steps: Sequence[Step], stage: str | None) -> Iterator[Step]:
    own = (step for step in steps if step.stage == stage and step.kind.is_eligible)
    return iter(sorted(own, key=lambda step: step.position or 0))


def _parents(instructions: Sequence[Instruction]) -> dict[str | None, str | None]:
    """For each stage that starts FROM an earlier one, that one."""
    parents: dict[str | None, str | None] = {}
    known: set[str | None] = set()
    for instruction in instructions:
        if instruction.kind is StepKind.FROM:
            words = [word for word in instruction.text.split()[1:] if not word.startswith("--")]
            if words and words[0] in known:
                parents[instruction.stage] = words[0]
            known.add(instruction.stage)
    return parents


def _stands_alone(step: Step, edited: Sequence[str]) -> bool:
    return "--link" in step.name.split() and not any(copies_file(step, file) for file in edited)
