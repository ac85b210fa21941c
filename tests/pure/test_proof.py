from typing import Any

import msgspec
import pytest

from bench.model.build import StepKind, StepStatus, Transcript
from bench.model.scenario import State
from bench.pure.classic import parse_classic
from bench.pure.proof import prove
from bench.pure.rawjson import parse_rawjson
from tests.pure.streams import fixture, make_step


def transcript(*steps: Any, context_bytes: int | None = 9000) -> Transcript:
    return msgspec.structs.replace(parse_rawjson(b""), steps=steps, context_bytes=context_bytes)


def classic(name: str) -> Transcript:
    return parse_classic((float(n), msgspec.json.decode(line)) for n, line in enumerate(fixture(name).splitlines()))


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("capture", ["cold", "warm"])
def test_captures_prove_what_they_are_and_nothing_else(capture: str, state: State) -> None:
    holds = capture == state
    for told in (parse_rawjson(fixture(f"rawjson-{capture}.ndjson")), classic(f"classic-{capture}.ndjson")):
        proof = prove(state, told)
        assert proof.holds is holds
        assert bool(proof.reasons) is not holds
        assert proof.executed + proof.cached == 7


def test_an_edit_proves_neither_and_the_reasons_name_the_steps() -> None:
    told = parse_rawjson(fixture("rawjson-edit-source.ndjson"))
    (cold,) = prove(State.COLD, told).reasons
    assert cold == "1 of 7 steps were found in the cache, not executed: [build 2] WORKDIR /src"
    (warm,) = prove(State.WARM, told).reasons
    assert warm.startswith(
        "6 of 7 steps were executed, not found in the cache: [build 3] COPY src/ ., [build 4] RUN for f"
    )
    assert warm.endswith(" and 2 more")


def test_a_workdir_from_the_cache_is_let_pass_where_no_cache_does_not_reach_it_and_only_there() -> None:
    workdir = make_step("WORKDIR /src", kind=StepKind.WORKDIR, status=StepStatus.CACHED)
    run = make_step("RUN x", kind=StepKind.RUN, status=StepStatus.EXECUTED)
    assert prove(State.COLD, transcript(workdir, run), by_no_cache=True).holds
    assert not prove(State.COLD, transcript(workdir, run)).holds
    hit = make_step("RUN x", kind=StepKind.RUN, status=StepStatus.CACHED)
    assert not prove(State.COLD, transcript(workdir, hit), by_no_cache=True).holds
    assert not prove(State.COLD, transcript(workdir), by_no_cache=True).holds


@pytest.mark.parametrize("state", list(State))
def test_no_step_no_proof(state: State) -> None:
    base = make_step("FROM x", kind=StepKind.FROM)
    never = make_step("RUN x", kind=StepKind.RUN, status=StepStatus.NEVER_STARTED)
    assert not prove(state, transcript(base, never)).holds


def test_a_step_that_never_started_speaks_for_neither_side() -> None:
    never = make_step("RUN unused", kind=StepKind.RUN, status=StepStatus.NEVER_STARTED)
    for state, status in ((State.COLD, StepStatus.EXECUTED), (State.WARM, StepStatus.CACHED)):
        proof = prove(state, transcript(make_step("RUN x", kind=StepKind.RUN, status=status), never))
        assert proof.holds
        assert proof.executed + proof.cached == 1


def test_a_base_found_in_the_engine_is_no_cache_hit() -> None:
    base = make_step("FROM x", kind=StepKind.FROM, status=StepStatus.CACHED)
    assert prove(State.COLD, transcript(base, make_step("RUN x", kind=StepKind.RUN))).holds


def test_a_cold_build_must_have_sent_the_context_that_it_copies() -> None:
    copy = make_step("COPY src/ .", kind=StepKind.COPY)
    assert not prove(State.COLD, transcript(copy, context_bytes=0)).holds
    assert prove(State.COLD, transcript(copy, context_bytes=8000), least_context_bytes=8000).holds
    (reason,) = prove(State.COLD, transcript(copy, context_bytes=273), least_context_bytes=8000).reasons
    assert "273 bytes were sent where at least 8000 were due" in reason


def test_nothing_is_claimed_of_a_context_that_is_not_copied_or_not_told() -> None:
    between_stages = make_step("COPY --from=build /a /b", kind=StepKind.COPY)
    assert prove(State.COLD, transcript(between_stages, context_bytes=0), least_context_bytes=10).holds
    assert prove(State.COLD, transcript(make_step("COPY a b", kind=StepKind.COPY), context_bytes=None)).holds


def test_names_with_many_lines_make_sentences_of_one() -> None:
    long = make_step("RUN a\n" + "b" * 500, kind=StepKind.RUN, status=StepStatus.CACHED)
    (reason,) = prove(State.COLD, transcript(long)).reasons
    assert "\n" not in reason
    assert len(reason) < 200
