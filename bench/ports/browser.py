"""Opens a file in the user's browser: the one that `$BROWSER` names, or what the desktop has."""

from __future__ import annotations

import webbrowser
from pathlib import Path


def open_in_browser(path: Path) -> bool:
    """Open a file; False where no browser can be started."""
    return open_address(path.resolve().as_uri())


def open_address(address: str) -> bool:
    """Open an address; False where no browser can be started."""
    return webbrowser.open(address)
