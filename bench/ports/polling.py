"""Asking again until something has settled, where the kernel or a daemon gives no notice of it. The one sleep here."""

from __future__ import annotations

import time
from collections.abc import Callable


def settles(done: Callable[[], bool], *, polls: int, pause_s: float) -> bool:
    """Ask `done` until it says yes, `polls` times at most, with a pause after each no. Returns whether it did."""
    for _ in range(polls):
        if done():
            return True
        time.sleep(pause_s)  # noqa: TID251 - the one place for it
    return False
