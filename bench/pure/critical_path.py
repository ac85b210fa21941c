"""The critical path of a build: the chain of activities that took longest, each needing the result of the one before.

Critical path method (Kelley and Walker 1959): the longest path through the graph of what needs what, each activity
weighing the time for which it worked. BuildKit does not tell what the reading of the Dockerfile before the first step
and the export after the last one need; they join the chain by time. Neighbour: `bench.pure.attribution`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bench.model.timeline import Activity, PathStep, Timeline

_SECOND = 1_000_000


def critical_path(timeline: Timeline) -> tuple[PathStep, ...]:
    """The chain, in the order in which it ran. Empty when nothing went on.

    Of chains that are equally long, the one whose last digest comes first in the alphabet.
    """
    chain = _longest_chain(timeline.activities)
    if not chain:
        return ()
    apart = [activity for activity in timeline.activities if activity.intervals and not activity.inputs]
    ran = [*_leading_up_to(chain[0], apart), *chain, *_following(chain[-1], apart)]
    return tuple(
        PathStep(
            digest=activity.digest,
            name=activity.name,
            kind=activity.kind,
            duration_s=_worked_us(activity) / _SECOND,
        )
        for activity in ran
    )


def _longest_chain(activities: Sequence[Activity]) -> list[Activity]:
    """The longest path along inputs, without what never started."""
    best: dict[str, int] = {}
    via: dict[str, str | None] = {}
    known = {activity.digest: activity for activity in activities}
    for activity in _inputs_first(list(known.values())):
        inputs = [digest for digest in activity.inputs if digest in best]
        longest = min(inputs, key=lambda digest: (-best[digest], digest), default=None)
        via[activity.digest] = longest
        best[activity.digest] = _worked_us(activity) + (best[longest] if longest else 0)
    at = min(best, key=lambda digest: (-best[digest], digest), default=None)
    chain: list[Activity] = []
    while at is not None:
        chain.append(known[at])
        at = via[at]
    return [activity for activity in reversed(chain) if activity.intervals]


def _inputs_first(activities: Collection[Activity]) -> Iterator[Activity]:
    """Each activity after all that it needs (Kahn 1962). What needs itself, which no builder tells, is left out."""
    known = {activity.digest for activity in activities}
    missing = {activity.digest: set(activity.inputs) & known for activity in activities}
    needed_by: dict[str, list[Activity]] = {}
    for activity in activities:
        for digest in missing[activity.digest]:
            needed_by.setdefault(digest, []).append(activity)
    ready = [activity for activity in activities if not missing[activity.digest]]
    while ready:
        activity = ready.pop()
        yield activity
        for waiting in needed_by.get(activity.digest, ()):
            missing[waiting.digest].discard(activity.digest)
            if not missing[waiting.digest]:
                ready.append(waiting)


def _leading_up_to(head: Activity, apart: Sequence[Activity]) -> list[Activity]:
    """What ended before `head` began: the last to end, before it the last to end before that began, and so on."""
    chain: list[Activity] = []
    while True:
        begun = (chain[-1] if chain else head).intervals[0][0]
        earlier = [activity for activity in apart if activity.intervals[-1][1] <= begun]
        if not earlier:
            return chain[::-1]
        chain.append(max(earlier, key=lambda activity: (activity.intervals[-1][1], activity.digest)))


def _following(tail: Activity, apart: Sequence[Activity]) -> list[Activity]:
    """What began after `tail` had ended: the first to end, after it the first to end of what began later, and so on."""
    chain: list[Activity] = []
    while True:
        ended = (chain[-1] if chain else tail).intervals[-1][1]
        later = [activity for activity in apart if activity.intervals[0][0] >= ended]
        if not later:
            return chain
        chain.append(min(later, key=lambda activity: (activity.intervals[-1][1], activity.digest)))


def _worked_us(activity: Activity) -> int:
    return sum(end - start for start, end in activity.intervals)
