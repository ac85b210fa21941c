"""Fetching from the Debian archive: where from, once, whole or not at all. The programs are stand-ins on PATH."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.errors import EngineError, NetworkError
from bench.ports import apt
from bench.ports.apt import Source, choose_sources, failure_of, machine_sources, own_suite
from bench.ports.debian import MARKER, Fetched, PackageRequest, fetch_tools, tool_environment
from bench.ports.engine_tools import fetch_engine
from bench.ports.process import Completed

MIRROR = "http://mirror.example/debian"
REQUESTS = (PackageRequest(name="tool", suite="bookworm"), PackageRequest(name="other", suite="forky", version="2.*"))

# Answers as apt-get does: names the mirror, and "downloads" a package for each name. Counts downloads in calls.
APT_GET = """#!/bin/sh
case "$*" in
  indextargets*) [ -e "$HERE/no-lists" ] || echo "http://mirror.example/debian bookworm";;
  *--print-uris*) echo "'http://second.example/debian/dists/bookworm/InRelease' x 0";;
  *update*) if [ -e "$HERE/offline" ]; then echo "E: Could not resolve 'mirror.example'" >&2; exit 100; fi;;
  *28.*) [ ! -e "$HERE/no-series" ] || { echo "E: Version '28.*' for 'docker.io' was not found" >&2; exit 100; };;
  *download*)
    echo "$*" >> "$HERE/calls"
    while [ ! -e "$HERE/go" ]; do :; done
    for name in tool other; do : > "${name}_1%3a2.0-1_amd64.deb"; done
    [ ! -e "$HERE/libc" ] || : > libc6_3_amd64.deb;;
esac
"""
DPKG_DEB = """#!/bin/sh
[ ! -e "$HERE/broken" ] || { echo "dpkg-deb: error: broken archive" >&2; exit 2; }
mkdir -p "$3/usr/bin" "$3/usr/share/perl5"; echo "$2" > "$3/usr/bin/tool"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine with Debian's keys and stand-ins for apt-get and dpkg-deb; returns its environment."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("apt-get", APT_GET), ("dpkg-deb", DPKG_DEB)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (tmp_path / "keys.gpg").write_bytes(b"keys")
    (tmp_path / "go").touch()
    monkeypatch.setattr(apt, "KEYRINGS", (tmp_path / "keys.gpg",))
    return {"PATH": f"{programs}:/usr/bin:/bin", "HERE": str(tmp_path)}


def downloads(tmp_path: Path) -> int:
    return len((tmp_path / "calls").read_text().splitlines())


def fetch(tmp_path: Path, environment: dict[str, str], requests: tuple[PackageRequest, ...] = REQUESTS) -> Path:
    return fetch_tools(requests, folder=tmp_path / "c" / "tools", with_dependencies=False, environment=environment)


def test_fetched_once_and_named_exactly(tmp_path: Path, machine: dict[str, str]) -> None:
    root = fetch(tmp_path, machine)
    assert (root / "usr/bin/tool").is_file()
    written = msgspec.json.decode((root.parent / MARKER).read_bytes(), type=Fetched)
    assert [(one.name, one.version) for one in written.packages] == [("other", "1:2.0-1"), ("tool", "1:2.0-1")]
    assert fetch(tmp_path, machine) == root
    assert downloads(tmp_path) == 1
    assert "tool/bookworm other=2.*" in (tmp_path / "calls").read_text()


def test_other_packages_in_the_same_folder_are_fetched_anew(tmp_path: Path, machine: dict[str, str]) -> None:
    fetch(tmp_path, machine)
    fetch(tmp_path, machine, REQUESTS[:1])
    assert downloads(tmp_path) == 2


@pytest.mark.parametrize("trouble", ["broken", "offline", "libc"])
def test_a_failed_fetch_leaves_nothing(tmp_path: Path, machine: dict[str, str], trouble: str) -> None:
    (tmp_path / trouble).touch()
    with pytest.raises((EngineError, NetworkError)) as caught:
        fetch(tmp_path, machine)
    assert isinstance(caught.value, NetworkError) == (trouble == "offline")
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["tools.lock"]
    (tmp_path / trouble).unlink()
    fetch(tmp_path, machine)


def test_an_archive_that_has_moved_on_gives_the_docker_that_it_has(tmp_path: Path, machine: dict[str, str]) -> None:
    (tmp_path / "no-series").touch()
    root = fetch_engine(tmp_path / "c", machine)
    assert (root / "usr/bin/tool").is_file()
    assert (
        f"docker.io/forky docker-cli/forky docker-buildx/forky containerd/forky runc/{own_suite()}"
        in (tmp_path / "calls").read_text()
    )


def test_what_a_killed_fetch_left_is_not_taken_for_tools(tmp_path: Path, machine: dict[str, str]) -> None:
    half = tmp_path / "c/tools.new/root/usr/bin"
    half.mkdir(parents=True)
    (half / "half").touch()
    root = fetch(tmp_path, machine)
    assert not (root / "usr/bin/half").exists()
    assert not (tmp_path / "c/tools.new").exists()


