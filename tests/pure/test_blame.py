from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.blame import Blame, BlamedPart, PartKind, StepChange
from bench.model.build import Step, StepStatus
from bench.model.cache import CacheVerdict, MissKind, MissReason
from bench.model.image_layers import ImageLayer, ImageLayers
from bench.model.timeline import TimeShares
from bench.model.trial import StepUse, Trial
from bench.pure.blame import BlameSide, blame
from bench.pure.typical_trials import typical_halves
from tests.builders import make_trial
from tests.pure.test_step_alignment import dockerfile

STEPS = ("COPY a .", "RUN make", "RUN test")


def times(**parts: float) -> TimeShares:
    """Where the time went, with a tenth of a second for the client and nothing else but what is named."""
    zeros = dict.fromkeys(TimeShares.__struct_fields__, 0.0) | {"idle_client_s": 0.1}
    return msgspec.convert(zeros | parts, TimeShares)


def timed(steps: Sequence[Step], seconds: Sequence[float], **parts: float) -> Trial:
    """A trial whose steps take these parts of its wall time; what the builder does beside them is in `parts`."""
    told = tuple(
        msgspec.structs.replace(step, share_s=share, duration_s=share)
        for step, share in zip(steps, seconds, strict=True)
    )
    of_run = sum(share for step, share in zip(steps, seconds, strict=True) if step.kind == "RUN")
    time = times(run_other_s=of_run, copy_s=sum(seconds) - of_run, **parts)
    wall_s = sum(getattr(time, name) for name in TimeShares.__struct_fields__)
    return make_trial(steps=told, time=time, wall_s=wall_s)


def side(*trials: Trial, **changes: Any) -> BlameSide:
    return BlameSide(trials=trials, **changes)


def blamed(base: BlameSide, head: BlameSide) -> Blame:
    found = blame(base, head)
    assert found is not None
    return found


def part_of(found: Blame, name: str) -> BlamedPart:
    return next(part for part in found.parts if name in {side.name for side in (part.base, part.head) if side})


def test_the_slower_step_gets_the_blame_and_is_the_first() -> None:
    base = side(timed(dockerfile(*STEPS), (0.1, 0.5, 0.2)))
    head = side(timed(dockerfile("COPY a .", "RUN sleep 0.15 && make", "RUN test"), (0.1, 0.65, 0.2)))
    found = blamed(base, head)
    first = found.parts[0]
    assert first.head is not None
    assert (first.head.name, first.change, first.matters) == ("RUN sleep 0.15 && make", StepChange.CHANGED, True)
    assert first.share == pytest.approx(1.0)
    assert not any(part.matters for part in found.parts[1:])


def test_an_added_step_is_blamed_for_all_of_its_time_and_the_others_for_nothing() -> None:
    base = side(timed(dockerfile(*STEPS), (0.1, 0.5, 0.2)))
    head = side(timed(dockerfile("RUN sleep 1", *STEPS), (1.0, 0.1, 0.5, 0.2)))
    found = blamed(base, head)
    assert (found.parts[0].change, found.parts[0].base) == (StepChange.ADDED, None)
    assert found.parts[0].difference_s == pytest.approx(1.0)
    assert all(part.difference_s == pytest.approx(0.0) for part in found.parts[1:])


def test_what_a_build_does_beside_its_steps_can_be_to_blame() -> None:
    steps = dockerfile(*STEPS)
    base = side(timed(steps, (0.1, 0.5, 0.2), engine_s=0.1, pull_s=0.01))
    head = side(timed(steps, (0.1, 0.5, 0.2), engine_s=0.4, pull_s=0.01))
    first = blamed(base, head).parts[0]
    assert (first.kind, first.matters) == (PartKind.ENGINE, True)
    assert first.difference_s == pytest.approx(0.3)


def test_a_step_that_the_cache_had_before_is_told_with_why_it_missed() -> None:
    why = MissReason(kind=MissKind.COMMAND_CHANGED)
    steps = dockerfile(*STEPS)
    hit = [msgspec.structs.replace(step, status=StepStatus.CACHED) for step in steps]
    base = make_trial(wall_s=0.3, steps=tuple(hit), time=times(engine_s=0.2))
    missed = [hit[0], msgspec.structs.replace(steps[1], why=why, share_s=0.5), hit[2]]
    head = make_trial(wall_s=0.8, steps=tuple(missed), time=times(engine_s=0.2, run_other_s=0.5))
    part = part_of(blamed(side(base), side(head)), "RUN make")
    assert part.base is not None
    assert part.head is not None
    assert (part.base.cache, part.head.cache) == (CacheVerdict.HIT, CacheVerdict.MISS)
    assert part.head.why == why


def test_a_changed_cache_matters_however_little_time_it_takes() -> None:
    steps = dockerfile(*STEPS)
    base = timed(steps, (0.1, 0.5, 0.2))
    cached = tuple(msgspec.structs.replace(step, status=StepStatus.CACHED) for step in base.steps[:1])
    head = msgspec.structs.replace(base, steps=(*cached, *base.steps[1:]))
    assert part_of(blamed(side(base), side(head)), "COPY a .").matters


