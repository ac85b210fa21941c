"""When a campaign has seen enough: the rules by which rows stop being built."""

from __future__ import annotations

import msgspec


class Precision(msgspec.Struct, frozen=True, kw_only=True, tag="precision"):
    """Go on until each row's median wall time is known to within this share of it (0.02 is ±2 %)."""

    share: float


class Decide(msgspec.Struct, frozen=True, kw_only=True, tag="decide"):
    """Go on until each variant is faster, slower, or the same to within this margin (0.05 is 5 %)."""

    margin: float


Rule = Precision | Decide | None
"""None: every planned round is run."""
