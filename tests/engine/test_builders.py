import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from bench.model.build import BuilderKind, BuildOutcome, BuildRequest, BuildStatus, StepStatus
from bench.model.scenario import State
from bench.ports.builders import make_builder
from bench.ports.clock import SystemClock
from bench.ports.protocols import Builder, Engine
from bench.pure.context_use import least_context_bytes
from bench.pure.proof import prove
from tests.engine.tiny_base import TINY_BASE, import_tiny_base

pytestmark = pytest.mark.engine

RUN = f"test-{uuid4().hex[:8]}"
GOOD = f"""\
FROM {TINY_BASE} AS build
WORKDIR /src
COPY src/ .
RUN cat a b > /both
FROM {TINY_BASE}
COPY --from=build /both /both
COPY src/a /a
RUN cat /both > /copy; echo $((7 * 143))x
"""
# A sleep of a length of its own, so that the processes of this test run are told from all others.
NAP = f"{600 + os.getpid() / 10_000_000:.7f}"


class Bench:
    """One engine, one builder, one context that can be renamed and edited."""

    def __init__(self, engine: Engine, kind: BuilderKind, folder: Path) -> None:
        self.engine = engine
        self.kind = kind
        self._theirs = {record.id for record in engine.build_cache()}
        self.builder: Builder = make_builder(kind, engine, SystemClock())
        self._folder = folder
        self._names = iter(range(1000))
        self.context = folder / "buildmark-start"
        (self.context / "src").mkdir(parents=True)
        (self.context / "src" / "a").write_bytes(os.urandom(50_000))
        (self.context / "src" / "b").write_text("b\n")

    def request(self, dockerfile: str, *, no_cache: bool = False, timeout_s: float = 120) -> BuildRequest:
        file = self._folder / f"v{next(self._names)}" / "Dockerfile"
        file.parent.mkdir()
        file.write_text(dockerfile)
        return BuildRequest(
            dockerfile=file,
            context=self.context,
            no_cache=no_cache,
            args={},
            secrets={},
            labels={"buildmark.run": RUN},
            platform=None,
            network="none",
            timeout_s=timeout_s,
        )

    def build(self, dockerfile: str = GOOD, *, no_cache: bool = False, timeout_s: float = 120) -> BuildOutcome:
        return self.builder.build(self.request(dockerfile, no_cache=no_cache, timeout_s=timeout_s))

    def cool(self) -> None:
        """Give the context a new name and forget what was built: `--no-cache` alone still finds a WORKDIR."""
        self.context = self.context.rename(self._folder / f"buildmark-{next(self._names)}")
        ours = [record.id for record in self.engine.build_cache() if record.id not in self._theirs]
        self.engine.remove_cache_records(ours)

    def copied_bytes(self, outcome: BuildOutcome) -> int:
        files = [path for path in self.context.rglob("*") if path.is_file()]
        sizes = {path.relative_to(self.context).as_posix(): path.stat().st_size for path in files}
        return least_context_bytes(outcome.transcript.steps, sizes)


@pytest.fixture(scope="module")
def with_base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    import_tiny_base(engine, tmp_path_factory.mktemp("base"))
    theirs = {record.id for record in engine.build_cache()}
    yield engine
    engine.remove_labelled(f"buildmark.run={RUN}")
    engine.remove_image(TINY_BASE)
    engine.remove_cache_records([record.id for record in engine.build_cache() if record.id not in theirs])


