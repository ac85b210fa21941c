"""Stage a build context: a filtered copy with fixed times, so that the same files always make the same context.

Neighbours: the runner stages each variant's context once per campaign; `bench.model.build.BuildRequest` names it.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec
from docker.utils.build import Pattern

from bench.errors import InputError, StorageError

IGNORE_FILE = ".dockerignore"
FIXED_MTIME_S = 1_577_836_800
"""2020-01-01 UTC: any fixed time would do, but zip files (Python wheels) know none before 1980."""


class ContextFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a staged context holds: how many files and links, their bytes, and a digest of paths, modes and contents."""

    files: int
    size_bytes: int
    sha256: str


def stage_context(source: Path, destination: Path, *, without: Collection[Path] = ()) -> ContextFacts:
    """Copy the context `source` into the folder `destination`, leaving out what its `.dockerignore` names.

    `without` are folders that stay behind too, where they lie in the context: what a run itself writes. Modes are
    kept, times are fixed, links stay links, the `.dockerignore` itself stays behind. `destination` is made when it is
    not there, and must be empty. Raises InputError for a link that leaves the context, for anything but
    files, folders and links, and for a pattern that makes no sense; StorageError when it cannot be read or written.
    """
    if not source.is_dir():
        raise InputError(f"{source}: the build context is not a folder")
    matcher = _matcher(source / IGNORE_FILE)
    try:
        kept = _with_folders(_kept(source, "", matcher, (False,) * len(matcher), _inside(source, without)))
        destination.mkdir(parents=True, exist_ok=True)
        digest, facts = hashlib.sha256(), [_copy(source, destination, path) for path in kept]
        for path, (mode, kind, content) in zip(kept, facts, strict=True):
            digest.update(f"{kind} {mode:04o} {len(path.encode())} {path} {content}\n".encode())
        _fix_times(destination)
    except OSError as error:
        raise StorageError(f"cannot stage the build context {source}: {error}") from error
    sizes = [
        (destination / path).lstat().st_size for path, (_, kind, _) in zip(kept, facts, strict=True) if kind != "d"
    ]
    return ContextFacts(files=len(sizes), size_bytes=sum(sizes), sha256=digest.hexdigest())


def list_context(source: Path) -> tuple[str, ...]:
    """The regular files of a context that a builder is sent, relative to it, sorted. Raises StorageError."""
    matcher = _matcher(source / IGNORE_FILE)
    try:
        kept = _kept(source, "", matcher, (False,) * len(matcher), frozenset())
        return tuple(sorted(path for path in kept if stat.S_ISREG((source / path).lstat().st_mode)))
    except OSError as error:
        raise StorageError(f"cannot read the build context {source}: {error}") from error


def context_digests(context: Path) -> dict[str, str]:
    """What identifies each path of a staged context (relative to it, with `/`) in the build cache.

    The kind, the mode and the content of a file; the target of a link; the mode of a folder. Never times: the cache
    does not go by them. Raises StorageError when it cannot be read.
    """
    try:
        return {path.relative_to(context).as_posix(): _digest(path) for path in context.rglob("*")}
    except OSError as error:
        raise StorageError(f"cannot read the build context {context}: {error}") from error


def _digest(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link {os.readlink(path)}"  # noqa: PTH115 -- Path.readlink rewrites `./name`
    if not stat.S_ISREG(mode):
        return f"folder {stat.S_IMODE(mode):04o}"
    with path.open("rb") as file:
        return f"file {stat.S_IMODE(mode):04o} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _matcher(ignore_file: Path) -> tuple[Pattern, ...]:
    """Return the patterns of a `.dockerignore`, in order; none when there is no such file."""
    if not ignore_file.is_file():
        return ()
    lines = ignore_file.read_text(encoding="utf-8-sig").splitlines()
    wanted = (line.strip() for line in lines if not line.startswith("#"))
    patterns = (Pattern("!" + line[1:].strip() if line.startswith("!") else line) for line in wanted if line)
    return tuple(pattern for pattern in patterns if pattern.dirs)


def _inside(source: Path, folders: Collection[Path]) -> frozenset[str]:
    """Those of the folders that lie in the context, relative to it."""
    home = Path(os.path.realpath(source))
    places = (Path(os.path.realpath(folder)) for folder in folders)
    return frozenset(place.relative_to(home).as_posix() for place in places if place.is_relative_to(home))


def _kept(
    root: Path, folder: str, matcher: Sequence[Pattern], above: Sequence[bool], without: Collection[str]
) -> Iterator[str]:
    """Yield the paths under `folder` that stay, relative to `root`.

    As in Docker (moby/patternmatcher, MatchesUsingParentResults): a pattern that matched a folder matches all that is
    in it, the last pattern that matches decides, and `!` may bring back something out of a folder that is left out.
    `above` says for each pattern whether it matched `folder`.
    """
    for entry in os.scandir(root / folder):
        path = posixpath.join(folder, entry.name)
        if path == IGNORE_FILE or path in without:
            continue
        matched = [was or pattern.match(path) for was, pattern in zip(above, matcher, strict=True)]
        verdicts = [pattern.exclusion for hit, pattern in zip(matched, matcher, strict=True) if hit]
        if not verdicts or verdicts[-1]:
            yield path
        if entry.is_dir(follow_symlinks=False):
            yield from _kept(root, path, matcher, matched, without)


def _with_folders(paths: Iterable[str]) -> list[str]:
    """Return the paths, sorted, with every folder on the way: one that is left out may hold something brought back."""
    kept = set(paths)
    folders = {str(parent) for path in kept for parent in PurePosixPath(path).parents}
    return sorted((kept | folders) - {"."})


def _copy(source: Path, destination: Path, path: str) -> tuple[int, str, str]:
    """Copy one entry. Returns its mode, its kind (f, d or l) and what identifies its content."""
    origin, copy = source / path, destination / path
    status = origin.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        target = _checked_target(origin, path)
        copy.symlink_to(target)
        return 0o777, "l", target
    if stat.S_ISDIR(status.st_mode):
        copy.mkdir(exist_ok=True)
        copy.chmod(mode | stat.S_IRWXU)  # so that what lies in it can be written, and removed later
        return mode | stat.S_IRWXU, "d", ""
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{origin}: a build context holds files, folders and links only")
    shutil.copyfile(origin, copy)
    copy.chmod(mode)
    return mode, "f", hashlib.sha256(copy.read_bytes()).hexdigest()


def _checked_target(origin: Path, path: str) -> str:
    """Return where a link points; raises InputError when that is outside the context."""
    target = os.readlink(origin)  # noqa: PTH115 -- Path.readlink rewrites `./name`
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if posixpath.isabs(target) or inside == ".." or inside.startswith("../"):
        raise InputError(
            f"{origin}: the link points to {target}, outside the build context",
            remedy=f"copy the file into the context, or name {path} in {IGNORE_FILE}",
        )
    return target


def _fix_times(destination: Path) -> None:
    """Give everything the same time; folders after what is in them, since writing into one changes its time."""
    for folder, _, files in os.walk(destination, topdown=False):
        for name in (*files, "."):
            os.utime(Path(folder) / name, (FIXED_MTIME_S, FIXED_MTIME_S), follow_symlinks=False)
