"""Where things lie: the shipped scenarios, and the user's cache folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import bench


def shipped_scenarios() -> Path:
    """The folder of the shipped scenarios: inside the installed package, or beside it in a checkout."""
    package = Path(bench.__file__).parent
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "scenarios"


def cache_folder(environment: Mapping[str, str]) -> Path:
    """The folder for what can be fetched again: engine packages, prepared bases, private engines.

    `$BUILDMARK_CACHE`, else `$XDG_CACHE_HOME/buildmark`, else `~/.cache/buildmark`. Not created here.
    """
    if own := environment.get("BUILDMARK_CACHE"):
        return Path(own).absolute()
    if xdg := environment.get("XDG_CACHE_HOME"):
        return Path(xdg).absolute() / "buildmark"
    return Path(environment.get("HOME") or Path.home()) / ".cache" / "buildmark"
