"""Names of a site's files, made of names that somebody else chose: safe as a path and in an address, and no other's."""

from __future__ import annotations

import hashlib
import re

_SLUG_LETTERS = 48
_DIGEST_LETTERS = 20
_OTHERS = re.compile(r"[^a-z0-9]+")
_SITE_FILE = re.compile(r"(?:[a-z0-9-]+/)?[a-z0-9-]+(?:\.[a-z0-9]+)+")


def page_name(text: str, *more: str) -> str:
    """A file's name without its ending: what can be read of `text`, then a digest of it and of `more`.

    Lower case only, since some file systems take two names that differ in nothing else for one.
    """
    slug = _OTHERS.sub("-", text.lower())[:_SLUG_LETTERS].strip("-")
    whole = "".join(f"{len(word)}:{word}" for word in (text, *more)).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(whole).hexdigest()[:_DIGEST_LETTERS]
    return f"{slug}-{digest}" if slug else digest


def is_site_file(name: str) -> bool:
    """Whether a relative path is one that a site may hold: at most one folder, and nothing that leads elsewhere."""
    return _SITE_FILE.fullmatch(name) is not None
