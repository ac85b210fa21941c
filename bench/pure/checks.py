"""Every check of `buildmark doctor`, in the order in which equals are shown."""

from __future__ import annotations

from bench.pure.checks_activity import ACTIVITY_CHECKS
from bench.pure.checks_engine import ENGINE_CHECKS
from bench.pure.checks_machine import MACHINE_CHECKS
from bench.pure.checks_storage import STORAGE_CHECKS

CHECKS = (*ENGINE_CHECKS, *ACTIVITY_CHECKS, *MACHINE_CHECKS, *STORAGE_CHECKS)