def test_two_processes_fetch_once(tmp_path: Path, machine: dict[str, str]) -> None:
    (tmp_path / "go").unlink()
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom bench.ports import apt\n"
        "from tests.ports import test_debian as t\n"
        "apt.KEYRINGS = (Path(sys.argv[1]) / 'keys.gpg',); print(t.fetch(Path(sys.argv[1]), dict(os.environ)))"
    )
    environment = {**machine, "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, "-c", script, str(tmp_path)]
    both = [subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    (tmp_path / "go").touch()
    said = [child.communicate()[0].strip() for child in both]
    assert said == [str(tmp_path / "c/tools/root")] * 2
    assert downloads(tmp_path) == 1


def test_a_machine_without_apt_says_both_ways_out(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="apt-get is not on this machine") as caught:
        fetch(tmp_path, {"PATH": str(tmp_path)})
    assert "--engine host" in (caught.value.remedy or "")


def test_a_machine_without_the_keys_of_debian_fetches_nothing(
    tmp_path: Path, machine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "KEYRINGS", (tmp_path / "absent.gpg",))
    with pytest.raises(EngineError, match="keys of the Debian archive") as caught:
        fetch(tmp_path, machine)
    assert "debian-archive-keyring" in (caught.value.remedy or "")
    assert not (tmp_path / "calls").exists()


def test_the_mirror_is_the_one_of_the_machines_own_apt(tmp_path: Path, machine: dict[str, str]) -> None:
    assert machine_sources(machine) == (Source(site=MIRROR, release="bookworm"),)
    (tmp_path / "no-lists").touch()  # a fresh container: sources configured, nothing downloaded yet
    assert machine_sources(machine) == (Source(site="http://second.example/debian", release="bookworm"),)


SECURITY = Source(site="http://mirror.example/security", release="bookworm-security")
KNOWN = (Source(site=MIRROR, release="bookworm"), SECURITY, Source(site=MIRROR, release="bookworm-backports"))


def test_every_suite_comes_from_the_debian_mirror_and_companions_from_theirs() -> None:
    chosen = choose_sources(["forky", "bookworm"], own="bookworm", machine=KNOWN, override=None, companions=True)
    assert chosen == (Source(site=MIRROR, release="forky"), KNOWN[0], SECURITY)


def test_an_override_replaces_every_source() -> None:
    chosen = choose_sources(
        ["bookworm"], own="bookworm", machine=KNOWN, override="http://o.example/d/", companions=True
    )
    assert chosen == (Source(site="http://o.example/d", release="bookworm"),)


def test_a_release_may_go_by_its_standing_and_a_disc_is_no_mirror(tmp_path: Path, machine: dict[str, str]) -> None:
    (tmp_path / "bin/apt-get").write_text(f"#!/bin/sh\necho 'cdrom://Debian bookworm'\necho '{MIRROR}/ stable'\n")
    known = machine_sources(machine)
    chosen = choose_sources(["forky"], own="bookworm", machine=known, override=None, companions=False)
    assert chosen == (Source(site=MIRROR, release="forky"),)


def test_a_machine_with_another_distributions_mirrors_is_told_what_to_set() -> None:
    ubuntu = (Source(site="http://mirror.example/ubuntu", release="noble"),)
    with pytest.raises(EngineError) as caught:
        choose_sources(["forky"], own="bookworm", machine=ubuntu, override=None, companions=False)
    assert "BUILDMARK_DEBIAN_MIRROR" in (caught.value.remedy or "")
    assert "--engine host" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("text", "suite"),
    [
        ('ID=debian\nVERSION_CODENAME="trixie"\n', "trixie"),
        ("ID=ubuntu\nVERSION_CODENAME=noble\n", "bookworm"),
        ("", "bookworm"),
    ],
)
def test_own_suite(tmp_path: Path, text: str, suite: str) -> None:
    (tmp_path / "os-release").write_text(text)
    assert own_suite(tmp_path / "os-release") == suite


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("E: Failed to fetch http://x/InRelease  Could not resolve 'x'", NetworkError),
        ("E: The repository 'http://x bookworm Release' does not have a Release file.", NetworkError),
        ("E: Unable to locate package tool", EngineError),
        ("E: The repository 'http://x bookworm InRelease' is not signed.", EngineError),
    ],
)
def test_a_mirror_out_of_reach_is_told_from_a_refusal(said: str, kind: type[Exception]) -> None:
    argv = ("apt-get", "-c", "apt.conf", "update")
    error = failure_of(Completed(argv=argv, returncode=100, stdout=b"", stderr=said.encode()))
    assert type(error) is kind
    assert said.removeprefix("E: ") in error.message


def test_tool_environment_puts_the_tools_first(tmp_path: Path) -> None:
    for folder in ("usr/bin", "usr/share/perl5", "usr/lib"):
        (tmp_path / folder).mkdir(parents=True)
    found = tool_environment(tmp_path, {"PATH": "/bin", "PERL5LIB": "/own", "LANG": "C"})
    assert found == {
        "PATH": f"{tmp_path}/usr/bin:/bin",
        "LD_LIBRARY_PATH": f"{tmp_path}/usr/lib",
        "PERL5LIB": f"{tmp_path}/usr/share/perl5:/own",
        "LANG": "C",
    }


@pytest.mark.skipif(not (shutil.which("apt-get") and apt.KEYRINGS[0].is_file()), reason="needs Debian's apt and keys")
def test_an_archive_that_debian_did_not_sign_is_refused_by_the_real_apt(tmp_path: Path) -> None:
    release = tmp_path / "mirror/dists/bookworm"
    (release / "main/binary-amd64").mkdir(parents=True)
    (release / "main/binary-amd64/Packages").write_text("Package: tool\nVersion: 1\nArchitecture: amd64\n")
    (release / "Release").write_text("Codename: bookworm\nSuite: bookworm\nComponents: main\n")
    status = apt.DPKG_STATUS.read_bytes()
    environment = {**os.environ, apt.MIRROR_VARIABLE: f"file://{tmp_path}/mirror"}
    with pytest.raises(EngineError, match="not signed"):
        fetch(tmp_path, environment, REQUESTS[:1])
    assert apt.DPKG_STATUS.read_bytes() == status
