"""An explanation as text, or as JSON with documented keys. Returns text; somebody else prints it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import msgspec

from bench.model.cache import CacheVerdict, MissKind, MissReason
from bench.model.explanation import ExplainedStep, ExplainedTrial, Explanation
from bench.model.timeline import ActivityKind, TimeShares
from bench.model.trial import Proof
from bench.report.grid import GridColumn, terminal_grid
from bench.report.tables import DEFAULT_WIDTH
from bench.report.units import ABSENT, bytes_text, percent_text, plain_text, seconds_text

_STEP_WIDTH = 48
_NAMED = 3
_WORTH_SHOWING = 0.01
PARTS = {
    "context_s": "reading the Dockerfile, sending the context",
    "pull_s": "fetching and unpacking bases",
    "run_cpu_s": "RUN: computing, or waiting for a processor",
    "run_disk_s": "RUN: waiting for the disk",
    "run_memory_s": "RUN: waiting for memory",
    "run_other_s": "RUN: network, sleeping, other",
    "run_unmetered_s": "RUN: not metered step by step",
    "copy_s": "COPY, ADD, WORKDIR",
    "engine_s": "engine: making the image, looking into the cache",
    "idle_gaps_s": "idle: between the engine's steps",
    "idle_client_s": "idle: the client's start and end",
}
_REASONS = {
    MissKind.CACHE_IGNORED: "the build was told to ignore the cache",
    MissKind.NOTHING_CACHED: "nothing was cached yet",
    MissKind.COMMAND_CHANGED: "its own command changed",
    MissKind.VARIABLE_CHANGED: "a variable or setting changed: {}",
    MissKind.BASE_CHANGED: "its base changed: {}",
    MissKind.FILES_CHANGED: "changed: {}",
    MissKind.PARENT_MISSED: "its parent missed: {}",
    MissKind.UNKNOWN: "nothing that Buildmark knows of differs",
}


def render_explanation(explanation: Explanation, *, width: int = DEFAULT_WIDTH) -> str:
    """A block per trial. `width` is the terminal's, in characters."""
    return "\n\n\n".join(_block(trial, width) for trial in explanation.trials) + "\n"


def render_explanation_json(explanation: Explanation) -> str:
    """All of it as JSON, in full precision."""
    return msgspec.json.format(msgspec.json.encode(explanation), indent=2).decode() + "\n"


def miss_text(why: MissReason) -> str:
    """Why a step missed, in words."""
    named = 1 if why.kind is MissKind.PARENT_MISSED else _NAMED
    about = ", ".join(_short(plain_text(subject)) for subject in why.subjects[:named])
    rest = len(why.subjects) - named + why.more
    about += f" and {rest} more" if rest > 0 else ""
    return _REASONS[why.kind].format(about)


def _block(trial: ExplainedTrial, width: int) -> str:
    parts = ["\n".join(textwrap.fill(line, max(width, 40), subsequent_indent="  ") for line in _heading(trial))]
    if trial.steps:
        parts.append(terminal_grid(_step_columns(trial), width=width))
    if trial.time is not None:
        parts.append(terminal_grid(_time_columns(trial.time, trial), width=width))
    if trial.critical_path:
        parts.append(terminal_grid(_path_columns(trial), width=width))
    return "\n\n".join(parts)


def _heading(trial: ExplainedTrial) -> list[str]:
    kind = "valid" if trial.disturbed is None else "disturbed"
    which = f", the {kind} trial nearest to the median" if trial.is_typical and trial.n_valid > 1 else ""
    wall = ABSENT if trial.wall_s is None else seconds_text(trial.wall_s)
    lines = [f"{trial.variant}, {trial.state}: {wall} (trial {trial.number}, round {trial.round}{which})"]
    if trial.reason is not None:
        lines.append(f"{trial.status}: {plain_text(trial.reason)}")
    if trial.disturbed is not None:
        lines.append(f"disturbed: {plain_text(trial.disturbed)}")
    if trial.n_disturbed and trial.n_valid > 1:
        lines.append(f"{trial.n_valid} valid, {_disturbed_words(trial)}")
    if trial.proof is not None:
        lines.append(f"proof: {proof_text(trial.proof, trial.never_started)}")
    if trial.cache_saved_s is not None:
        lines.append(f"the cache saved {seconds_text(trial.cache_saved_s)} of the cold build")
    return lines


def _disturbed_words(trial: ExplainedTrial) -> str:
    return "all disturbed" if trial.n_disturbed == trial.n_valid else f"{trial.n_disturbed} of them disturbed"


