"""Programs from the Debian archive, unpacked into a folder: nothing is installed, nothing of the machine is written.

Needs apt-get and dpkg-deb, and no rights beyond the folder. Neighbour: `bench.ports.apt`, the private apt below it.
"""

from __future__ import annotations

import fcntl
import logging
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import msgspec

from bench.errors import EngineError, NetworkError, StorageError
from bench.ports import apt
from bench.ports.process import run

logger = logging.getLogger(__name__)

MARKER = "packages.json"
EXTRACT_TIMEOUT_S = 300.0


class PackageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A package to fetch from a suite (`bookworm`). `version` may end in `*` and then goes before the suite."""

    name: str
    suite: str
    version: str | None = None

    @property
    def argument(self) -> str:
        """What apt-get is told."""
        return f"{self.name}={self.version}" if self.version else f"{self.name}/{self.suite}"


class FetchedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package that lies unpacked in the folder."""

    name: str
    version: str


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The marker file of a folder of tools: what was asked for, and what exactly lies there."""

    requests: tuple[PackageRequest, ...]
    with_dependencies: bool
    packages: tuple[FetchedPackage, ...]


def fetch_tools(
    requests: Sequence[PackageRequest], *, folder: Path, with_dependencies: bool, environment: Mapping[str, str]
) -> Path:
    """Unpack packages below `folder` and return the root of their tree (`…/usr/bin/…`); quick when they lie there.

    With `with_dependencies` come also the packages that they need and that are not installed on this machine. A killed
    fetch leaves nothing half, and two processes may fetch at once: one does it, the other waits. Raises EngineError
    (no apt, no keys, no such package), NetworkError (mirror out of reach) and StorageError (folder cannot be written).
    """
    root = folder / "root"
    if _is_done(folder, requests, with_dependencies=with_dependencies):
        return root
    try:
        with _locked(folder):
            if not _is_done(folder, requests, with_dependencies=with_dependencies):
                _fetch(requests, folder=folder, with_dependencies=with_dependencies, environment=environment)
    except OSError as error:
        raise StorageError(f"cannot keep Debian packages in {folder}: {error.strerror}") from error
    return root


def tool_environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which programs below `root` run: PATH, LD_LIBRARY_PATH and PERL5LIB with its folders first."""
    triplet = f"{platform.machine()}-linux-gnu"
    programs = ["usr/sbin", "usr/bin", "sbin", "bin"]
    libraries = [f"usr/lib/{triplet}", f"lib/{triplet}", "usr/lib", "lib"]
    perl = ["usr/share/perl5", f"usr/lib/{triplet}/perl5/*", "usr/share/perl/*", f"usr/lib/{triplet}/perl/*"]
    found = {
        "PATH": _folders(root, programs),
        "LD_LIBRARY_PATH": _folders(root, libraries),
        "PERL5LIB": _folders(root, perl),
    }
    result = dict(environ)
    for name, folders in found.items():
        if paths := [*folders, *filter(None, [environ.get(name)])]:
            result[name] = ":".join(paths)
    return result


def _folders(root: Path, patterns: Sequence[str]) -> list[str]:
    return [str(path) for pattern in patterns for path in sorted(root.glob(pattern)) if path.is_dir()]


def _read_marker(folder: Path) -> Fetched | None:
    try:
        return msgspec.json.decode((folder / MARKER).read_bytes(), type=Fetched)
    except (OSError, msgspec.MsgspecError):
        return None


def _is_done(folder: Path, requests: Sequence[PackageRequest], *, with_dependencies: bool) -> bool:
    marker = _read_marker(folder)
    return marker is not None and (marker.requests, marker.with_dependencies) == (tuple(requests), with_dependencies)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file closes, also when this process is killed
        yield


def _fetch(
    requests: Sequence[PackageRequest], *, folder: Path, with_dependencies: bool, environment: Mapping[str, str]
) -> None:
    apt.require_apt(environment)
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)  # of a fetch that was killed
    try:
        debs = _download(requests, new / "apt", with_dependencies=with_dependencies, environment=environment)
        packages = tuple(_package_of(deb) for deb in debs)
        _refuse_libc(packages)
        root = new / "root"
        root.mkdir()
        for deb in debs:
            run(["dpkg-deb", "--extract", str(deb), str(root)], env=environment, timeout_s=EXTRACT_TIMEOUT_S)
        shutil.rmtree(new / "apt")
        marker = Fetched(requests=tuple(requests), with_dependencies=with_dependencies, packages=packages)
        (new / MARKER).write_bytes(msgspec.json.format(msgspec.json.encode(marker)))
        _swap(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _download(
    requests: Sequence[PackageRequest], work: Path, *, with_dependencies: bool, environment: Mapping[str, str]
) -> list[Path]:
    own = apt.own_suite()
    machine = apt.machine_sources(environment)
    override = environment.get(apt.MIRROR_VARIABLE)
    suites = [request.suite for request in requests]
    chosen = [
        apt.choose_sources(suites, own=own, machine=machine, override=override, companions=companions)
        for companions in (with_dependencies, False)
    ]
    installed = apt.DPKG_STATUS if with_dependencies else None
    private = apt.PrivateApt(work, sources=chosen[0], installed=installed, environment=environment)
    logger.info("fetching from the Debian archive: %s", " ".join(request.argument for request in requests))
    try:
        private.update()
    except NetworkError:
        if chosen[0] == chosen[1]:
            raise
        private.set_sources(chosen[1])  # updates and security are a help, not a need
        private.update()
    names = [request.argument for request in requests]
    (private.download_with_dependencies if with_dependencies else private.download)(names)
    return sorted(private.archives.glob("*.deb"))


def _package_of(deb: Path) -> FetchedPackage:
    name, version, _ = unquote(deb.stem).split("_")
    return FetchedPackage(name=name, version=version)


def _refuse_libc(packages: Sequence[FetchedPackage]) -> None:
    if any(package.name == "libc6" for package in packages):
        raise EngineError(
            "these packages need a newer C library than this machine has",
            remedy="run on Debian 12 or newer, or start a Docker engine yourself and use `--engine host`",
        )


def _swap(new: Path, folder: Path) -> None:
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
