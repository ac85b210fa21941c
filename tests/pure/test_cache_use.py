from hypothesis import given
from hypothesis import strategies as st

from bench.model.build import Step, StepKind, StepStatus
from bench.pure.cache_use import cache_use, step_durations, step_key
from bench.pure.rawjson import parse_rawjson
from tests.pure.streams import fixture, make_step


def steps_of(name: str) -> tuple[Step, ...]:
    return parse_rawjson(fixture(name)).steps


COLD, WARM, EDITED = (steps_of(f"rawjson-{name}.ndjson") for name in ("cold", "warm", "edit-source"))


def test_a_step_has_one_key_in_every_build_though_its_digest_changes() -> None:
    assert {step_key(step) for step in COLD} == {step_key(step) for step in WARM} == {step_key(step) for step in EDITED}
    assert {step.digest for step in COLD} != {step.digest for step in WARM}
    assert len({step_key(step) for step in COLD}) == len(COLD)


def test_all_hits_and_all_misses_need_no_reference() -> None:
    cold, warm = cache_use(COLD, {}), cache_use(WARM, {})
    assert (cold.hits, cold.misses, cold.hit_ratio, cold.hit_ratio_by_time) == (0, 7, 0.0, 0.0)
    assert (warm.hits, warm.misses, warm.hit_ratio, warm.hit_ratio_by_time) == (7, 0, 1.0, 1.0)


def test_a_mixture_is_weighed_by_what_its_hits_take_when_executed() -> None:
    use = cache_use(EDITED, step_durations(COLD))
    assert use.hit_ratio == 1 / 7
    assert use.hit_ratio_by_time is not None
    assert 0.02 < use.hit_ratio_by_time < 0.03  # the WORKDIR takes 0.027 s of 1.02 s
    assert cache_use(EDITED, {}).hit_ratio_by_time is None


def test_what_never_started_is_counted_apart_and_what_failed_is_a_miss() -> None:
    steps = [
        make_step("RUN a", kind=StepKind.RUN, status=StepStatus.FAILED),
        make_step("RUN b", kind=StepKind.RUN, status=StepStatus.NEVER_STARTED),
        make_step("FROM c", kind=StepKind.FROM, status=StepStatus.CACHED),
    ]
    use = cache_use(steps, {})
    assert (use.eligible, use.hits, use.misses, use.never_started, use.hit_ratio) == (2, 0, 1, 1, 0.0)


def test_no_step_no_ratio() -> None:
    use = cache_use([], {})
    assert (use.eligible, use.hit_ratio, use.hit_ratio_by_time) == (0, None, None)


def test_only_executions_are_references() -> None:
    assert step_durations(WARM).keys() == {step_key(step) for step in WARM if step.kind is StepKind.FROM}


STEPS = st.lists(
    st.builds(
        make_step,
        st.sampled_from(["RUN a", "RUN b", "COPY c d"]),
        kind=st.sampled_from(list(StepKind)),
        status=st.sampled_from(list(StepStatus)),
    ),
    max_size=8,
)


@given(STEPS, st.dictionaries(st.just("\0" + "0\0RUN a"), st.floats(0, 100)))
def test_the_counts_add_up_and_the_ratios_are_ratios(steps: list[Step], reference_s: dict[str, float]) -> None:
    use = cache_use(steps, reference_s)
    assert use.hits + use.misses + use.never_started == use.eligible
    assert all(ratio is None or 0 <= ratio <= 1 for ratio in (use.hit_ratio, use.hit_ratio_by_time))
