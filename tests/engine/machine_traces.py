"""What is left on a machine of private engines that a test used. Other engines may come and go meanwhile."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from bench.ports.engine_home import RUNTIME, RUNTIME_VARIABLE
from bench.ports.paths import cache_folder

NAME = re.compile(r"\bprivate-[0-9a-f]{6}\b")
CGROUPS = Path("/sys/fs/cgroup")


def engines_in(*texts: str) -> set[str]:
    """The private engines that a run names; at least one, since a test that knows none would see nothing."""
    names = {name for text in texts for name in NAME.findall(text)}
    assert names, f"no private engine is named in {texts}"
    return names


def traces_of(names: Iterable[str], cache: Path | None = None) -> set[str]:
    """Every process, mount, cgroup, lock and folder that bears the name of one of these engines."""
    wanted = re.compile("|".join(map(re.escape, sorted(names))))
    places = _everything(cache or cache_folder(os.environ))
    return {f"{kind} {words}" for kind, words in places if wanted.search(words)}


def _everything(cache: Path) -> Iterator[tuple[str, str]]:
    yield from (("process", f"{pid} {words}") for pid, words in _processes())
    yield from (("mount", line.split()[1]) for line in Path("/proc/self/mounts").read_text().splitlines())
    yield from (("cgroup", folder) for folder, _, _ in os.walk(CGROUPS))
    for place in (cache / "engines", cache / "locks", Path(os.environ.get(RUNTIME_VARIABLE) or RUNTIME)):
        yield from (("folder", str(path)) for path in (place.iterdir() if place.is_dir() else ()))


def _processes() -> Iterator[tuple[int, str]]:
    """The programs that run, with their command lines; a zombie has none, so it is no trace."""
    for process in psutil.process_iter():
        try:
            yield process.pid, " ".join(process.cmdline())
        except psutil.Error:
            continue
