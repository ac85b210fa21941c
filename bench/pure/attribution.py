"""Where the wall time of a build went: every instant is given to what went on in it, so the parts add up to the whole.

Of what went on in an instant, whatever waits for the result of something else that went on gives way to it (a step
whose base is still being fetched waits for the fetching). The others share the instant in equal parts. An instant in
which nothing went on is idle. Neighbours: `bench.pure.timeline`, and `bench.pure.critical_path` for the other question:
not what took the time, but what would have to be faster for the build to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bench.model.timeline import Activity, ActivityKind, Timeline, TimeShares

_SECOND = 1_000_000


class StepLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What meters told of one RUN step, in seconds; None is what they did not tell.

    `cpu_s` is user and system time over all threads. The stalls are the seconds during which some task of the step
    waited (PSI, `some`: Documentation/accounting/psi.rst of Linux).
    """

    cpu_s: float | None = None
    stall_cpu_s: float | None = None
    stall_memory_s: float | None = None
    stall_io_s: float | None = None


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """`shares` adds up to the wall time. `seconds` is what each activity got of it, in the timeline's order."""

    shares: TimeShares
    seconds: tuple[float, ...]


def attribute(timeline: Timeline, wall_s: float, loads: Mapping[str, StepLoad] | None = None) -> Attribution:
    """Say where `wall_s` seconds went. `loads` maps the digest of a RUN step to what meters told of it.

    The builder's clock and the one that timed the build are two: where the activities cover more than `wall_s` (a clock
    was set meanwhile), they are scaled down to it.
    """
    given = _share_instants(timeline.activities)
    covered_s = math.fsum(given)
    scale = wall_s / covered_s if covered_s > wall_s else 1.0
    seconds = tuple(value * scale for value in given)
    idle_s = max(0.0, wall_s - covered_s)
    client_s = min(idle_s, max(0.0, wall_s - timeline.span_us / _SECOND))
    return Attribution(
        shares=_shares(
            timeline.activities, seconds, loads or {}, idle_gaps_s=idle_s - client_s, idle_client_s=client_s
        ),
        seconds=seconds,
    )


def _share_instants(activities: Sequence[Activity]) -> list[float]:
    """The seconds that each activity gets."""
    before = _everything_before(activities)
    parts: list[list[float]] = [[] for _ in activities]
    for length, active in _segments(activities):
        busy = {activities[number].digest for number in active}
        foremost = [number for number in active if not busy & before[activities[number].digest]]
        for number in foremost or active:
            parts[number].append(length / _SECOND / len(foremost or active))
    return [math.fsum(part) for part in parts]


def _segments(activities: Sequence[Activity]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Stretches of time in which the same activities go on: their length in microseconds, and which those are."""
    events = sorted(
        (moment, begins, number)
        for number, activity in enumerate(activities)
        for interval in activity.intervals
        for moment, begins in zip(interval, (True, False), strict=True)
    )
    active: set[int] = set()
    since = 0
    for moment, begins, number in events:
        if active and moment > since:
            yield moment - since, tuple(sorted(active))
        since = moment
        if begins:
            active.add(number)
        else:
            active.discard(number)


def _everything_before(activities: Iterable[Activity]) -> dict[str, set[str]]:
    """For each digest, the digests of all that it needs, directly or not, itself left out."""
    inputs = {activity.digest: activity.inputs for activity in activities}
    found: dict[str, set[str]] = {}
    for digest, needs in inputs.items():
        seen: set[str] = set()
        waiting = list(needs)
        while waiting:
            needed = waiting.pop()
            if needed not in seen:
                seen.add(needed)
                waiting.extend(inputs.get(needed, ()))
        found[digest] = seen - {digest}
    return found


def _shares(
    activities: Sequence[Activity],
    seconds: Sequence[float],
    loads: Mapping[str, StepLoad],
    *,
    idle_gaps_s: float,
    idle_client_s: float,
) -> TimeShares:
    totals = {
        kind: math.fsum(value for activity, value in zip(activities, seconds, strict=True) if activity.kind is kind)
        for kind in ActivityKind
    }
    runs = [
        _split(activity, value, loads.get(activity.digest, StepLoad()))
        for activity, value in zip(activities, seconds, strict=True)
        if activity.kind is ActivityKind.RUN
    ]
    return TimeShares(
        context_s=totals[ActivityKind.CONTEXT],
        pull_s=totals[ActivityKind.PULL],
        run_cpu_s=math.fsum(run.cpu_s for run in runs),
        run_disk_s=_known_sum([run.disk_s for run in runs if run.metered]),
        run_memory_s=_known_sum([run.memory_s for run in runs if run.metered]),
        run_other_s=math.fsum(run.other_s for run in runs),
        run_unmetered_s=math.fsum(run.unmetered_s for run in runs),
        copy_s=totals[ActivityKind.COPY],
        engine_s=totals[ActivityKind.ENGINE],
        idle_gaps_s=idle_gaps_s,
        idle_client_s=idle_client_s,
    )


class _Split(msgspec.Struct, frozen=True, kw_only=True):
    """The seconds of one RUN step by what they were spent on."""

    cpu_s: float = 0.0
    disk_s: float | None = None
    memory_s: float | None = None
    other_s: float = 0.0
    unmetered_s: float = 0.0
    metered: bool = True


def _split(activity: Activity, seconds: float, load: StepLoad) -> _Split:
    """Split the seconds of a RUN step in proportion to what its meters told of its whole duration.

    A task that reads back memory that was taken from it waits for both memory and disk in PSI: that is memory here. A
    step with several threads can compute and wait at once: then the parts are more than the whole, and scaled down.
    """
    lasted_s = sum(end - start for start, end in activity.intervals) / _SECOND
    if load.cpu_s is None or lasted_s <= 0:
        return _Split(unmetered_s=seconds, metered=False)
    memory_s = load.stall_memory_s or 0.0
    wanted = [
        min(lasted_s, max(0.0, value))
        for value in (load.cpu_s + (load.stall_cpu_s or 0.0), (load.stall_io_s or 0.0) - memory_s, memory_s)
    ]
    cpu, disk, memory = (value / max(lasted_s, math.fsum(wanted)) * seconds for value in wanted)
    return _Split(
        cpu_s=cpu,
        disk_s=None if load.stall_io_s is None else disk,
        memory_s=None if load.stall_memory_s is None else memory,
        other_s=max(0.0, seconds - cpu - disk - memory),
    )


def _known_sum(values: Sequence[float | None]) -> float | None:
    """The sum of what is known; None when nothing is. What one step's meter does not tell is in its other seconds."""
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None
