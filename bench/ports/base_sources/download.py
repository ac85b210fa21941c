"""Fetches a file over HTTP(S): the system's certificates and proxy settings, a bounded time, a known SHA-256."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bench.errors import BaseUnavailableError, NetworkError
from bench.ports.base_sources.rootfs_tar import sha256_of
from bench.ports.host_access import find_ca_bundle
from bench.ports.protocols import Clock

ANSWER_TIMEOUT_S = 15.0  # a server that says nothing for so long is taken for gone
TOTAL_TIMEOUT_S = 900.0
CHUNK_BYTES = 1 << 18


def download(
    url: str, target: Path, *, environment: Mapping[str, str], clock: Clock, total_s: float = TOTAL_TIMEOUT_S
) -> None:
    """Write what `url` gives to `target`. Raises NetworkError when it cannot be had, whole and in time."""
    deadline_s = clock.monotonic_s() + total_s
    try:
        with _opener(environment).open(url, timeout=ANSWER_TIMEOUT_S) as answer, target.open("wb") as file:
            while chunk := answer.read(CHUNK_BYTES):
                file.write(chunk)
                if clock.monotonic_s() > deadline_s:
                    raise NetworkError(f"{url} had not come whole after {total_s:.0f} s")
            expected = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        with error:
            raise NetworkError(f"{urlsplit(url).hostname} answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, ssl.SSLError, TimeoutError, ConnectionError) as error:
        raise NetworkError(f"{urlsplit(url).hostname} does not give it: {_why(error)}") from error
    if expected is not None and target.stat().st_size != int(expected):
        raise NetworkError(f"{url} was cut off: {target.stat().st_size} of {expected} bytes came")


def check_sha256(path: Path, expected: str, *, name: str) -> None:
    """Raise BaseUnavailableError unless the file is the one that was pinned."""
    found = sha256_of(path)
    if found != expected:
        raise BaseUnavailableError(f"{name} has the SHA-256 {found}, but {expected} was expected: it is another file")


def _why(error: Exception) -> str:
    """The words of an error, without its number."""
    reason = getattr(error, "reason", None) or error
    return getattr(reason, "strerror", None) or str(reason)


def _opener(environment: Mapping[str, str]) -> urllib.request.OpenerDirector:
    """An opener of our own, since the process's may be set up otherwise: the passed environment's proxies and CA."""
    bundle = find_ca_bundle(environment)
    context = ssl.create_default_context(cafile=str(bundle) if bundle else None)
    schemes = ("http", "https")
    found = {
        scheme: environment.get(f"{scheme}_proxy") or environment.get(f"{scheme}_proxy".upper()) for scheme in schemes
    }
    proxies = {scheme: proxy for scheme, proxy in found.items() if proxy}
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context)
    )
