"""The stall meters (PSI): how long tasks waited for CPU, memory or disk, of the steps' group and of the whole machine.

Groups of version 2 have pressure files without any controller, so a machine with version 1's controllers tells its
steps' stalls too, where version 2's hierarchy is mounted beside them. Counters of a group that appears while the build
runs begin at zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.ports.meter_parts import CGROUP_V2, HOST_WIDE, STALLS, Values, read_text, stall_values
from bench.pure.cgroup_files import Absent, pair_readings, strip_group
from bench.pure.proc_counters import Stall, parse_pressure, stall_between
from bench.pure.proc_files import Mount, find_unified

NO_STALL = Stall(some_s=0.0, full_s=0.0)


class Pressure:
    """The stalls that one folder of pressure files tells of. `files` maps a kind to its file.

    `group` is the name of the group, None for the whole machine. `made_on_demand`: the engine makes it with the first
    step.
    """

    def __init__(
        self, meter: str, files: Mapping[str, Path | Absent], *, group: str | None = None, made_on_demand: bool = False
    ) -> None:
        self.meter = meter
        self._files = files
        self._group = group
        self._made_on_demand = made_on_demand

    def start(self) -> PressureSession:
        """Read the counters."""
        return PressureSession(self)

    def read(self) -> dict[str, Stall | Absent | None]:
        """Stalls since the counters began; None where the group is not there."""
        return {kind: self._read_one(file) for kind, file in self._files.items()}

    def between(self, before: Stall | Absent | None, after: Stall | Absent | None) -> Stall | Absent:
        """The stalls between two readings."""
        pair = pair_readings(
            before, after, zero=NO_STALL, made_on_demand=self._made_on_demand, group=self._group or "of the machine"
        )
        return pair if isinstance(pair, Absent) else stall_between(*pair)

    def _read_one(self, file: Path | Absent) -> Stall | Absent | None:
        if isinstance(file, Absent):
            return file
        if self._group is not None and not file.parent.is_dir():
            return None
        text = read_text(file)
        return text if isinstance(text, Absent) else parse_pressure(text)


class PressureSession:
    """One measurement under way."""

    def __init__(self, pressure: Pressure) -> None:
        self._pressure = pressure
        self._before = pressure.read()

    def stop(self) -> Values:
        """Stalls in between."""
        after = self._pressure.read()
        return stall_values({kind: self._pressure.between(self._before[kind], after[kind]) for kind in after})


def host_pressure(proc_root: Path) -> Pressure:
    """The stalls of everything that runs on the machine."""
    return Pressure(HOST_WIDE, {kind: proc_root / "pressure" / kind for kind in STALLS})


def group_pressure(mounts: Sequence[Mount], steps: str, *, made_on_demand: bool) -> Pressure:
    """The stalls of the tasks in the steps' group."""
    unified, name = find_unified(mounts), strip_group(steps)
    files: dict[str, Path | Absent] = {
        kind: unified if isinstance(unified, Absent) else Path(unified) / name / f"{kind}.pressure" for kind in STALLS
    }
    return Pressure(CGROUP_V2, files, group=name, made_on_demand=made_on_demand)
