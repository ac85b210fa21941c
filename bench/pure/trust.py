"""How a RUN step trusts a private certificate authority: the bundle is a secret mount, for that RUN only.

A secret that was not given is not mounted (BuildKit's `required` defaults to false), so the variables are set only when
the file is there. Nothing of it ends in a layer or in the image's environment. Neighbour: `bench.pure.helpers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from bench.pure.shell import programs, words

CA_SECRET_ID = "buildmark-ca"  # noqa: S105 -- the name of a secret mount, not a secret
CA_FILE = f"/run/secrets/{CA_SECRET_ID}"
# Readable for everybody: apt downloads as the user _apt, and a step after USER is not root.
CA_MOUNT = f"--mount=type=secret,id={CA_SECRET_ID},mode=0444"
# apt reads no variable for this, only configuration; /dev/shm is memory, so the file is in no layer.
APT_CONFIG = "/dev/shm/ca.conf"  # noqa: S108 -- inside the container of one RUN

VARIABLES: dict[str, tuple[str, ...]] = {
    "apk": ("SSL_CERT_FILE", "SSL_CA_CERT_FILE"),
    "apt": (),
    "cargo": ("CARGO_HTTP_CAINFO",),
    "curl": ("CURL_CA_BUNDLE",),
    "git": ("GIT_SSL_CAINFO",),
    "go": ("SSL_CERT_FILE",),
    "node": ("NODE_EXTRA_CA_CERTS",),
    "npm": ("NODE_EXTRA_CA_CERTS", "npm_config_cafile"),
    "openssl": ("SSL_CERT_FILE",),
    "pip": ("PIP_CERT",),
    "python": ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
}
"""What each fetching tool reads, from its own manual."""

PROGRAMS = {"apt": {"apt", "apt-get"}, "npm": {"npm", "npx"}, "pip": {"pip", "pip3"}, "python": {"python", "python3"}}
FETCHING_WORDS = {
    "apk": {"add", "fetch", "update", "upgrade"},
    "apt": {"dist-upgrade", "full-upgrade", "install", "source", "update", "upgrade"},
}
"""Where only some uses of a tool fetch: one of these is among the words of a command that does."""


def calls(command: str, tool: str) -> bool:
    """Whether `command` fetches with `tool`, as far as its words show."""
    found = words(command)
    if tool in FETCHING_WORDS and FETCHING_WORDS[tool].isdisjoint(found):
        return False
    return not PROGRAMS.get(tool, {tool}).isdisjoint(programs(command)) or ("-m", tool) in pairwise(found)


def prelude(tools: Iterable[str]) -> tuple[str, ...]:
    """Return the shell lines that make `tools` trust the bundle when it is mounted; each ends its own statement."""
    chosen = sorted(set(tools))
    names = sorted({name for tool in chosen for name in VARIABLES[tool]})
    exports = [f"{name}=$ca" for name in names]
    lines = [f"ca={CA_FILE}; if [ -f $ca ]; then"]
    if "apt" in chosen:
        lines.append(f'  echo "Acquire::https::CAInfo \\"$ca\\";" > {APT_CONFIG};')
        exports.append(f"APT_CONFIG={APT_CONFIG}")
    lines.append(f"  export {' '.join(exports)}; fi;")
    return tuple(lines)
