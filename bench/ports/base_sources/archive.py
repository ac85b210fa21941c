"""A root filesystem archive from a path or a URL, pinned by its SHA-256."""

from __future__ import annotations

from pathlib import Path

from bench.errors import BaseUnavailableError
from bench.model.scenario import BaseSource
from bench.ports.base_sources.download import check_sha256, download
from bench.ports.base_sources.rootfs_tar import unpack_compression
from bench.ports.base_sources.workshop import Workshop


def obstacle(source: BaseSource, workshop: Workshop) -> str | None:
    """Why the archive cannot be had, as far as this machine alone can tell; None when it may be asked for."""
    location = source.location or ""
    if reason := workshop.foreign(source):
        return reason
    return None if _is_url(location) or Path(location).is_file() else f"there is no file {location}"


def make(source: BaseSource, workshop: Workshop, work: Path, target: Path) -> str:
    """Write the archive, without its compression, to `target`; returns its origin."""
    location, pinned = source.location or "", source.sha256 or ""
    packed = Path(location)
    if _is_url(location):
        packed = work / "download"
        download(location, packed, environment=workshop.environment, clock=workshop.clock)
    try:
        check_sha256(packed, pinned, name=location)
        unpack_compression(packed, target)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise BaseUnavailableError(f"{location} cannot be read: {error.strerror}") from error
    return location


def _is_url(location: str) -> bool:
    return location.lower().startswith(("http://", "https://"))