@pytest.fixture(params=list(BuilderKind))
def bench(request: pytest.FixtureRequest, with_base: Engine, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(with_base, BuilderKind(request.param), tmp_path)
    yield made
    made.builder.remove_leftovers()


def napping() -> list[str]:
    """The processes of this machine that sleep for NAP: steps of a build that is still going on."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"sleep") and NAP.encode() in words:
            found.append(entry.parent.name)
    return found


def test_cold_then_warm_then_cold_are_proven_by_their_own_streams(bench: Bench) -> None:
    for state, no_cache in ((State.COLD, True), (State.WARM, False), (State.COLD, True)):
        if state is State.COLD:
            bench.cool()
        outcome = bench.build(no_cache=no_cache)
        assert (outcome.status, outcome.error) == (BuildStatus.OK, None)
        proof = prove(state, outcome.transcript, least_context_bytes=bench.copied_bytes(outcome))
        assert proof.reasons == ()
        assert proof.executed + proof.cached == 6
        assert outcome.image_id is not None
        image = bench.engine.find_image(outcome.image_id)
        assert image is not None
        assert image.layers >= 4
        assert 0 < (outcome.transcript.phases.steps_s or 0) < outcome.wall_s
        assert ("1001x" in outcome.transcript.log) is (state is State.COLD)


def test_a_context_of_the_same_name_is_not_sent_anew_and_so_proves_nothing(bench: Bench) -> None:
    if bench.kind is BuilderKind.CLASSIC:
        bench.build()
        assert bench.build().transcript.context_bytes is None
        return
    bench.build()
    again = bench.build(no_cache=True)
    reasons = prove(State.COLD, again.transcript, least_context_bytes=bench.copied_bytes(again)).reasons
    assert "was not transferred anew" in reasons[-1]


def test_an_edit_is_seen_in_the_steps_that_depend_on_it(bench: Bench) -> None:
    bench.build()
    (bench.context / "src" / "b").write_text("other\n")
    steps = [step for step in bench.build().transcript.steps if step.kind.is_eligible]
    cached = {step.name for step in steps if step.status is StepStatus.CACHED}
    assert cached == {"WORKDIR /src"} | ({"COPY src/a /a"} & cached)  # alone it depends on `a`, but follows the edit
    assert {step.name for step in steps if step.status is StepStatus.EXECUTED} >= {"COPY src/ .", "RUN cat a b > /both"}


def test_a_failing_run_is_a_record_with_its_output_and_dockers_words(bench: Bench) -> None:
    outcome = bench.build(f"FROM {TINY_BASE}\nRUN echo close to the end; exit 3\n")
    assert (outcome.status, outcome.image_id) == (BuildStatus.FAILED, None)
    assert "3" in (outcome.error or "")
    assert "close to the end" in outcome.transcript.log
    assert outcome.transcript.steps[-1].status is StepStatus.FAILED


@pytest.mark.parametrize(
    ("dockerfile", "words"),
    [
        (f"FROM {TINY_BASE}\nRUUN x\n", "unknown instruction: RUUN"),
        ("FROM buildmark.invalid/none:base\nRUN x\n", "buildmark.invalid"),
        (f"FROM {TINY_BASE}\nCOPY gone /gone\n", "gone"),
    ],
)
def test_a_dockerfile_that_the_engine_rejects_is_a_failed_build(bench: Bench, dockerfile: str, words: str) -> None:
    outcome = bench.build(dockerfile)
    assert outcome.status is BuildStatus.FAILED
    assert words in (outcome.error or "")


def test_a_build_that_takes_too_long_is_stopped_in_the_engine_too(bench: Bench) -> None:
    outcome = bench.build(f"FROM {TINY_BASE}\nRUN sleep {NAP}\n", timeout_s=2)
    assert (outcome.status, outcome.error) == (BuildStatus.TIMEOUT, "stopped after 2 s, the timeout")
    assert outcome.wall_s >= 2
    assert napping() == []
    assert bench.build().status is BuildStatus.OK


def test_an_interrupt_stops_the_build_in_the_engine_before_it_goes_on(bench: Bench) -> None:
    alarm = threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT))
    alarm.start()
    request = bench.request(f"FROM {TINY_BASE}\nRUN sleep {NAP}\n")
    with pytest.raises(KeyboardInterrupt):
        bench.builder.build(request)
    alarm.join()
    assert napping() == []
    assert bench.build().status is BuildStatus.OK


def test_a_dockerfile_outside_the_context_is_never_copied_from_it(bench: Bench) -> None:
    outcome = bench.build(f"FROM {TINY_BASE}\nCOPY . /all\nRUN cd /all; echo found * */* .b* .d*\n")
    assert outcome.status is BuildStatus.OK
    found = next(line for line in outcome.transcript.log.splitlines() if "found" in line and "echo" not in line)
    assert found.endswith("found src src/a src/b .b* .d*")


def test_a_secret_reaches_the_step_and_not_the_image(with_base: Engine, tmp_path: Path) -> None:
    bench = Bench(with_base, BuilderKind.BUILDKIT, tmp_path)
    (tmp_path / "a,secret").write_text("hush")
    dockerfile = f"FROM {TINY_BASE}\nRUN --mount=type=secret,id=s,target=/s cat /s; echo; echo end\n"
    request = msgspec.structs.replace(bench.request(dockerfile), secrets={"s": tmp_path / "a,secret"})
    outcome = bench.builder.build(request)
    assert (outcome.status, outcome.error) == (BuildStatus.OK, None)
    assert "| hush" in outcome.transcript.log
    assert outcome.image_id is not None
    left = with_base.run_container(
        outcome.image_id, ["sh", "-c", "cat /s"], labels={"buildmark.run": RUN}, timeout_s=30
    )
    assert "hush" not in left.output