def test_the_time_of_looking_a_cached_step_up_is_not_counted_twice() -> None:
    steps = tuple(
        msgspec.structs.replace(step, status=StepStatus.CACHED, share_s=0.1) for step in dockerfile("RUN make")
    )
    warm = make_trial(wall_s=0.5, steps=steps, time=times(engine_s=0.4))
    found = blamed(side(warm), side(warm))
    engine = next(part for part in found.parts if part.kind is PartKind.ENGINE)
    assert engine.base_s == pytest.approx(0.3)
    assert sum(part.base_s for part in found.parts) == pytest.approx(0.5)


def test_without_shares_of_the_wall_time_durations_are_taken() -> None:
    def old(seconds: float) -> Trial:
        steps = tuple(msgspec.structs.replace(step, duration_s=seconds) for step in dockerfile("RUN make"))
        return make_trial(wall_s=1.0 + seconds, steps=steps, time=None)

    found = blamed(side(old(0.5)), side(old(1.5)))
    assert [(part.kind, part.difference_s) for part in found.parts[:1]] == [(PartKind.STEP, 1.0)]


def test_the_layer_and_the_written_bytes_of_a_step_stand_beside_it() -> None:
    def weighed(size: int) -> BlameSide:
        trial = timed(dockerfile(*STEPS), (0.1, 0.5, 0.2))
        use = StepUse(digest=trial.steps[1].digest, meter="m", joined_by="digest", disk_written_bytes=size * 2)
        layer = ImageLayer(
            diff_id="d",
            instruction="RUN  make",
            size_bytes=size,
            compressed_bytes=1,
            waste_bytes=0,
            symlink_bytes=0,
            files=1,
            in_base=False,
        )
        layers = ImageLayers(
            image_id="i",
            codec="gzip-6",
            size_bytes=size,
            compressed_bytes=1,
            waste_bytes=0,
            base_bytes=None,
            base_compressed_bytes=None,
            layers=(layer,),
            worst=(),
        )
        return side(msgspec.structs.replace(trial, step_use=(use,)), layers=layers)

    part = part_of(blamed(weighed(1_000_000), weighed(48_000_000)), "RUN make")
    assert part.base is not None
    assert part.head is not None
    assert (part.base.layer_bytes, part.head.layer_bytes) == (1_000_000, 48_000_000)
    assert (part.base.written_bytes, part.head.written_bytes) == (2_000_000, 96_000_000)
    assert part.matters


def of_rounds(*walls: float) -> tuple[Trial, ...]:
    return tuple(make_trial(round=round_, wall_s=wall_s) for round_, wall_s in enumerate(walls, start=1))


def walls_of(trials: Sequence[Trial]) -> set[float | None]:
    return {trial.wall_s for trial in trials}


def test_the_typical_trials_are_those_in_the_middle() -> None:
    base, head = of_rounds(9.0, 1.0, 1.1, 1.2, 0.1), of_rounds(2.0, 3.0, 4.0)
    halves = typical_halves(base, head, paired=False)
    assert (walls_of(halves[0]), walls_of(halves[1])) == ({1.0, 1.1, 1.2}, {3.0})


def test_of_pairs_the_typical_rounds_are_those_whose_difference_is() -> None:
    drifting = of_rounds(1.0, 2.0, 3.0, 4.0)
    spiked = of_rounds(1.1, 2.1, 3.9, 4.0)
    halves = typical_halves(drifting, spiked, paired=True)
    assert [{trial.round for trial in half} for half in halves] == [{1, 2}, {1, 2}]


def test_rounds_that_one_side_lacks_are_no_pairs() -> None:
    halves = typical_halves(of_rounds(1.0, 2.0), of_rounds(1.0, 2.0)[1:], paired=True)
    assert [{trial.round for trial in half} for half in halves] == [{2}, {2}]


@pytest.mark.parametrize("count", [1, 2])
def test_few_trials_are_all_typical(count: int) -> None:
    trials = of_rounds(*range(1, count + 1))
    assert len(typical_halves(trials, trials, paired=True)[0]) == count


def test_what_is_the_same_has_no_shares() -> None:
    steps = dockerfile(*STEPS)
    trial = timed(steps, (0.1, 0.5, 0.2))
    found = blamed(side(trial), side(trial))
    assert not any(part.matters for part in found.parts)
    assert {part.share for part in found.parts} == {None}


def test_a_side_without_trials_blames_nothing() -> None:
    assert blame(side(), side(make_trial())) is None


SECONDS = st.floats(0.0, 100.0)
TRIALS = st.lists(st.tuples(SECONDS, SECONDS, SECONDS, SECONDS), min_size=1, max_size=5)


@given(TRIALS, TRIALS)
def test_the_parts_add_up_to_the_difference_and_the_largest_come_first(
    base: list[tuple[float, ...]], head: list[tuple[float, ...]]
) -> None:
    sides = [
        side(*(timed(dockerfile(*texts), seconds[:3], engine_s=seconds[3]) for seconds in trials))
        for texts, trials in ((STEPS, base), (("RUN new", "COPY a .", "RUN make"), head))
    ]
    found = blamed(*sides)
    assert sum(part.difference_s for part in found.parts) == pytest.approx(found.difference_s, abs=1e-9)
    sizes = [abs(part.difference_s) for part in found.parts]
    assert sizes == sorted(sizes, reverse=True)
