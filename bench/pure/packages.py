"""The commands of the package managers, written as their communities write them.

Neighbour: `bench.pure.helpers`, which hands a `Packages` to templates.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from bench.model.scenario import Family

BUILD_GROUP = ".build-deps"


class Packages:
    """Some packages of one family: the commands that install them, clean up after that, and remove them again.

    In a template: `tools.install`, `tools.clean`, `tools.remove` are lists of commands for `run`; `tools.manager` is
    what `run(fetch=…)` wants. With `build`, the packages are wanted for a build only, so that apk groups them under one
    name and forgets the whole group at once.
    """

    def __init__(self, family: Family, names: Sequence[str], *, build: bool) -> None:
        self._family = family
        self._names = " ".join(shlex.quote(name) for name in names)
        self._build = build

    @property
    def manager(self) -> str:
        """`apt` or `apk`."""
        return self._family.value

    @property
    def install(self) -> list[str]:
        """The commands that install the packages and nothing that they only recommend."""
        if self._family is Family.APK:
            group = f"--virtual {BUILD_GROUP} " if self._build else ""
            return [f"apk add --no-cache {group}{self._names}"]
        return [
            "apt-get update",
            f"DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {self._names}",
        ]

    @property
    def clean(self) -> list[str]:
        """The commands that remove what installing leaves behind; none for apk, which kept nothing."""
        if self._family is Family.APK:
            return []
        return ["apt-get clean", "rm -rf /var/lib/apt/lists/*"]

    @property
    def remove(self) -> list[str]:
        """The commands that remove the packages and what only they needed, and clean up."""
        if self._family is Family.APK:
            return [f"apk del {BUILD_GROUP if self._build else self._names}"]
        return [f"DEBIAN_FRONTEND=noninteractive apt-get purge -y --auto-remove {self._names}", *self.clean]
