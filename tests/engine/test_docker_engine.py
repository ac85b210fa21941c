"""The engine at hand, the user's own or a private one: images, containers, build cache, and only what is ours."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import EngineError
from bench.model.run import EngineKind
from bench.ports.process import run
from bench.ports.protocols import Engine
from tests.engine.tiny_base import import_tiny_base

pytestmark = pytest.mark.engine

RUN_ID = f"test-{secrets.token_hex(4)}"
LABEL = f"buildmark.run={RUN_ID}"
LABELS = {"buildmark.run": RUN_ID}
BASE = f"buildmark.invalid/{RUN_ID}:base"


@pytest.fixture(scope="module")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    entrypoint = 'ENTRYPOINT ["/bin/sh", "-c", "echo entrypoint"]'
    import_tiny_base(engine, tmp_path_factory.mktemp("base"), BASE, changes=[entrypoint])
    yield BASE
    engine.remove_labelled(LABEL)
    engine.remove_image(BASE)


def build(engine: Engine, folder: Path, word: str) -> str:
    """Build a small labelled image that no other build shares a RUN with, and return its id."""
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo {RUN_ID} {word} > /{word}\nRUN echo more > /more\n")
    network = ["--network", engine.build_network] if engine.build_network else []
    options = ["--label", LABEL, "--iidfile", str(folder / "iid"), *network]
    run(["docker", "buildx", "build", *options, str(folder)], env=engine.environment, timeout_s=120)
    return (folder / "iid").read_text()


def test_what_the_engine_is(engine: Engine) -> None:
    info = engine.info
    assert info.cpus >= 1
    assert info.memory_bytes > 2**26
    assert info.server_version[0].isdigit()
    assert info.buildx_version is not None
    assert engine.environment["BUILDX_BUILDER"] == "default"
    engine.ping()


def test_images_are_named_found_and_removed(engine: Engine, base: str) -> None:
    found = engine.find_image(base)
    assert found is not None
    assert found.layers == 1
    assert found.size_bytes > 100_000
    assert engine.image_digest(base) == found.id
    second = f"buildmark.invalid/{RUN_ID}:second"
    engine.tag_image(base, second)
    engine.remove_image(second)
    engine.remove_image(second)
    assert engine.find_image(second) is None
    assert engine.image_digest(second) is None
    assert engine.find_image(base) == found


def test_a_pull_that_fails_has_the_daemons_words(engine: Engine) -> None:
    with pytest.raises(EngineError, match="could not pull localhost:1/none:1"):
        engine.pull("localhost:1/none:1", platform=None)


def test_a_broken_archive_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"not a tar archive" * 100)
    with pytest.raises(EngineError, match=r"could not import x\.tar"):
        engine.import_rootfs(tmp_path / "x.tar", f"buildmark.invalid/{RUN_ID}:broken", changes=())


@pytest.mark.parametrize(
    ("script", "exit_code", "output"),
    [
        ("echo out; exit 3", 3, "out\n"),
        ("echo err >&2", 0, "err\n"),
        ("while read -r line; do echo $line; done < /proc/net/dev", 0, "lo:"),
        ("echo begun; while :; do :; done", None, "begun\n"),
    ],
)
def test_a_command_runs_in_place_of_the_entrypoint(
    engine: Engine, base: str, script: str, exit_code: int | None, output: str
) -> None:
    timeout_s = 60.0 if exit_code is not None else 0.5
    result = engine.run_container(base, ["sh", "-c", script], labels=LABELS, timeout_s=timeout_s)
    assert result.exit_code == exit_code
    assert output in result.output
    assert "eth0" not in result.output
    assert "entrypoint" not in result.output


def test_only_the_end_of_much_output_is_kept(engine: Engine, base: str) -> None:
    script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done"
    result = engine.run_container(base, ["sh", "-c", script], labels=LABELS, timeout_s=60)
    assert len(result.output) == 4096
    assert result.output.endswith("line 1999\n")


def test_a_command_that_the_image_lacks_is_the_images_fault(engine: Engine, base: str) -> None:
    result = engine.run_container(base, ["/no/such/program"], labels=LABELS, timeout_s=60)
    assert result.exit_code == 127
    assert "/no/such/program" in result.output


def test_an_image_that_is_not_there_is_an_error(engine: Engine) -> None:
    with pytest.raises(EngineError, match="No such image"):
        engine.run_container(f"buildmark.invalid/{RUN_ID}:none", ["sh"], labels=LABELS, timeout_s=60)


def test_removing_by_label_takes_all_of_ours_and_nothing_else(engine: Engine, base: str, tmp_path: Path) -> None:
    image = build(engine, tmp_path, "labelled")
    engine.tag_image(image, f"buildmark.invalid/{RUN_ID}:built")
    engine.tag_image(image, f"buildmark.invalid/{RUN_ID}:twice")
    run(["docker", "create", f"--label={LABEL}", image, "sh"], env=engine.environment, timeout_s=60)
    engine.remove_labelled(LABEL)
    assert engine.find_image(image) is None
    assert engine.find_image(base) is not None
    left = run(["docker", "ps", "--all", "--quiet", f"--filter=label={LABEL}"], env=engine.environment, timeout_s=60)
    assert left.text == ""


@pytest.mark.usefixtures("base")
def test_single_cache_records_go_and_the_others_stay(engine: Engine, tmp_path: Path) -> None:
    build(engine, tmp_path, "first")
    before = {record.id for record in engine.build_cache()}
    build(engine, tmp_path, "second")
    new = {record.id: record for record in engine.build_cache() if record.id not in before}
    assert any("second" in record.description for record in new.values())
    engine.remove_cache_records(new)
    after = {record.id for record in engine.build_cache()}
    assert after == before
    with pytest.raises(EngineError, match="not the id"):
        engine.remove_cache_records([""])
    assert {record.id for record in engine.build_cache()} == before


def test_the_build_cache_of_the_users_own_engine_is_never_emptied(engine: Engine) -> None:
    if engine.info.kind is EngineKind.PRIVATE:
        engine.empty_build_cache()
        assert engine.build_cache() == ()
    else:
        with pytest.raises(EngineError, match="not Buildmark's to empty"):
            engine.empty_build_cache()
