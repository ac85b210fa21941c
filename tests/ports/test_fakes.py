from pathlib import Path

import msgspec
import pytest

from bench.errors import EngineError
from bench.model.build import BuildOutcome, BuildRequest, BuildStatus
from bench.model.run import EngineKind
from bench.model.scenario import State
from bench.ports.fakes import FakeBuild, FakeBuilder, FakeClock, FakeEngine, FakeMeter, fake_info
from bench.ports.protocols import Builder, Clock, Engine, Meter
from bench.pure.proof import prove

DOCKERFILE = "FROM b:base AS build\nCOPY src/ .\nRUN make\nFROM b:base\nCOPY --from=build /o /o\nRUN last\n"


@pytest.fixture
def request_(tmp_path: Path) -> BuildRequest:
    context = tmp_path / "buildmark-1"
    (context / "src").mkdir(parents=True)
    (context / "src" / "a").write_text("x" * 5000)
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "Dockerfile").write_text(DOCKERFILE)
    return BuildRequest(
        dockerfile=tmp_path / "v" / "Dockerfile",
        context=context,
        no_cache=False,
        args={},
        secrets={},
        labels={"buildmark.run": "r"},
        platform=None,
        network=None,
        timeout_s=60,
    )


def new_name(request: BuildRequest) -> BuildRequest:
    moved = request.context.rename(request.context.with_name("buildmark-2"))
    return msgspec.structs.replace(request, context=moved)


def proves(outcome: BuildOutcome, state: State) -> bool:
    return prove(state, outcome.transcript, least_context_bytes=5000).holds


def test_the_fakes_are_peers_of_the_real_ones() -> None:
    clock: Clock = FakeClock()
    engine = FakeEngine()
    peers: tuple[Engine, Builder, Meter] = (engine, FakeBuilder(engine), FakeMeter())
    assert len(peers) == 3
    assert clock.monotonic_s() == 0


def test_a_build_is_cold_then_warm_then_cold_again_once_the_cache_is_empty(request_: BuildRequest) -> None:
    engine = FakeEngine(bases=["b:base"])
    builder = FakeBuilder(engine)
    assert proves(builder.build(request_), State.COLD)
    assert proves(builder.build(request_), State.WARM)
    engine.empty_build_cache()
    assert proves(builder.build(request_), State.COLD)


def test_without_cache_steps_are_executed_but_only_a_new_name_sends_the_context(request_: BuildRequest) -> None:
    builder = FakeBuilder(FakeEngine(bases=["b:base"]))
    uncached = msgspec.structs.replace(request_, no_cache=True)
    builder.build(uncached)
    assert not proves(builder.build(uncached), State.COLD)
    assert proves(builder.build(new_name(uncached)), State.COLD)


def test_an_edit_misses_what_depends_on_it_through_stages_too(request_: BuildRequest) -> None:
    builder = FakeBuilder(FakeEngine(bases=["b:base"]))
    builder.build(request_)
    (request_.context / "src" / "a").write_text("y")
    edited = builder.build(request_).transcript
    assert [step.status for step in edited.steps if step.kind.is_eligible] == ["executed"] * 4


def test_removing_the_image_or_the_cache_records_of_others_does_not_cool(request_: BuildRequest) -> None:
    engine = FakeEngine(bases=["b:base"])
    builder = FakeBuilder(engine)
    outcome = builder.build(request_)
    assert outcome.image_id is not None
    engine.remove_image(outcome.image_id)
    assert engine.find_image(outcome.image_id) is None
    assert proves(builder.build(request_), State.WARM)
    engine.remove_cache_records(record.id for record in engine.build_cache())
    assert not proves(builder.build(request_), State.WARM)


def test_what_is_scripted_happens_to_that_variant_and_that_build(request_: BuildRequest) -> None:
    engine = FakeEngine(bases=["b:base"])
    script = {"v": [FakeBuild(fails_at="make"), FakeBuild(foreign_hits=1), FakeBuild(hangs=True)]}
    builder = FakeBuilder(engine, script=script, nth={4: FakeBuild()})
    uncached = msgspec.structs.replace(request_, no_cache=True)
    failed, behind, hung, fine = (builder.build(uncached) for _ in range(4))
    assert (failed.status, failed.image_id) == (BuildStatus.FAILED, None)
    assert "make" in (failed.error or "")
    assert (behind.status, proves(behind, State.COLD)) == (BuildStatus.OK, False)
    assert (hung.status, round(hung.wall_s, 6)) == (BuildStatus.TIMEOUT, 60)
    assert (fine.status, round(fine.wall_s, 6)) == (BuildStatus.OK, 4.2)


def test_an_engine_that_dies_in_a_build_stays_dead(request_: BuildRequest) -> None:
    engine = FakeEngine(bases=["b:base"])
    with pytest.raises(EngineError, match="died"):
        FakeBuilder(engine, usual=FakeBuild(engine_dies=True)).build(request_)
    with pytest.raises(EngineError, match="does not answer"):
        engine.ping()


def test_an_interrupt_stops_the_build_before_it_goes_on(request_: BuildRequest) -> None:
    engine = FakeEngine(bases=["b:base"])
    with pytest.raises(KeyboardInterrupt):
        FakeBuilder(engine, usual=FakeBuild(interrupted=True)).build(request_)
    assert engine.calls == ["build v", "stop v"]


def test_a_base_that_the_engine_has_not_fails_the_build(request_: BuildRequest) -> None:
    outcome = FakeBuilder(FakeEngine()).build(request_)
    assert (outcome.status, outcome.error) == (BuildStatus.FAILED, "b:base: not found")


def test_a_users_engine_is_never_emptied_and_ours_is_cleaned_by_label(request_: BuildRequest) -> None:
    engine = FakeEngine(bases=["b:base"], info=fake_info(EngineKind.HOST))
    FakeBuilder(engine).build(request_)
    with pytest.raises(EngineError, match="not ours"):
        engine.empty_build_cache()
    engine.remove_labelled("buildmark.run=r")
    assert [image.names for image in engine.images.values()] == [{"b:base"}]


def test_what_the_engine_is_asked_takes_its_time() -> None:
    engine = FakeEngine(costs_s={"empty_build_cache": 0.25})
    engine.empty_build_cache()
    engine.ping()
    assert engine.clock.monotonic_s() == 0.25
