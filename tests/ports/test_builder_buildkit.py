import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bench.errors import EngineError
from bench.model.build import BuildRequest, BuildStatus, StepStatus
from bench.ports import process
from bench.ports.builder_buildkit import BuildkitBuilder
from bench.ports.fakes import FakeClock, FakeEngine, fake_info
from bench.ports.process import Completed
from tests.pure.streams import fixture

REQUEST = BuildRequest(
    dockerfile=Path("/run/Dockerfile"),
    context=Path("/run/buildmark-1"),
    no_cache=False,
    args={},
    secrets={},
    labels={},
    platform=None,
    network=None,
    timeout_s=60,
)


class Client:
    """Stands for the docker command: it takes time, writes its files, and may fail."""

    def __init__(self, clock: FakeClock, stderr: bytes, *, returncode: int = 0, timed_out: bool = False) -> None:
        self.argv: list[str] = []
        self.env: dict[str, str] = {}
        self.before: Callable[[], None] = lambda: None
        self._clock = clock
        self._stderr = stderr
        self._returncode = returncode
        self._timed_out = timed_out

    def __call__(
        self,
        argv: list[str],
        *,
        env: dict[str, str],
        timeout_s: float,
        check: bool,
        on_stderr_line: Callable[[bytes], None] | None,
        on_exit: Callable[[], None],
    ) -> Completed:
        assert not check
        assert timeout_s == 60
        self.argv, self.env = argv, env
        self._clock.advance(3.5)
        self.before()
        if self._returncode == 0:
            self._written("--iidfile").write_text("sha256:1234")
        on_exit()
        self._clock.advance(100)  # what comes after the client's end is not the build's
        for line in self._stderr.splitlines(keepends=True):
            if on_stderr_line is not None:
                on_stderr_line(line)
        return Completed(
            argv=tuple(argv), returncode=self._returncode, stdout=b"", stderr=self._stderr, timed_out=self._timed_out
        )

    def _written(self, option: str) -> Path:
        return Path(self.argv[self.argv.index(option) + 1])


def test_a_build_that_succeeds_is_timed_to_the_clients_end_and_named() -> None:
    engine = FakeEngine()
    client = Client(engine.clock, fixture("rawjson-cold.ndjson"))
    lines: list[bytes] = []
    outcome = BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST, on_line=lines.append)
    assert (outcome.status, outcome.wall_s, outcome.error) == (BuildStatus.OK, 3.5, None)
    assert outcome.image_id == "sha256:1234"
    assert b"".join(lines) == outcome.raw == fixture("rawjson-cold.ndjson")
    assert {step.status for step in outcome.transcript.steps} == {StepStatus.EXECUTED}


def test_the_files_of_a_build_are_gone_after_it() -> None:
    engine = FakeEngine()
    client = Client(engine.clock, b"")
    builder = BuildkitBuilder(engine, clock=engine.clock, runner=client)
    builder.build(REQUEST)
    assert not client._written("--iidfile").parent.exists()
    state = Path(client.env["BUILDX_CONFIG"])
    assert state.is_dir()
    del builder
    assert not state.exists()


def test_the_client_keeps_its_records_out_of_the_users_own() -> None:
    engine = FakeEngine()
    engine.environment = {"DOCKER_CONFIG": "/home/u/.docker", "BUILDX_CONFIG": "/home/u/.docker/buildx"}
    client = Client(engine.clock, b"")
    builder = BuildkitBuilder(engine, clock=engine.clock, runner=client)
    builder.build(REQUEST)
    first = client.env["BUILDX_CONFIG"]
    builder.build(REQUEST)
    assert client.env == {"DOCKER_CONFIG": "/home/u/.docker", "BUILDX_CONFIG": first}  # the same one: it keys transfers
    assert not first.startswith("/home/u")


def test_a_failed_build_has_dockers_words() -> None:
    engine = FakeEngine()
    client = Client(engine.clock, fixture("rawjson-failed.ndjson"), returncode=1)
    outcome = BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST)
    assert (outcome.status, outcome.image_id) == (BuildStatus.FAILED, None)
    assert outcome.error is not None
    assert "exit code: 3" in outcome.error


def test_a_client_that_fails_without_a_word_behind_error_still_gives_a_reason() -> None:
    engine = FakeEngine()
    for stderr, reason in ((b"{}\nunknown flag: --x\n", "unknown flag: --x"), (b"", "exited with 7 and said nothing")):
        client = Client(engine.clock, stderr, returncode=7)
        outcome = BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST)
        assert reason in (outcome.error or "")


def test_a_timeout_is_a_record_with_what_was_seen_until_then() -> None:
    engine = FakeEngine()
    raw = b"".join(fixture("rawjson-cold.ndjson").splitlines(keepends=True)[:30])
    client = Client(engine.clock, raw, returncode=130, timed_out=True)
    outcome = BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST)
    assert (outcome.status, outcome.error) == (BuildStatus.TIMEOUT, "stopped after 60 s, the timeout")
    assert outcome.transcript.steps


def test_an_engine_that_is_gone_afterwards_is_no_failed_build() -> None:
    engine = FakeEngine()
    client = Client(engine.clock, b"ERROR: something\n", returncode=1)
    client.before = engine.die
    with pytest.raises(EngineError, match="died during a build: something"):
        BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST)


def test_a_hanging_build_on_an_engine_that_is_gone_is_no_timeout() -> None:
    engine = FakeEngine()
    client = Client(engine.clock, b"", returncode=130, timed_out=True)
    client.before = engine.die
    with pytest.raises(EngineError, match="died during a build"):
        BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST)


def test_an_engine_that_broke_the_build_off_and_is_back_is_no_failed_build() -> None:
    engine = FakeEngine()
    client = Client(engine.clock, b"ERROR: rpc error: code = Unavailable desc = EOF\n", returncode=1)
    with pytest.raises(EngineError, match="broke off a build"):
        BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST)


def test_an_interrupt_goes_on_and_leaves_no_file() -> None:
    engine = FakeEngine()
    client = Client(engine.clock, b"")

    def interrupt() -> None:
        raise KeyboardInterrupt

    client.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        BuildkitBuilder(engine, clock=engine.clock, runner=client).build(REQUEST)
    assert not client._written("--iidfile").parent.exists()


@pytest.mark.parametrize(("version", "word"), [(None, "has none"), ("v0.11.2", "too old")])
def test_without_a_usable_buildx_it_says_how_to_get_one(version: str | None, word: str) -> None:
    engine = FakeEngine(info=msgspec.structs.replace(fake_info(), buildx_version=version))
    with pytest.raises(EngineError, match=word) as caught:
        BuildkitBuilder(engine, clock=engine.clock)
    assert "docker-buildx-plugin" in (caught.value.remedy or "")


def test_the_end_of_a_program_is_noticed_by_the_kernels_word_and_not_by_looking_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = process.start([sys.executable, "-c", ""])
    monkeypatch.setattr("subprocess.time.sleep", lambda _: pytest.fail("it slept"), raising=False)
    with child:
        assert process.wait(child, 30.0) == 0


def test_a_program_that_does_not_end_is_stopped_and_its_end_told() -> None:
    ends: list[str] = []
    script = "import time; print('on', flush=True); time.sleep(600)"
    done = process.run(
        [sys.executable, "-c", script], timeout_s=0.05, check=False, on_exit=lambda: ends.append("ended")
    )
    assert (done.timed_out, done.returncode in {-signal.SIGINT, 1, 130}, ends) == (True, True, ["ended"])
