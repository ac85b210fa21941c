"""The campaign against fakes: what is done in which order, what is recorded, what is left behind."""

import gzip
import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from bench.app.bases import content_ref
from bench.app.campaign import refuse_foreign_cache_mounts
from bench.app.host_keeper import HostKeeper
from bench.app.shelf import refuse_impossible_pull, refuse_unpullable
from bench.errors import EngineError, InterruptedRunError, StorageError, UsageError
from bench.model.build import BuilderKind, BuildRequest, StepStatus
from bench.model.cache import MissKind
from bench.model.plan import PlannedTrial
from bench.model.run import EngineKind
from bench.model.scenario import Edit, EditAction, SmokeTest, SourceKind, State
from bench.model.trial import Reading, Trial, TrialStatus
from bench.ports.fakes import FakeBuild, FakeBuilder, FakeEngine
from bench.ports.page_cache import PageCache
from bench.ports.protocols import ContainerResult
from bench.ports.run_folder import RunWriter
from bench.pure.host_samples import HostSample, HostWatch
from bench.pure.proc_counters import HostCpu
from bench.pure.schedule import due_trials
from tests.app.rig import AXES, BASE, MERGED, SPLIT, Rig, Silent
from tests.builders import make_base, make_plan, make_unavailable

THEIRS = "mount / from exec /bin/sh -c something of theirs"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_trial_beside_other_work_is_marked_and_kept_with_the_machines_samples(tmp_path: Path) -> None:
    rig = Rig(tmp_path, rounds=1, disturbed_above=0.1)
    begun, ended = (HostCpu(busy_s=10 * n, steal_s=0.0, total_s=20.0 * n) for n in (1, 2))
    samples = tuple(
        HostSample(t_s=t_s, cpu=cpu, memory_available_bytes=None, disk=None, network=None)
        for t_s, cpu in ((0.0, begun), (10.0, ended))
    )
    rig.host = HostWatch(samples=samples, harness_cpu_s=1.0)
    rig.readings = {name: Reading(value=2.0, meter="cgroup-v1") for name in ("steps_cpu_s", "engine_cpu_s")}
    rig.go()
    for trial in rig.trials():
        assert trial.status is TrialStatus.VALID
        assert trial.disturbed == "other work took 25 % of the machine's CPU time (5.00 s), more than 10 %"
        assert trial.host is not None
        assert trial.host.samples is not None
        file = tmp_path / "results" / rig.run.id / trial.host.samples
        assert len(gzip.decompress(file.read_bytes()).splitlines()) == 2


def test_a_trial_prepares_meters_builds_and_cleans_in_that_order(rig: Rig) -> None:
    rig.go()
    cold = rig.calls[: rig.calls.index("meter.stop") + 1]
    assert cold == ["empty_build_cache", "meter.start", f"build {SPLIT}", "meter.stop"]
    rest = rig.calls[len(cold) :]
    warm = rest[: rest.index("meter.stop") + 1]
    assert [call.split()[0] for call in warm] == [
        "find_image",
        "save_image",
        "remove_image",
        "build",
        "meter.start",
        "build",
        "meter.stop",
    ]


def test_cold_is_cold_and_warm_is_warm_in_every_trial(rig: Rig) -> None:
    rig.go()
    trials = rig.trials()
    assert [trial.number for trial in trials] == list(range(1, 9))
    assert {trial.status for trial in trials} == {TrialStatus.VALID}
    ratios = {(trial.state, trial.cache.hit_ratio) for trial in trials if trial.cache}
    assert ratios == {(State.COLD, 0.0), (State.WARM, 1.0)}


