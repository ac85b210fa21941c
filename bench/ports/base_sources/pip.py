"""Fetches a pinned wheel with pip, wherever pip is: beside this Python, on PATH, or bundled with Python itself."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.errors import BaseUnavailableError, NetworkError
from bench.ports.process import run

TIMEOUT_S = 900.0
ANSWER_TIMEOUT_S = 15
# Where Debian keeps the wheels that ensurepip installs elsewhere (package python3-pip-whl).
DISTRIBUTION_WHEELS = Path("/usr/share/python-wheels")


def pip_command(environment: Mapping[str, str]) -> list[str] | None:
    """How to call pip; None when there is none. A virtual environment made by other tools may well lack it."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if found := shutil.which(name, path=environment.get("PATH")):
            return [found]
    spec = importlib.util.find_spec("ensurepip")
    bundled = [Path(spec.origin).parent / "_bundled"] if spec and spec.origin else []
    wheels = [wheel for folder in (*bundled, DISTRIBUTION_WHEELS) for wheel in sorted(folder.glob("pip-*.whl"))]
    return [sys.executable, str(wheels[-1] / "pip")] if wheels else None  # a wheel of pip runs from within its archive


def fetch_wheel(package: str, folder: Path, *, architecture: str, environment: Mapping[str, str]) -> Path:
    """Download the wheel of `NAME==VERSION` into `folder`. Raises BaseUnavailableError and NetworkError."""
    pip = pip_command(environment)
    if pip is None:
        raise BaseUnavailableError("pip is not on this machine, so no Python package can be fetched")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(architecture, architecture)
    argv = [
        *pip,
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-cache-dir",  # the wheel is kept as a prepared base, not a second time by pip
        "--no-deps",
        "--only-binary=:all:",
        *(f"--platform={tag}_{machine}" for tag in ("manylinux_2_17", "manylinux2014")),
        "--retries=1",
        f"--timeout={ANSWER_TIMEOUT_S}",
        f"--dest={folder}",
        package,
    ]
    done = run(argv, env=environment, timeout_s=TIMEOUT_S, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise NetworkError(f"pip could not fetch {package}: {_why(done.error_text)}")
    return wheels[0]


def _why(said: str) -> str:
    """Pip's last word. That it found no version at all mostly means that it could not ask."""
    if "(from versions: none)" in said:
        return "the Python package index does not answer, or does not have it"
    lines = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR")]
    return lines[-1] if lines else said[-300:]
