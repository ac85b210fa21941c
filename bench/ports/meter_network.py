"""The network meter: bytes that came into this machine and left it, and those that stayed on its loopback.

Always of the whole machine: RUN steps of a private engine use its network as they are, control groups count no network
bytes in either version, and namespaces that BuildKit makes of its own are gone before they could be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.ports.meter_parts import HOST_WIDE, NETWORK_LOOPBACK, NETWORK_RECEIVED, NETWORK_SENT, Values, read_text
from bench.pure.cgroup_files import Absent
from bench.pure.proc_counters import NetBytes, outward, parse_net_dev, sum_net

LOOPBACK_NAMES = ("lo",)


class HostNetwork:
    """Bytes at the machine's own interfaces, those of containers left out."""

    meter = HOST_WIDE

    def __init__(self, *, proc_root: Path, sys_root: Path) -> None:
        self._dev = proc_root / "net" / "dev"
        self._class = sys_root / "class" / "net"

    def start(self) -> HostNetworkSession:
        """Read the counters."""
        return HostNetworkSession(self)

    def read(self) -> Mapping[str, NetBytes] | Absent:
        """Bytes since boot by interface."""
        text = read_text(self._dev)
        return text if isinstance(text, Absent) else parse_net_dev(text)

    def names(self, interfaces: Mapping[str, NetBytes]) -> tuple[str, ...]:
        """The interfaces at which traffic from and to other machines is counted, each byte once."""
        return outward(interfaces, [name for name in interfaces if (self._class / name / "device").exists()])


class HostNetworkSession:
    """One measurement under way."""

    def __init__(self, network: HostNetwork) -> None:
        self._network = network
        self._before = network.read()

    def stop(self) -> Values:
        """Bytes in between."""
        before, after = self._before, self._network.read()
        for reading in (before, after):
            if isinstance(reading, Absent):
                return dict.fromkeys((NETWORK_RECEIVED, NETWORK_SENT, NETWORK_LOOPBACK), reading)
        assert not isinstance(before, Absent)  # noqa: S101 - for mypy
        assert not isinstance(after, Absent)  # noqa: S101 - for mypy
        names = self._network.names(before)
        begun, ended = sum_net(before, names), sum_net(after, names)
        inside = sum_net(after, LOOPBACK_NAMES).received - sum_net(before, LOOPBACK_NAMES).received
        values = {
            NETWORK_RECEIVED: ended.received - begun.received,
            NETWORK_SENT: ended.sent - begun.sent,
            NETWORK_LOOPBACK: inside,
        }
        gone = Absent("an interface went away while the build ran")
        return {metric: gone if value < 0 else value for metric, value in values.items()}