def test_only_the_build_is_timed(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.engine = FakeEngine(
        clock=rig.clock, bases=[BASE], calls=rig.calls, costs_s={"empty_build_cache": 50.0, "find_image": 70.0}
    )
    rig.go()
    cold = next(trial for trial in rig.trials() if trial.variant == SPLIT and trial.state is State.COLD)
    assert cold.wall_s == pytest.approx(4 * 1.0 + 0.2)
    assert cold.overhead_s["prepare"] == pytest.approx(50.0)
    assert cold.overhead_s["inspect"] == pytest.approx(70.0)


def test_every_trial_has_a_context_name_of_its_own_and_its_preparation_shares_it(rig: Rig) -> None:
    builder = rig.go()
    names = [request.context.name for request in builder.requests]
    assert len(set(names)) == 8
    assert sorted(names.count(name) for name in set(names)) == [1] * 4 + [2] * 4


def test_a_cold_trial_that_hit_the_cache_is_invalid_with_the_reason_and_kept(rig: Rig) -> None:
    rig.go(nth={1: FakeBuild(foreign_hits=2)})
    first = rig.trials()[0]
    assert first.status is TrialStatus.INVALID
    assert first.reason is not None
    assert "found in the cache" in first.reason
    assert first.wall_s is not None


def test_a_warm_trial_that_missed_is_invalid(rig: Rig) -> None:
    rig.go(nth={3: FakeBuild(foreign_misses=1)})
    second = rig.trials()[1]
    assert (second.state, second.status) == (State.WARM, TrialStatus.INVALID)


def test_trials_say_why_steps_missed_and_where_their_time_went(rig: Rig) -> None:
    rig.go(nth={3: FakeBuild(foreign_misses=1)})
    cold, warm = rig.trials()[:2]
    eligible = [step for step in cold.steps if step.kind.is_eligible]
    assert {step.why.kind for step in eligible if step.why} == {MissKind.NOTHING_CACHED}
    assert [step.name for step in warm.steps if step.why] == ["WORKDIR /srv"]
    assert warm.steps[1].why is not None
    assert warm.steps[1].why.kind is MissKind.UNKNOWN
    assert cold.time is not None
    assert cold.time.run_unmetered_s == pytest.approx(2.0)
    assert cold.time.copy_s == pytest.approx(2.0)
    assert cold.time.idle_client_s + cold.time.idle_gaps_s == pytest.approx(0.2)
    assert [step.name for step in cold.critical_path][-1] == cold.steps[-1].name


def test_on_the_users_own_engine_a_cold_step_missed_because_the_cache_was_ignored(tmp_path: Path) -> None:
    rig = Rig(tmp_path, kind=EngineKind.HOST)
    rig.go()
    kinds = {step.why.kind for trial in rig.trials() if trial.state is State.COLD for step in trial.steps if step.why}
    assert kinds == {MissKind.CACHE_IGNORED}


def test_a_failing_step_is_a_record_with_its_last_lines_and_the_rest_runs(rig: Rig) -> None:
    rig.go(script={SPLIT: [FakeBuild(fails_at="make two")]})
    by_variant = {variant: {t.status for t in rig.trials() if t.variant == variant} for variant in (SPLIT, MERGED)}
    assert by_variant == {SPLIT: {TrialStatus.FAILED}, MERGED: {TrialStatus.VALID}}
    cold, warm = (t for t in rig.trials() if t.variant == SPLIT and t.round == 1)
    assert cold.reason is not None
    assert "exit code: 1" in cold.reason
    assert 0 < len(cold.log_tail) <= 20
    assert warm.reason is not None
    assert warm.reason.startswith("the build that prepares the state failed")
    assert warm.wall_s is None


def test_a_hanging_build_is_recorded_as_a_timeout(tmp_path: Path) -> None:
    rig = Rig(tmp_path, timeout_s=30.0)
    rig.go(nth={1: FakeBuild(hangs=True)})
    first = rig.trials()[0]
    assert first.status is TrialStatus.TIMEOUT
    assert first.wall_s == pytest.approx(30.0, abs=1.5)


def test_a_base_that_cannot_be_had_makes_records_and_no_builds(tmp_path: Path) -> None:
    rig = Rig(tmp_path, unavailable=(make_unavailable("debian-12", "no registry answers"),))
    builder = rig.go()
    assert builder.requests == []
    assert {(trial.status, trial.reason) for trial in rig.trials()} == {
        (TrialStatus.UNAVAILABLE, "no registry answers")
    }


def test_ctrl_c_keeps_what_was_measured_and_cleans_up(rig: Rig) -> None:
    with pytest.raises(InterruptedRunError) as caught:
        rig.go(nth={4: FakeBuild(interrupted=True)})
    assert caught.value.remedy == f"buildmark resume {rig.run.id}"
    assert len(rig.trials()) == 2
    assert rig.calls[-3:] == [f"remove_labelled buildmark.run={rig.run.id}", "remove_leftovers", "empty_build_cache"]
    assert rig.watcher.over


def test_resume_runs_exactly_the_due_trials(rig: Rig) -> None:
    with pytest.raises(InterruptedRunError):
        rig.go(nth={4: FakeBuild(interrupted=True)})
    recorded = rig.trials()
    assert [planned.number for planned in due_trials(rig.run, recorded)] == [3, 4, 5, 6, 7, 8]
    rig.go(recorded=recorded)
    assert [trial.number for trial in rig.trials()] == list(range(1, 9))


def test_an_engine_that_dies_keeps_the_records_and_says_how_to_go_on(rig: Rig) -> None:
    with pytest.raises(EngineError) as caught:
        rig.go(nth={4: FakeBuild(engine_dies=True)})
    assert f"buildmark resume {rig.run.id}" in (caught.value.remedy or "")
    assert len(rig.trials()) == 2


def test_a_disk_that_fills_up_keeps_the_records_and_cleans_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    append = RunWriter.append

    def full(writer: RunWriter, trial: Trial) -> None:
        if trial.number == 3:
            raise StorageError("cannot write trials.jsonl: no space left on device", remedy="free some space")
        append(writer, trial)

    monkeypatch.setattr(RunWriter, "append", full)
    with pytest.raises(StorageError, match="no space left") as caught:
        rig.go()
    assert caught.value.remedy == f"free some space; then buildmark resume {rig.run.id}"
    assert [trial.number for trial in rig.trials()] == [1, 2]
    assert rig.calls[-1] == "empty_build_cache"


def test_the_users_engine_is_never_emptied_and_gets_only_our_records_removed(tmp_path: Path) -> None:
    rig = Rig(tmp_path, kind=EngineKind.HOST)
    theirs = FakeBuilder(rig.engine)
    dockerfile = tmp_path / "theirs" / "Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text(f"FROM {BASE}\nRUN something of theirs\n")
    builder = rig.go()
    theirs.build(request_for(dockerfile))
    assert "empty_build_cache" not in rig.calls
    assert {trial.status for trial in rig.trials()} == {TrialStatus.VALID}
    cold = [r.no_cache for r in builder.requests if r.no_cache]
    assert len(cold) == 4
    assert [record.description for record in rig.engine.build_cache()] == [THEIRS]


def test_a_build_of_the_users_that_runs_meanwhile_keeps_its_cache(tmp_path: Path) -> None:
    rig = Rig(tmp_path, kind=EngineKind.HOST)
    dockerfile = tmp_path / "theirs" / "Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text(f"FROM {BASE}\nRUN something of theirs\n")

    class Meanwhile(Silent):
        def trial_started(self, planned: PlannedTrial) -> None:
            request = request_for(dockerfile)
            if planned.number == 3:
                FakeBuilder(rig.engine).build(request)

    rig.watcher = Meanwhile()
    rig.go()
    assert [record.description for record in rig.engine.build_cache()] == [THEIRS]


def kill_in_the_middle(rig: Rig, *, nth: int) -> None:
    """Run until the nth build begins, then do nothing more: no record, no clean-up, as after kill -9."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeEngine, "remove_labelled", lambda *_: None)
        patch.setattr(FakeEngine, "remove_cache_records", lambda *_: frozenset())
        patch.setattr(HostKeeper, "close", lambda _: None)
        with pytest.raises(InterruptedRunError):
            rig.go(nth={nth: FakeBuild(interrupted=True)})


def test_what_is_noted_of_the_users_cache_is_noted_outside_the_meters(tmp_path: Path) -> None:
    rig = Rig(tmp_path, kind=EngineKind.HOST)
    rig.go()
    starts = [place for place, call in enumerate(rig.calls) if call == "meter.start"]
    assert len(starts) == 8
    for place in starts:
        assert rig.calls[place - 1] == "build_cache"
        assert [call.split()[0] for call in rig.calls[place : place + 4]] == [
            "meter.start",
            "build",
            "meter.stop",
            "build_cache",
        ]


def test_a_killed_run_is_tidied_up_after_and_what_the_user_built_since_stays(tmp_path: Path) -> None:
    killed = Rig(tmp_path / "killed", kind=EngineKind.HOST)
    kill_in_the_middle(killed, nth=3)
    assert len(killed.engine.build_cache()) > 1
    dockerfile = tmp_path / "theirs" / "Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text(f"FROM {BASE}\nRUN something of theirs\n")
    FakeBuilder(killed.engine).build(request_for(dockerfile))

    following = Rig(tmp_path / "following", kind=EngineKind.HOST, id="20261123-100000-quick")
    following.engine, following.ledger, following.clock = killed.engine, killed.ledger, killed.clock
    following.go()
    assert {trial.status for trial in following.trials()} == {TrialStatus.VALID}
    assert [record.description for record in killed.engine.build_cache()] == [THEIRS]
    assert following.ledger.read() is None


def test_the_names_that_a_killed_run_gave_go_too(tmp_path: Path) -> None:
    rig = Rig(tmp_path, kind=EngineKind.HOST)
    HostKeeper(rig.engine, rig.ledger, rig.clock, "killed").note_ref(BASE)
    HostKeeper(rig.engine, rig.ledger, rig.clock, "next")
    assert rig.engine.find_image(BASE) is None


def test_a_record_that_a_build_of_the_users_stands_on_stays_and_the_run_goes_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path, kind=EngineKind.HOST)

    class Standing(Silent):
        def trial_ended(self, trial: Trial) -> None:
            super().trial_ended(trial)
            workdirs = [r.id for r in rig.engine.build_cache() if "WORKDIR" in r.description]
            rig.engine.stood_on.update(workdirs)

    rig.watcher = Standing()
    rig.go()
    assert {trial.status for trial in rig.trials()} == {TrialStatus.VALID}
    assert {record.description for record in rig.engine.build_cache()} == {"[ 2] WORKDIR /srv"}


def test_a_foreign_cache_mount_is_refused_on_the_users_engine_only() -> None:
    dockerfiles = {SPLIT: f"FROM {BASE}\nRUN --mount=type=cache,target=/root/.cache make one\n"}
    with pytest.raises(UsageError, match=r"cache mount '/root/[.]cache'") as caught:
        refuse_foreign_cache_mounts(dockerfiles, EngineKind.HOST, BuilderKind.BUILDKIT)
    assert "--engine private" in (caught.value.remedy or "")
    refuse_foreign_cache_mounts(dockerfiles, EngineKind.PRIVATE, BuilderKind.BUILDKIT)


def test_a_broken_image_spoils_its_variant_once_for_all_rounds(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(image: str, command: Sequence[str]) -> ContainerResult:
        assert command == ("/srv/check",)
        asked.append(image)
        return ContainerResult(exit_code=1, output="segfault")

    rig = Rig(tmp_path, smoke=SmokeTest(command=("/srv/check",)))
    rig.engine = FakeEngine(clock=rig.clock, bases=[BASE], calls=rig.calls, on_container=answer)
    rig.go()
    assert len(asked) == 2
    trials = rig.trials()
    assert {trial.status for trial in trials} == {TrialStatus.INVALID}
    assert sum(trial.smoke is not None for trial in trials) == 2
    assert all("smoke test: exit code 1" in (trial.reason or "") for trial in trials)


def test_a_pull_takes_the_base_away_and_brings_it_back(tmp_path: Path) -> None:
    rig = Rig(tmp_path, states=(State.COLD, State.PULL))
    rig.bases = {"debian-12": msgspec.structs.replace(make_base(), source=SourceKind.BOOTSTRAP)}
    rig.engine.add_image(content_ref("debian-12", make_base().digest), size_bytes=1, layers=1)
    rig.go()
    assert [trial.reason for trial in rig.trials() if trial.reason] == []
    pulls = [trial for trial in rig.trials() if trial.state is State.PULL]
    assert {trial.proof.pulled_bytes for trial in pulls if trial.proof} == {5000}
    assert rig.engine.find_image(BASE) is not None
    assert rig.engine.find_image("registry.test/debian-12:base") is None


def test_a_pull_that_found_the_base_in_place_is_invalid(tmp_path: Path) -> None:
    rig = Rig(tmp_path, states=(State.PULL,))
    rig.bases = {"debian-12": msgspec.structs.replace(make_base(), source=SourceKind.REGISTRY)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeEngine, "remove_image", lambda *_: None)
        rig.go()
    assert {trial.status for trial in rig.trials()} == {TrialStatus.INVALID}
    assert "the base was not pulled" in (rig.trials()[0].reason or "")


@pytest.mark.parametrize(
    ("engine", "builder", "words"),
    [
        (EngineKind.HOST, BuilderKind.BUILDKIT, "takes the bases out"),
        (EngineKind.PRIVATE, BuilderKind.CLASSIC, "BuildKit"),
    ],
)
def test_a_pull_that_cannot_be_is_refused(engine: EngineKind, builder: BuilderKind, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        refuse_impossible_pull(make_plan(AXES, states=(State.PULL,)), engine, builder)
    refuse_impossible_pull(make_plan(AXES), engine, builder)


def test_a_base_that_no_registry_has_needs_one(tmp_path: Path) -> None:
    del tmp_path
    with pytest.raises(UsageError, match="debian-12 came from: bootstrap") as caught:
        refuse_unpullable((msgspec.structs.replace(make_base(), source=SourceKind.BOOTSTRAP),))
    assert "--registry local" in (caught.value.remedy or "")


EDIT = Edit(action=EditAction.APPEND, file="assets/a.txt", text="@TRIAL@")
EDITED = (State.WARM, State.EDIT_SOURCE)


def test_an_edit_misses_from_its_step_on_in_every_round_and_is_undone(tmp_path: Path) -> None:
    rig = Rig(tmp_path, states=EDITED, edits={State.EDIT_SOURCE: EDIT})
    builder = rig.go()
    assert {trial.status for trial in rig.trials()} == {TrialStatus.VALID}
    edits = [trial for trial in rig.trials() if trial.state is State.EDIT_SOURCE and trial.variant == SPLIT]
    assert len(edits) == 2
    for trial in edits:
        assert trial.proof is not None
        assert trial.proof.edited == ("assets/a.txt",)
        assert [name.split()[-1] for name in trial.proof.had_to_miss] == [".", "one", "two"]
        assert trial.cache is not None
        assert trial.cache.hits == 1
        whys = [step.why for step in trial.steps if step.status is StepStatus.EXECUTED and step.why is not None]
        assert [why.kind for why in whys] == [MissKind.FILES_CHANGED, MissKind.PARENT_MISSED, MissKind.PARENT_MISSED]
        assert whys[0].subjects == ("assets/a.txt",)
    assert (builder.requests[-1].context / "assets" / "a.txt").read_text() == "hello"


def test_an_edit_that_is_the_same_each_time_begins_with_an_empty_cache(tmp_path: Path) -> None:
    same = Edit(action=EditAction.APPEND, file="assets/a.txt", text="the same")
    rig = Rig(tmp_path, states=EDITED, edits={State.EDIT_SOURCE: same})
    rig.go()
    assert {trial.status for trial in rig.trials()} == {TrialStatus.VALID}
    assert rig.calls.count("empty_build_cache") == 4 + 1


def test_the_page_cache_is_emptied_last_before_each_timed_build(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    class Noted(PageCache):
        def __init__(self) -> None:
            pass

        def drop(self) -> None:
            rig.calls.append("drop")

    rig.page_cache = Noted()
    rig.go()
    assert rig.calls.count("drop") == 8
    followed = {after for before, after in itertools.pairwise(rig.calls) if before == "drop"}
    assert followed == {"meter.start"}


def test_proxies_reach_the_builds_and_no_record(rig: Rig) -> None:
    builder = rig.go()
    assert builder.requests[0].args["HTTP_PROXY"] == "http://user:secret@proxy"
    files = [path for path in (rig.folder / "results").rglob("*") if path.is_file()]
    assert not any(b"secret@proxy" in path.read_bytes() for path in files)


def test_hits_are_weighed_with_what_the_steps_took_when_they_ran(rig: Rig) -> None:
    rig.go(nth={3: FakeBuild(foreign_misses=1)})
    warm = rig.trials()[1]
    assert warm.cache is not None
    assert warm.cache.hit_ratio_by_time == pytest.approx(3 / 4)


def request_for(dockerfile: Path) -> BuildRequest:
    return BuildRequest(
        dockerfile=dockerfile,
        context=dockerfile.parent,
        no_cache=False,
        args={},
        secrets={},
        labels={},
        platform=None,
        network=None,
        timeout_s=60.0,
    )
