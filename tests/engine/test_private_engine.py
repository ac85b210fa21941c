"""Engines of Buildmark's own: they come up beside everything else, and nothing of them is left, however they end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import EngineError
from bench.model.run import EngineKind
from bench.ports import cgroups
from bench.ports.clock import SystemClock
from bench.ports.docker_engine import DockerEngine
from bench.ports.docker_host import resolve_host
from bench.ports.engine_home import EngineHome
from bench.ports.engine_lock import FileEngineLock
from bench.ports.engine_state import EngineState, read_states
from bench.ports.mounts import read_mounts
from bench.ports.paths import cache_folder
from bench.ports.process import run
from bench.ports.protocols import Engine
from tests.cli.command import Buildmark
from tests.engine.machine_traces import traces_of
from tests.engine.tiny_base import TINY_BASE, import_tiny_base

pytestmark = pytest.mark.engine

# Opens an engine as a run does, says its name, and waits to be killed.
RUN = """
import os, sys
from pathlib import Path
from bench.ports.clock import SystemClock
from bench.ports.engine_home import EngineHome
engine = EngineHome(Path(sys.argv[1]), environment=os.environ, clock=SystemClock()).open()
print(engine.info.name, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def cache(engine: Engine) -> Iterator[Path]:
    """A cache folder of the test's own, on the disk that the user's lies on; the fetched programs are shared."""
    if engine.info.kind is EngineKind.HOST:
        pytest.skip("this machine has a Docker engine of its own, so nothing is fetched or started beside it")
    users = cache_folder(os.environ)
    folder = Path(tempfile.mkdtemp(dir=users, prefix="test-"))
    for programs in users.glob("docker-*"):
        if programs.is_dir() and not programs.suffix:
            (folder / programs.name).symlink_to(programs)
    yield folder
    for state in read_states(folder / "engines"):
        home_of(folder).remove(state)
    shutil.rmtree(folder)


def home_of(cache: Path) -> EngineHome:
    return EngineHome(cache, environment=os.environ, clock=SystemClock())


def only_state(cache: Path) -> EngineState:
    (state,) = read_states(cache / "engines")
    return state


def test_it_comes_up_apart_from_the_rest_and_leaves_nothing(cache: Path) -> None:
    routes, forwarding = Path("/proc/net/route").read_text(), Path("/proc/sys/net/ipv4/ip_forward").read_text()
    engine = home_of(cache).open()
    state = only_state(cache)
    assert state.is_up
    assert not state.is_abandoned
    kinds = {trace.partition(" ")[0] for trace in traces_of({state.name}, cache)}
    assert kinds >= {"process", "folder"}
    assert engine.build_network == "host"
    assert engine.info.data_root.startswith(str(cache))
    assert Path("/proc/net/route").read_text() == routes
    engine.close()
    engine.close()
    assert traces_of({state.name}, cache) == set()
    assert Path("/proc/sys/net/ipv4/ip_forward").read_text() == forwarding
    assert home_of(cache).log_of(state.name).read_text()


def test_the_daemons_and_the_steps_have_groups_of_their_own(cache: Path, tmp_path: Path) -> None:
    engine = home_of(cache).open()
    assert engine.daemon_cgroup is not None
    assert engine.cgroup_parent is not None
    metered = [hierarchy.root for hierarchy in cgroups.hierarchies() if hierarchy.controllers or hierarchy.version == 2]
    tops = [root for root in metered if (root / engine.daemon_cgroup).is_dir()]
    assert tops
    pids = {daemon.pid for daemon in only_state(cache).daemons}
    for top in tops:
        assert pids <= cgroups.members(top / engine.daemon_cgroup)
        assert not cgroups.members(top / engine.cgroup_parent)
    import_tiny_base(engine, tmp_path)
    script = 'while read -r line; do echo "$line"; done < /proc/self/cgroup'
    said = engine.run_container(TINY_BASE, ["sh", "-c", script], labels={}, timeout_s=60)
    assert engine.cgroup_parent in said.output or "0::/" in said.output.splitlines()
    engine.close()


def test_nothing_is_collected_from_its_build_cache(cache: Path) -> None:
    engine = home_of(cache).open()
    told = run(["docker", "buildx", "inspect"], env=engine.environment, timeout_s=60).text
    engine.close()
    assert "Status:           running" in told
    assert "GC Policy" not in told


def test_the_engine_of_a_killed_run_is_cleaned_by_the_next(cache: Path) -> None:
    argv = [sys.executable, "-c", RUN, str(cache)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        name = other.stdout.readline().decode().strip()
        state = only_state(cache)
        assert state.name == name
        assert home_of(cache).clean() == ()  # its owner lives
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert state.is_up
    engine = home_of(cache).open()
    assert traces_of({state.name}, cache) == set()
    assert only_state(cache).name == engine.info.name
    engine.close()


def test_a_daemon_killed_in_the_middle_is_an_error_and_is_still_cleaned(cache: Path, tmp_path: Path) -> None:
    engine = home_of(cache).open()
    state = only_state(cache)
    import_tiny_base(engine, tmp_path)
    script = "echo up; while :; do :; done"
    begun = run(
        ["docker", "run", "--detach", "--network=none", TINY_BASE, "sh", "-c", script],
        env=engine.environment,
        timeout_s=60,
    )
    assert begun.text
    for daemon in state.daemons:
        os.kill(daemon.pid, signal.SIGKILL)
    for use in (engine.ping, engine.build_cache, engine.empty_build_cache):
        with pytest.raises(EngineError, match="does not answer") as caught:
            use()
        assert "buildmark engine logs" in (caught.value.remedy or "")
    engine.close()
    assert traces_of({state.name}, cache) == set()


def test_up_keeps_one_engine_that_runs_share_until_down(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BUILDMARK_CACHE", str(cache))
    buildmark = Buildmark(monkeypatch, capsys)
    program = [sys.executable, "-c", "from bench.cli.main import main; main()"]
    first = run([*program, "engine", "up"], env=os.environ, timeout_s=300)
    state = only_state(cache)
    assert first.text.startswith(f"{state.name} is up\n")
    assert buildmark("engine", "up").out.startswith(f"{state.name} is up already\n")
    shared = home_of(cache).open()
    assert shared.info.name == state.name
    shared.close()
    assert f"private  {state.name}: kept up" in buildmark("engine", "status").out
    assert "API listen on" in buildmark("engine", "logs").out
    with FileEngineLock(cache, SystemClock()).hold(state.name, "run-3"):
        refused = buildmark("engine", "down")
    assert refused.code == 5
    assert "in use by run-3" in refused.err
    assert state.is_up
    assert buildmark("engine", "down").out == f"removed {state.name}\n"
    assert traces_of({state.name}, cache) == set()
    assert buildmark("engine", "down").out == "nothing to remove: none is up\n"


def test_a_dockerd_that_does_not_come_up_says_its_last_words_and_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.ports.engine_daemons.daemon_configuration", lambda: b'{"no-such-key": 1}')
    with pytest.raises(EngineError, match="no-such-key"):
        home_of(cache).open()
    assert read_states(cache / "engines") == ()
    assert [mount for mount in read_mounts() if str(cache) in str(mount.path)] == []


def test_a_users_own_engine_is_named_and_never_pruned(cache: Path) -> None:
    engine = home_of(cache).open()
    users = DockerEngine(resolve_host(engine.environment), engine.environment)
    assert users.info.kind is EngineKind.HOST
    assert users.info.name.startswith("host-")
    assert users.info.buildx_version == engine.info.buildx_version
    with pytest.raises(EngineError, match="not Buildmark's to empty"):
        users.empty_build_cache()
    users.close()
    engine.ping()
    engine.close()


def test_data_on_an_unfit_filesystem_is_refused_with_the_way_out(cache: Path) -> None:
    memory = Path("/dev/shm") / cache.name
    for programs in cache.glob("docker-*"):
        memory.mkdir(exist_ok=True)
        (memory / programs.name).symlink_to(programs.resolve())
    try:
        with pytest.raises(EngineError, match="cannot keep its data on tmpfs") as caught:
            home_of(memory).open()
        assert "BUILDMARK_CACHE" in (caught.value.remedy or "")
    finally:
        shutil.rmtree(memory)
