"""A base image made of this machine's own programs: enough for RUN steps, with nothing to fetch."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from bench.model.scenario import base_ref
from bench.ports.protocols import Engine

TINY_BASE = base_ref("test-tiny")
PROGRAMS = ("sh", "bash", "cat", "dd", "sleep")


def import_tiny_base(
    engine: Engine,
    folder: Path,
    ref: str = TINY_BASE,
    *,
    changes: Sequence[str] = (),
    programs: Sequence[str] = PROGRAMS,
) -> None:
    """Import it as `ref`, labelled as a base of ours, with these Dockerfile instructions of the caller's."""
    archive = folder / "tiny.tar"
    with tarfile.open(archive, "w") as tar:
        for place, file in sorted(_files(programs).items()):
            tar.add(file.resolve(), place)
    engine.import_rootfs(archive, ref, changes=["ENV PATH=/bin", "LABEL buildmark.base=test-tiny", *changes])


def _files(names: Sequence[str]) -> dict[str, Path]:
    """Where each of the programs and of the libraries that they load goes, and where it lies on this machine."""
    programs = {f"bin/{name}": Path(str(shutil.which(name))) for name in names}
    libraries = {str(path).lstrip("/"): path for program in programs.values() for path in _libraries(program)}
    return programs | libraries


def _libraries(program: Path) -> list[Path]:
    """None for a static program, of which `ldd` complains."""
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", told)]
