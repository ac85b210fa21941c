from pathlib import Path

import msgspec
import pytest

from bench.app.asked import World
from bench.app.bases import BasesInEngine
from bench.app.refusals import refuse_other_bases, refuse_other_engine, refuse_other_machine
from bench.app.session_contexts import bring_contexts_back
from bench.errors import InputError, UsageError
from bench.model.environment import Fact
from bench.model.run import EngineInfo, EngineKind, Run
from bench.ports.fake_instruments import FakeClock
from bench.ports.run_store import RunStore
from bench.pure.fingerprint import engine_facts
from tests.builders import make_base, make_engine, make_run


class Quiet:
    """A watcher that nothing is told."""

    def started(self, run: object, missing: object) -> None:
        """See Watcher."""

    def trial_started(self, planned: object) -> None:
        """See Watcher."""

    def trial_ended(self, trial: object) -> None:
        """See Watcher."""

    def ended(self) -> None:
        """See Watcher."""


def resumed_on(engine: EngineInfo, run: Run | None = None, **facts: str | float) -> list[str]:
    """What is said when a run goes on with this engine, on a machine of which these facts are known."""
    said: list[str] = []
    world = World(environment={}, clock=FakeClock(), cache=Path(), catalogue={}, watcher=Quiet(), say=said.append)
    found = {**engine_facts(engine), **{name: Fact(value=value) for name, value in facts.items()}}
    refuse_other_engine(run or make_run(), engine, found, world)
    return said


@pytest.mark.parametrize(
    ("field", "other", "word"),
    [
        ("server_version", "29.0.1", "Docker"),
        ("buildx_version", "v0.30.0", "Buildx"),
        ("storage_driver", "btrfs", "storage driver"),
        ("cpus", 64, "CPUs of the engine"),
        ("cgroup_version", 2, "cgroup version"),
        ("kind", EngineKind.HOST, "engine"),
    ],
)
def test_a_run_is_not_finished_on_another_engine(field: str, other: object, word: str) -> None:
    begun = make_engine()
    with pytest.raises(UsageError, match=f"{word} was {getattr(begun, field)}.*, is {other}") as caught:
        resumed_on(msgspec.structs.replace(begun, **{field: other}))
    assert "start a new run" in (caught.value.remedy or "")


def test_a_private_engine_may_have_a_new_name_and_the_users_may_not() -> None:
    assert resumed_on(make_engine(name="private-2"), make_run(engine=make_engine(name="private-1"))) == []
    host = make_engine(kind=EngineKind.HOST, name="here")
    with pytest.raises(UsageError, match="name was here, is there"):
        resumed_on(msgspec.structs.replace(host, name="there"), make_run(engine=host))


def test_a_run_is_not_finished_where_its_fingerprint_must_match_and_does_not() -> None:
    run = make_run(fingerprint={"data_root_filesystem": Fact(value="ext4"), "cpu_quota_cpus": Fact(value="none")})
    with pytest.raises(UsageError) as refused:
        resumed_on(make_engine(), run, data_root_filesystem="xfs", cpu_quota_cpus=1.5)
    assert refused.value.message == (
        "this is not the engine that the run began with: CPU quota of Buildmark's control group was none, is 1.5 CPUs; "
        "filesystem of the engine's data was ext4, is xfs"
    )


def test_a_run_is_finished_with_a_word_about_what_else_has_changed() -> None:
    run = make_run(fingerprint={"kernel": Fact(value="6.1.0"), "load_1m": Fact(value=0.1)})
    said = resumed_on(make_engine(), run, cpu_model="A CPU that was not recorded", kernel="6.12.9", load_1m=5.0)
    assert said == ["warning: since the run began, this has changed: kernel was 6.1.0, is 6.12.9"]


def test_a_run_is_not_finished_on_another_machine() -> None:
    begun = make_run().machine
    refuse_other_machine(begun, msgspec.structs.replace(begun, kernel="7.0"))
    with pytest.raises(UsageError, match=r"hostname was .*, is elsewhere"):
        refuse_other_machine(begun, msgspec.structs.replace(begun, hostname="elsewhere"))


def test_a_run_is_not_finished_on_other_bases() -> None:
    base = make_base()
    run = make_run(bases=(base,))
    refuse_other_bases(run, BasesInEngine(prepared=(base,), unavailable=(), created_refs=()))
    other = msgspec.structs.replace(base, digest="sha256:" + "00" * 32)
    with pytest.raises(UsageError, match=r"the base debian-12 was sha256:ab.* and is sha256:00"):
        refuse_other_bases(run, BasesInEngine(prepared=(other,), unavailable=(), created_refs=()))
    with pytest.raises(UsageError, match="and is gone"):
        refuse_other_bases(run, BasesInEngine(prepared=(), unavailable=(), created_refs=()))


def test_a_run_of_a_dockerfile_alone_that_has_dropped_its_context_says_so(tmp_path: Path) -> None:
    run = make_run(scenario_folder=str(tmp_path))
    world = World(environment={}, clock=FakeClock(), cache=Path(), catalogue={}, watcher=Quiet(), say=print)
    with (
        RunStore(tmp_path / "results").create(run) as writer,
        pytest.raises(InputError, match=r"has dropped its build context, and .* has no scenario\.toml"),
    ):
        bring_contexts_back(run, writer, world)
