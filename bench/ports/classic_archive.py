"""The archive that the classic builder is sent. Neighbour: `bench.ports.builder_classic` sends it."""

from __future__ import annotations

import io
import tarfile
from typing import IO

from bench.model.build import BuildRequest

DOCKERFILE = ".buildmark.Dockerfile"
"""What the Dockerfile is called in the archive, where it lies among the files of the context."""
IGNORE_FILE = ".dockerignore"


def write_archive(request: BuildRequest, archive: IO[bytes]) -> None:
    """Write what the daemon is sent: the context, owned by root, and the Dockerfile under a name of our own.

    The ignore file keeps the Dockerfile, and itself where it is ours, out of what `COPY .` sees. The classic client
    does the same with a Dockerfile from elsewhere.
    """
    ignore_file = request.context / IGNORE_FILE
    ignored = ignore_file.read_bytes() if ignore_file.is_file() else IGNORE_FILE.encode()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(request.context.rglob("*")):
            if path != ignore_file:
                tar.add(path, arcname=path.relative_to(request.context).as_posix(), recursive=False, filter=_of_root)
        _add(tar, IGNORE_FILE, ignored + f"\n{DOCKERFILE}\n".encode())
        _add(tar, DOCKERFILE, request.dockerfile.read_bytes())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _of_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
