"""Other tools' own functions, each in a virtual environment of its own: their dependencies are not ours.

Made once under the user's cache folder, and asked through a small program that reads JSON and writes JSON. Remove the
folder `benchmark-tools` there to have them made again.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from bench.ports import process
from bench.ports.paths import cache_folder
from benchmarks.verdicts.noise import Floats

FOLDER = "benchmark-tools"
INSTALL_S, ASK_S = 600.0, 600.0
REQUIREMENTS = {"pyperf": "pyperf==2.11.0", "asv": "asv==0.6.6", "otava": "apache-otava==0.8.0"}
ASK = Path(__file__).parent / "ask"
"""One program for each tool; they run in its environment and import nothing of ours."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool said of each campaign, True for an alarm, and which version of it."""

    version: str
    alarms: tuple[bool, ...]


def ask(tool: str, base: Floats, head: Floats, options: dict[str, float] | None = None) -> Asked:
    """Ask a tool of campaigns, given as wall times in seconds: a row each. Raises EngineError when it cannot be had."""
    python = environment(tool)
    question = {"base": base.tolist(), "head": head.tolist(), **(options or {})}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "question.json")
        path.write_text(json.dumps(question))
        said = process.run([str(python), str(ASK / f"with_{tool}.py"), str(path)], timeout_s=ASK_S)
    return msgspec.json.decode(said.stdout, type=Asked)


def environment(tool: str) -> Path:
    """The Python of a tool's environment, made when it is not there. Raises EngineError when it cannot be made."""
    folder = cache_folder(os.environ) / FOLDER / tool
    python = folder / "bin" / "python"
    done = folder / "complete"
    if not done.exists():
        process.run([sys.executable, "-m", "venv", "--clear", str(folder)], timeout_s=INSTALL_S)
        process.run([str(python), "-m", "pip", "install", "--quiet", REQUIREMENTS[tool]], timeout_s=INSTALL_S)
        done.touch()
    return python
