"""A base image made of this machine's own shell: enough for RUN steps, with nothing to fetch."""

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from bench.model.scenario import base_ref
from bench.ports.protocols import Engine

TINY_BASE = base_ref("test-tiny")
PROGRAMS = {"sh": "bin/sh", "sleep": "bin/sleep", "cat": "bin/cat"}


def import_tiny_base(engine: Engine, folder: Path) -> None:
    """Import it as TINY_BASE, labelled as a base of ours."""
    archive = folder / "tiny.tar"
    with tarfile.open(archive, "w") as tar:
        for name, place in PROGRAMS.items():
            program = Path(str(shutil.which(name))).resolve()
            _add(tar, program, place)
            for library in _libraries(program):
                _add(tar, library.resolve(), str(library).lstrip("/"))
    engine.import_rootfs(archive, TINY_BASE, changes=["ENV PATH=/bin", "LABEL buildmark.base=test-tiny"])


def _libraries(program: Path) -> list[Path]:
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", told)]


def _add(tar: tarfile.TarFile, source: Path, name: str) -> None:
    if name not in tar.getnames():
        entry = tarfile.TarInfo(name)
        entry.mode, content = 0o755, source.read_bytes()
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
