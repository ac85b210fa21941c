"""FROM lines that name a base of the catalogue as if it were an image: the engine would pull a stranger's.

`{{ base }}` is the base's name, `{{ base.ref }}` what FROM needs; for a base such as busybox both can be pulled, and
the wrong one would be measured without a word.
"""

from __future__ import annotations

import re

from bench.pure.dockerfile_lines import logical_lines

FROM = re.compile(r"\s*FROM\s+(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?\s*$", re.IGNORECASE)


def from_line_naming(dockerfile: str, base: str) -> str | None:
    """Return the first FROM line whose image is the bare name of `base`, or that name with the tag `latest`.

    A stage of that name may be built on; an image of that name is written with its registry
    (`docker.io/library/busybox`) or with another tag.
    """
    stages: set[str] = set()
    for line in logical_lines(dockerfile):
        found = FROM.match(line.text)
        if found is None:
            continue
        image = found["image"].lower()
        if image not in stages and image.removesuffix(":latest") == base.lower():
            return " ".join(line.text.split())
        if found["stage"]:
            stages.add(found["stage"].lower())
    return None
