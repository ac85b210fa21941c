"""What a comparison comes to."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Head against base. SAME is a finding; UNDECIDED says that the samples cannot tell."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"
    UNDECIDED = "undecided"
