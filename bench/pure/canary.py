"""The canary: a fixed build that each round may carry, so that what a machine's mood does to builds is seen.

It computes in a shell, writes and removes a file, and reads no context; it stands on the run's first base. Neighbour:
`bench.pure.planning` puts it at the beginning of each round.
"""

from __future__ import annotations

CANARY_TEMPLATE = """\
FROM {base}
RUN i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done
RUN dd if=/dev/zero of=/canary bs=1048576 count=16 2>/dev/null && rm /canary
"""


def canary_dockerfile(base: str) -> str:
    """The Dockerfile of the canary on a base, named as FROM names it."""
    return CANARY_TEMPLATE.format(base=base)
