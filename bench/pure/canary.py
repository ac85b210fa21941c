"""The canary: a fixed build that each round may carry, so that what a machine's mood does to builds is seen.

It computes in a shell, writes and removes a file, and reads no context; it stands on the run's first base. Neighbour:
`bench.pure.planning` puts it at the beginning of each round.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import UsageError
from bench.model.plan import CANARY
from bench.model.scenario import Variant, base_ref

CANARY_TEMPLATE = """\
FROM {base}
RUN i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done
RUN dd if=/dev/zero of=/canary bs=1048576 count=16 2>/dev/null && rm /canary
"""


def canaries(variants: Sequence[Variant]) -> dict[str, str]:
    """The canary's Dockerfile under its variant's id. Raises UsageError where it has no base to stand on."""
    base = variants[0].base
    if base is None:
        raise UsageError("the canary needs a base from the catalogue, and the scenario has no axis 'base'")
    return {CANARY: CANARY_TEMPLATE.format(base=base_ref(base))}
