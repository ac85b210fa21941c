import csv
import itertools
from pathlib import Path

import msgspec
import pytest

from bench.model.build import BuildRequest
from bench.pure.buildx import blames_engine, buildx_arguments, is_too_old, own_builder

PLAIN = BuildRequest(
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


def arguments(**changes: object) -> list[str]:
    request = msgspec.structs.replace(PLAIN, **changes)
    return buildx_arguments(request, iidfile=Path("/t/iid"))


def test_a_plain_build_asks_for_the_daemons_own_builder_and_gives_the_image_no_name() -> None:
    assert arguments() == [
        *("docker", "buildx", "build", "--builder", "default", "--progress", "rawjson"),
        *("--file", "/run/Dockerfile", "--provenance", "false", "--iidfile", "/t/iid"),
        "/run/buildmark-1",
    ]


def test_everything_that_a_request_holds_is_asked_for() -> None:
    told = arguments(
        no_cache=True,
        network="host",
        platform="linux/arm64",
        labels={"buildmark.run": "r1"},
        args={"A": "1", "B": "x=y z"},
        secrets={"buildmark-ca": Path("/etc/ca.pem")},
    )
    pairs = list(itertools.pairwise(told))
    assert "--no-cache" in told
    for pair in [
        ("--network", "host"),
        ("--platform", "linux/arm64"),
        ("--label", "buildmark.run=r1"),
        ("--build-arg", "A=1"),
        ("--build-arg", "B=x=y z"),
        ("--secret", "id=buildmark-ca,src=/etc/ca.pem"),
    ]:
        assert pair in pairs
    assert told[-1] == "/run/buildmark-1"


@pytest.mark.parametrize(
    ("environment", "builder"),
    [
        ({}, "default"),
        ({"DOCKER_CONTEXT": "desk"}, "desk"),
        ({"DOCKER_HOST": "unix:///x"}, "default"),
        ({"DOCKER_HOST": "unix:///x", "DOCKER_CONTEXT": "desk", "BUILDX_BUILDER": "other"}, "default"),
    ],
)
def test_the_builder_is_that_of_the_daemon_and_not_one_that_the_user_selected(
    environment: dict[str, str], builder: str
) -> None:
    assert own_builder(environment) == builder


@pytest.mark.parametrize("path", ["/a,b/ca.pem", '/a"b/ca.pem', "/a,id=other/ca.pem"])
def test_a_secrets_path_cannot_be_read_as_other_fields(path: str) -> None:
    told = arguments(secrets={"x": Path(path)})
    assert next(csv.reader([told[told.index("--secret") + 1]])) == ["id=x", f"src={path}"]


@pytest.mark.parametrize(
    ("version", "too_old"),
    [("v0.29.1", False), ("0.13.0+ds1", False), ("v0.12.9", True), ("v0.9", True), ("1.0", False), ("dev", False)],
)
def test_a_buildx_without_the_progress_stream_is_told(version: str, *, too_old: bool) -> None:
    assert is_too_old(version) is too_old


@pytest.mark.parametrize(
    ("error", "engine"),
    [
        ("failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF", True),
        ("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", True),
        ("failed to build: failed to solve: Canceled: context canceled", True),
        ('process "/bin/sh -c x" did not complete successfully: exit code: 3', False),
        ('process "/bin/sh -c echo code = Unavailable" did not complete successfully: exit code: 1', False),
        ("dockerfile parse error on line 2: unknown instruction: RUUN", False),
    ],
)
def test_the_last_word_tells_a_dead_engine_from_a_failed_step(error: str, *, engine: bool) -> None:
    assert blames_engine(error) is engine
