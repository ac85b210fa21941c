"""Which engine is opened, and which daemon the user's own `docker` command would talk to."""

import hashlib
import importlib.util
import json
import os
import socket
from pathlib import Path

import pytest

from bench.errors import EngineError
from bench.model.run import EngineKind
from bench.ports.clock import SystemClock
from bench.ports.docker_client import probe, require_ssh
from bench.ports.docker_engine import engine_info, raise_on_stream_error, split_ref
from bench.ports.docker_host import DEFAULT_URL, DockerHost, client_environment, resolve_host
from bench.ports.engines import EngineChoice, neither, open_engine, private_obstacle


def add_context(config: Path, name: str, endpoint: dict[str, object]) -> Path:
    key = hashlib.sha256(name.encode()).hexdigest()
    folder = config / "contexts/meta" / key
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": endpoint}}))
    return config / "contexts/tls" / key / "docker"


def test_docker_host_goes_before_every_context(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "far"}')
    host = resolve_host(
        {"DOCKER_HOST": "tcp://h:2375", "DOCKER_CONTEXT": "far", "DOCKER_CONFIG": str(tmp_path), "HOME": "/h"}
    )
    assert (host.url, host.socket, host.tls) == ("tcp://h:2375", None, None)
    assert host.client == {"DOCKER_HOST": "tcp://h:2375"}


def test_the_current_context_is_followed_with_its_certificates(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text('{"currentContext": "far"}')
    certificates = add_context(tmp_path / ".docker", "far", {"Host": "tcp://far:2376", "SkipTLSVerify": False})
    certificates.mkdir(parents=True)
    for name in ("ca", "cert", "key"):
        (certificates / f"{name}.pem").write_text("x")
    host = resolve_host({"HOME": str(tmp_path)})
    assert host.url == "tcp://far:2376"
    assert host.client == {"DOCKER_CONTEXT": "far"}
    assert host.tls is not None
    assert (host.tls.ca, host.tls.verify) == (certificates / "ca.pem", True)


def test_docker_context_goes_before_the_current_one(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "far"}')
    add_context(tmp_path, "near", {"Host": "unix:///near.sock"})
    host = resolve_host({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "near"})
    assert host.socket == Path("/near.sock")
    assert "the Docker context 'near'" in host.said_by


@pytest.mark.parametrize("content", [None, "{}", '{"currentContext": ""}', '{"currentContext": "default"}'])
def test_without_any_hint_it_is_the_default_socket(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    assert resolve_host({"DOCKER_CONFIG": str(tmp_path)}).url == DEFAULT_URL


def test_a_context_that_is_not_there_is_an_error_and_not_the_default_socket(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="'gone' does not exist"):
        resolve_host({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "gone"})


def test_a_broken_configuration_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(EngineError, match=r"config\.json cannot be read"):
        resolve_host({"DOCKER_CONFIG": str(tmp_path)})


def test_tls_variables_count_only_where_docker_itself_counts_them(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    secure = {"DOCKER_HOST": "tcp://h:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    host = resolve_host(secure)
    assert host.tls is not None
    assert (host.tls.ca, host.tls.certificate, host.tls.verify) == (tmp_path / "ca.pem", None, True)
    assert host.client == secure
    assert resolve_host({**secure, "DOCKER_TLS_VERIFY": ""}).tls is None


def test_the_client_builds_on_this_daemon_whatever_else_the_user_selected() -> None:
    users = {
        "PATH": "/bin",
        "DOCKER_CONTEXT": "far",
        "DOCKER_HOST": "tcp://far",
        "BUILDX_BUILDER": "cloud",
        "http_proxy": "p",
    }
    host = DockerHost(url="unix:///s", said_by="a test", client={"DOCKER_HOST": "unix:///s"})
    found = client_environment(host, users, config=Path("/c"))
    assert (found["DOCKER_HOST"], found["BUILDX_BUILDER"], found["DOCKER_CONFIG"]) == ("unix:///s", "default", "/c")
    assert found["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"
    assert found["http_proxy"] == "p"
    assert "DOCKER_CONTEXT" not in found


def test_a_socket_nobody_listens_at_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    def why(path: Path) -> str:
        with pytest.raises(EngineError) as caught:
            probe(DockerHost(url=f"unix://{path}", said_by="a test", client={}))
        return caught.value.message

    assert "there is no such socket" in why(tmp_path / "absent.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    assert "Connection refused" in why(tmp_path / "dead.sock")


def test_what_stands_in_the_way_of_a_private_engine(tmp_path: Path) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\n")
    (tmp_path / "apt-get").chmod(0o755)
    here = {"PATH": str(tmp_path)}
    assert private_obstacle(here, user=0, system="linux") is None
    assert "root" in (private_obstacle(here, user=1000, system="linux") or "")
    assert "apt-get" in (private_obstacle({"PATH": "/nonexistent"}, user=0, system="linux") or "")
    assert "Linux" in (private_obstacle(here, user=0, system="darwin") or "")


def test_auto_without_any_engine_says_why_for_both_and_both_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    environment = {"DOCKER_HOST": f"unix://{tmp_path}/absent.sock", "PATH": "/nonexistent"}
    with pytest.raises(EngineError) as caught:
        open_engine(EngineChoice.AUTO, environment=environment, clock=SystemClock(), cache=tmp_path)
    assert "absent.sock" in caught.value.message
    assert "it needs root" in caught.value.message
    remedy = caught.value.remedy or ""
    assert "start Docker" in remedy
    assert "as root on Debian" in remedy
    assert list(tmp_path.iterdir()) == []


def test_neither_keeps_the_hosts_own_reason() -> None:
    assert "no such context" in neither(EngineError("no such context"), "it needs root").message


@pytest.mark.parametrize(
    ("ref", "parts"),
    [
        ("buildmark.invalid/debian-12:base", ("buildmark.invalid/debian-12", "base")),
        ("registry:5000/name", ("registry:5000/name", None)),
        ("registry:5000/name:1", ("registry:5000/name", "1")),
        ("name", ("name", None)),
    ],
)
def test_split_ref(ref: str, parts: tuple[str, str | None]) -> None:
    assert split_ref(ref) == parts


def test_a_failure_inside_a_progress_stream_is_an_error() -> None:
    with pytest.raises(EngineError, match="could not pull x: no route"):
        raise_on_stream_error("pull x", [{"status": "Pulling"}, {"error": "no route"}])


def test_engine_info_of_an_old_daemon_that_does_not_tell_its_cgroups() -> None:
    told = {"Driver": "overlay2", "NCPU": 2, "MemTotal": 5, "Name": "box", "ID": "AB:CD:EF:01:23"}
    info = engine_info(
        told, {"Version": "20.10", "Arch": "amd64"}, kind=EngineKind.HOST, name=None, endpoint="e", buildx_version=None
    )
    assert (info.name, info.cgroup_version, info.cgroup_driver) == ("host-box-abcdef01", 1, "none")


def test_an_address_by_ssh_without_the_package_for_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    missing = {"paramiko"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else found(name))
    require_ssh(DockerHost(url="unix:///docker.sock", said_by="the default socket", client={}))
    with pytest.raises(EngineError, match="is reached by SSH, for which a package is missing") as caught:
        require_ssh(DockerHost(url="ssh://server", said_by="DOCKER_HOST", client={}))
    assert "buildmark[ssh]" in (caught.value.remedy or "")