def proof_text(proof: Proof, never_started: int) -> str:
    """What shows that a trial's state is what it is called, in words."""
    sent, pulled = (
        "not told by this builder" if size is None else bytes_text(size)
        for size in (proof.context_bytes, proof.pulled_bytes)
    )
    return (
        f"the state is {'proven' if proof.holds else 'NOT proven'}; {proof.executed} steps executed, "
        f"{proof.cached} from the cache, {never_started} never started; context sent: {sent}; pulled: {pulled}"
    )


def _step_columns(trial: ExplainedTrial) -> list[GridColumn]:
    steps = trial.steps
    columns = [
        GridColumn(header="step", cells=tuple(_short(_label(step)) for step in steps), left=True),
        GridColumn(header="cache", cells=tuple(_verdict(step) for step in steps), left=True),
        GridColumn(header="time", cells=tuple(_seconds(step.duration_s) for step in steps)),
        GridColumn(header="of wall", cells=tuple(_share(step.share_s, trial.wall_s) for step in steps), drop=1),
        GridColumn(header="why", cells=tuple(miss_text(step.why) if step.why else "" for step in steps), left=True),
    ]
    if any(step.saved_s is not None for step in steps):
        saved = tuple("" if step.saved_s is None else seconds_text(step.saved_s) for step in steps)
        columns.insert(4, GridColumn(header="saved", cells=saved))
    return [column for column in columns if column.header != "why" or any(column.cells)]


def _time_columns(time: TimeShares, trial: ExplainedTrial) -> list[GridColumn]:
    names = [name for name in PARTS if getattr(time, name) or getattr(trial.typical_time or time, name)]
    columns = [
        GridColumn(header="where the time went", cells=(*(PARTS[name] for name in names), "all"), left=True),
        *_part_columns("this trial", time, names),
    ]
    if trial.typical_time is not None and trial.n_valid > 1:
        kind = "disturbed" if trial.n_disturbed == trial.n_valid else "valid"
        columns += _part_columns(f"{trial.n_valid} {kind}", trial.typical_time, names)
    return columns


def _part_columns(header: str, time: TimeShares, names: Sequence[str]) -> list[GridColumn]:
    values = [getattr(time, name) for name in names]
    total_s = math.fsum(value for value in values if value is not None)
    return [
        GridColumn(header=header, cells=(*(_seconds(value) for value in values), seconds_text(total_s))),
        GridColumn(header="", cells=(*(_share(value, total_s) for value in values), percent_text(1.0))),
    ]


def _path_columns(trial: ExplainedTrial) -> list[GridColumn]:
    """The path without what took less than a hundredth of the build; that is one line."""
    path = trial.critical_path
    total_s = math.fsum(step.duration_s for step in path)
    shown = [step for step in path if step.duration_s >= _WORTH_SHOWING * (trial.wall_s or 0.0)]
    rest_s = math.fsum(step.duration_s for step in path if step not in shown)
    lines = [(_short(plain_text(step.name)), _kind(step.kind), step.duration_s) for step in shown]
    if len(shown) < len(path):
        lines.append((f"{len(path) - len(shown)} shorter ones", "", rest_s))
    lines.append(("all", "", total_s))
    return [
        GridColumn(header="critical path", cells=tuple(name for name, _, _ in lines), left=True),
        GridColumn(header="kind", cells=tuple(kind for _, kind, _ in lines), left=True),
        GridColumn(header="time", cells=tuple(seconds_text(seconds) for _, _, seconds in lines)),
        GridColumn(header="of wall", cells=tuple(_share(seconds, trial.wall_s) for _, _, seconds in lines)),
    ]


def _kind(kind: ActivityKind) -> str:
    return kind.value.upper() if kind in {ActivityKind.RUN, ActivityKind.COPY} else kind.value


def _label(step: ExplainedStep) -> str:
    where = " ".join(str(part) for part in (step.stage, step.position) if part is not None)
    return plain_text(f"[{where}] {step.name}" if where else step.name)


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _STEP_WIDTH else f"{one_line[: _STEP_WIDTH - 1]}…"


def _verdict(step: ExplainedStep) -> str:
    return ABSENT if step.verdict is CacheVerdict.NOT_ELIGIBLE else step.verdict.value


def _seconds(seconds: float | None) -> str:
    return ABSENT if seconds is None else seconds_text(seconds)


def _share(seconds: float | None, wall_s: float | None) -> str:
    return ABSENT if seconds is None or not wall_s else percent_text(seconds / wall_s)
