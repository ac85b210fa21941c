"""From the control groups that were seen while a build ran to what each of its steps used.

BuildKit runs each RUN step in a group of its own with a random name, and nothing that it says joins that name to the
step's digest. What does join them is the container's command, which the engine writes down for runc, and the moment.
Neighbours: `bench.ports.step_follower` sees the groups, `bench.pure.provenance` has what BuildKit itself tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bench.model.build import Step, StepKind, StepStatus
from bench.model.trial import StepUse

NS_PER_S = 1_000_000_000
CLOCK_SLACK_S = 0.05
"""A group is made after its step has begun; both are stamped by one machine's clock, in two processes."""

_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\w+")
_OPTIONS = re.compile(r"^RUN\s+(--\S+\s+)*")
_HERE_DOCUMENT = re.compile(r"<<\S+ \(")
_IGNORED = str.maketrans("", "", "\\\"'`[]")
_TIME = "time"
_COMMAND = "command"


class StepGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one step's group. `command` is the container's own, None where it could not be read.

    `begun_at_s` is when the group appeared, in seconds since 1970. The other fields are as in `StepUse`.
    """

    id: str
    begun_at_s: float
    command: tuple[str, ...] | None = None
    cpu_s: float | None = None
    container_start_cpu_s: float | None = None
    memory_peak_bytes: int | None = None
    disk_read_bytes: int | None = None
    disk_written_bytes: int | None = None
    stall_cpu_s: float | None = None
    stall_memory_s: float | None = None
    stall_io_s: float | None = None


class _Process(msgspec.Struct):
    args: tuple[str, ...] = ()


class _Bundle(msgspec.Struct):
    process: _Process = msgspec.field(default_factory=_Process)


def read_command(bundle: bytes) -> tuple[str, ...] | None:
    """The command of a container, from the `config.json` of its OCI runtime bundle (`process.args`)."""
    try:
        return msgspec.json.decode(bundle, type=_Bundle).process.args or None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class CpuLedger:
    """Divides the parent group's exact CPU time among the groups below it, also those that are gone. Nanoseconds.

    The parent counts what its children used for ever. So what a group used at its end, which nobody could read in
    time, is the parent's total less what every other group used: exact while one ends at a time. Where several ended
    between two looks, what cannot be told apart is divided among them equally.
    """

    def __init__(self, parent_ns: int, living_ns: Iterable[int] = ()) -> None:
        self._settled_ns = parent_ns - sum(living_ns)
        self._seen_ns: dict[str, int] = {}

    def see(self, group: str, used_ns: int) -> None:
        """Note a reading of a group that is there."""
        self._seen_ns[group] = max(used_ns, self._seen_ns.get(group, 0))

    def close(self, gone: Sequence[str], parent_ns: int, living_ns: Mapping[str, int]) -> dict[str, int]:
        """What each of the groups that have gone used, given the parent's total and the readings of those there."""
        for group, used_ns in living_ns.items():
            self.see(group, used_ns)
        least = {group: self._seen_ns.pop(group, 0) for group in gone}
        told_ns = sum(self._seen_ns[group] for group in living_ns)
        unseen_ns = max(0, parent_ns - self._settled_ns - told_ns - sum(least.values()))
        each_ns = unseen_ns // len(gone) if gone else 0
        used = {group: least_ns + each_ns for group, least_ns in least.items()}
        self._settled_ns += sum(used.values())
        return used


def join_groups(
    groups: Sequence[StepGroup], steps: Sequence[Step], *, begun_at_s: float | None, meter: str
) -> tuple[StepUse, ...]:
    """Give each executed RUN step its group, in the steps' order. A step runs in one group, a group runs one step.

    A group fits a step when its command is the step's; where several fit, and where the command is not known, the
    group's beginning must lie in the step's interval, and the closest pairs go first. Groups that fit no step
    (somebody else's, on the user's own engine) are left out, and so are steps without a group.
    """
    ran = [
        step for step in steps if step.kind is StepKind.RUN and step.status in {StepStatus.EXECUTED, StepStatus.FAILED}
    ]
    pairs = sorted(
        (_pairing(group, step, begun_at_s) for group in groups for step in ran),
        key=lambda pair: (-pair.fit, pair.distance_s),
    )
    taken: dict[str, _Pairing] = {}
    used: set[str] = set()
    for pair in pairs:
        if pair.is_possible and pair.step.digest not in taken and pair.group.id not in used:
            taken[pair.step.digest] = pair
            used.add(pair.group.id)
    return tuple(_use(taken[step.digest], pairs, meter) for step in ran if step.digest in taken)


class _Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """One group beside one step. `fit` is how much of the step's text its command covers, 0 for none of it."""

    group: StepGroup
    step: Step
    fit: float
    distance_s: float
    in_time: bool

    @property
    def is_possible(self) -> bool:
        return self.fit > 0 or (self.group.command is None and self.in_time)


def _pairing(group: StepGroup, step: Step, begun_at_s: float | None) -> _Pairing:
    start_s = None if begun_at_s is None or step.start_s is None else begun_at_s + step.start_s
    late_s = float("inf") if start_s is None else group.begun_at_s - start_s
    in_time = -CLOCK_SLACK_S <= late_s <= (step.duration_s or 0.0) + CLOCK_SLACK_S
    fit = 0.0 if group.command is None else command_fit(step.name, group.command)
    return _Pairing(group=group, step=step, fit=fit, distance_s=abs(late_s), in_time=in_time)


def command_fit(name: str, command: Sequence[str]) -> float:
    """How much of a step's name a command covers, from 0 (not its command) to 1.

    The name has variables replaced and options in front of it, its quotes may differ, and of a here-document it has the
    first line only. So the command's literal pieces must stand in the name in their order; their share of it is the
    fit.
    """
    text = command[-1] if len(command) > 2 and command[-2] == "-c" else ",".join(command)  # noqa: PLR2004 SHELL -c TEXT
    text = text.lstrip().partition("\n")[0] if _HERE_DOCUMENT.search(name) else text
    have = _plain(_OPTIONS.sub("", name))
    pieces = [piece for piece in map(_plain, _VARIABLE.split(text)) if piece]
    at = 0
    for piece in pieces:
        found = have.find(piece, at)
        if found < 0:
            return 0.0
        at = found + len(piece)
    return sum(map(len, pieces)) / len(have) if have else 0.0


def _plain(text: str) -> str:
    return "".join(text.translate(_IGNORED).split())


def _use(pair: _Pairing, pairs: Sequence[_Pairing], meter: str) -> StepUse:
    rivals = sum(other.fit == pair.fit and other.group.id == pair.group.id for other in pairs)
    group = pair.group
    return StepUse(
        digest=pair.step.digest,
        meter=meter,
        joined_by=_COMMAND if pair.fit and rivals == 1 else _TIME,
        cpu_s=group.cpu_s,
        container_start_cpu_s=group.container_start_cpu_s,
        memory_peak_bytes=group.memory_peak_bytes,
        disk_read_bytes=group.disk_read_bytes,
        disk_written_bytes=group.disk_written_bytes,
        stall_cpu_s=group.stall_cpu_s,
        stall_memory_s=group.stall_memory_s,
        stall_io_s=group.stall_io_s,
    )
