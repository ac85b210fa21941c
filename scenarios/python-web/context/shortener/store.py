"""Keeps links in memory; the same URL always gets the same key."""

import hashlib
from itertools import islice
from threading import Lock

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
KEY_LENGTH = 6


class Links:
    """Links by key, in the order in which they were added."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._urls)

    def add(self, url: str) -> str:
        """Remember `url` and return its key; a key that another URL has is skipped."""
        with self._lock:
            for attempt in range(100):
                key = _key(f"{attempt}{url}")
                if self._urls.setdefault(key, url) == url:
                    return key
        raise RuntimeError("too many links")

    def find(self, key: str) -> str | None:
        """Return the URL of `key`, or None."""
        return self._urls.get(key)

    def newest(self, count: int) -> list[tuple[str, str]]:
        """Return up to `count` pairs of key and URL, the newest first."""
        with self._lock:
            return list(islice(reversed(self._urls.items()), count))


def _key(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:KEY_LENGTH])
