"""What the adapters of this folder share: environment, clock, cache folder, and programs, found or fetched."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.model.scenario import BaseSource
from bench.ports import apt
from bench.ports.debian import PackageRequest, fetch_tools, tool_environment
from bench.ports.protocols import Clock

TOOLS = "tools"
# Programs of the administrator are not on every user's PATH.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
ARCHITECTURES: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf", "i686": "i386"}


class Workshop(msgspec.Struct, frozen=True, kw_only=True):
    """Where bases are made. `cache` is the user's cache folder, `architecture` (`amd64`) that of the engine to be."""

    environment: Mapping[str, str]
    cache: Path
    architecture: str
    clock: Clock

    def foreign(self, source: BaseSource) -> str | None:
        """Why a source that holds one architecture is no use here, or None when it is."""
        if source.architecture in {None, self.architecture}:
            return None
        return f"it holds {source.architecture} only, and {self.architecture} is needed"

    def find(self, program: str) -> Path | None:
        """The program on this machine, or None."""
        folders = [*filter(None, [self.environment.get("PATH")]), *SYSTEM_FOLDERS]
        found = shutil.which(program, path=":".join(folders))
        return Path(found) if found else None

    def tool(self, program: str, package: str) -> tuple[Path, dict[str, str]]:
        """A program and the environment to run it in: this machine's own, else that of a Debian package.

        The package is unpacked in the cache folder, and nothing is installed. Raises what `fetch_tools` raises.
        """
        if found := self.find(program):
            return found, dict(self.environment)
        request = PackageRequest(name=package, suite=apt.own_suite())
        folder = self.cache / TOOLS / package
        root = fetch_tools([request], folder=folder, with_dependencies=True, environment=self.environment)
        environment = tool_environment(root, self.environment)
        return Path(shutil.which(program, path=environment["PATH"]) or program), environment


def debian_architecture(machine: str) -> str:
    """`x86_64` → `amd64`: the name that Debian and image registries use."""
    return ARCHITECTURES.get(machine, machine)


def machine_architecture() -> str:
    """This machine's, in the same spelling."""
    return debian_architecture(platform.machine())
