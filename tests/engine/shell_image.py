"""A root filesystem with nothing but this machine's shell: enough to build and run with, and no registry needed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from pathlib import Path


def write_shell_rootfs(archive: Path) -> None:
    """Write a tar with `/bin/sh` and the libraries that it loads."""
    shell = shutil.which("sh")
    assert shell is not None
    told = subprocess.run(["ldd", shell], capture_output=True, text=True, check=True).stdout
    with tarfile.open(archive, "w") as tar:
        tar.add(Path(shell).resolve(), "bin/sh")
        for library in sorted(set(re.findall(r"(/\S+) \(0x", told))):
            tar.add(Path(library).resolve(), library.lstrip("/"))
