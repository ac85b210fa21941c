"""Which base of the catalogue an image reference means: `docker.io/library/debian:bookworm-slim` is debian-12-slim.

Nothing is guessed: a reference without a release (`debian`, `alpine:latest`) or with a digest means no base of the
catalogue for certain. Neighbours: `bench.pure.catalogue` reads the catalogue, `bench.pure.own_base` asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from bench.model.scenario import Base

_PREFIXES = ("docker.io/library/", "index.docker.io/library/", "registry-1.docker.io/library/", "library/")
_CODENAMES = {
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "focal": "20.04",
    "jammy": "22.04",
    "noble": "24.04",
}
_TAG = re.compile(r"(?P<release>[0-9]+(?:\.[0-9]+)*)(?P<day>-[0-9]{8}(?:\.[0-9]+)?)?(?P<kind>-[a-z]+)?")


class KnownImage(msgspec.Struct, frozen=True, kw_only=True):
    """A base of the catalogue. `exact`: the reference is one that the catalogue itself lists for it.

    Else it is of the same distribution, release and make: a codename, a point release or the image of one day.
    """

    base: str
    exact: bool


def known_image(image: str, catalogue: Mapping[str, Base]) -> KnownImage | None:
    """The base that an image reference means, or None."""
    if "@" in image:
        return None
    known = {_short(source.ref): base.name for base in catalogue.values() for source in base.sources if source.ref}
    short = _short(image)
    if short in known:
        return KnownImage(base=known[short], exact=True)
    near = next((known[other] for other in _of_its_kind(short) if other in known), None)
    return None if near is None else KnownImage(base=near, exact=False)


def relatives(base: str, catalogue: Mapping[str, Base]) -> tuple[str, ...]:
    """The base and the others of its family: what can stand in its place as far as the package manager goes."""
    family = catalogue[base].family
    return (base, *(other.name for other in catalogue.values() if other.family is family and other.name != base))


def _short(image: str) -> str:
    """The reference as people write it: without the registry that is meant when none is named."""
    for prefix in _PREFIXES:
        if image.startswith(prefix):
            return image.removeprefix(prefix)
    return image.removeprefix("docker.io/")


def _of_its_kind(image: str) -> Iterator[str]:
    """References to the same distribution in the same release: codename, date and point release taken away."""
    repository, _, tag = image.partition(":")
    name, dash, rest = tag.partition("-")
    found = _TAG.fullmatch(f"{_CODENAMES.get(name, name)}{dash}{rest}")
    if found is None:
        return
    parts = found["release"].split(".")
    for count in range(len(parts), 0, -1):
        yield f"{repository}:{'.'.join(parts[:count])}{found['kind'] or ''}"
