"""Shows a site in browsers on this machine, and tells open pages when they were made anew.

Only the files that the site names are given out, whatever else lies in its folder, and only to who asks for this
machine by its own name: a page from elsewhere whose name was turned to this address (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

from bench.errors import UsageError

EVENTS = "events"
FIRST_PAGE = "index.html"
_STILL_THERE_EVERY_S = 15.0
_REQUEST_TIMEOUT_S = 60.0
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".xml": "application/atom+xml; charset=utf-8",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
_GONE = "the file of this page was deleted; it is made again when a run lands, or buildmark serve is started again"
_log = logging.getLogger(__name__)


class ShownSite:
    """Which files there are, each with the key of what it was made from. Any thread may ask and tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keys: dict[str, str] = {}
        self._changed = threading.Condition()
        self._ended = False

    def know(self, keys: Mapping[str, str]) -> None:
        """Note which files there are, all of them."""
        with self._changed:
            self._keys = dict(keys)
            self._changed.notify_all()

    def tell(self, name: str, key: str | None) -> None:
        """Note that a file was written, or with no key that it was removed."""
        with self._changed:
            if key is None:
                self._keys.pop(name, None)
            else:
                self._keys[name] = key
            self._changed.notify_all()

    def key(self, name: str) -> str | None:
        """The key of a file, None where the site has no such file."""
        with self._changed:
            return self._keys.get(name)

    def wait_for_other(self, name: str, key: str) -> bool:
        """Wait until a file has another key than this, but not for long; returns whether it has."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._keys.get(name) != key, timeout=_STILL_THERE_EVERY_S)
            return not self._ended and self._keys.get(name) != key

    @property
    def has_ended(self) -> bool:
        """Whether nobody shows the site any more."""
        return self._ended

    def end(self) -> None:
        """Let everybody go who waits."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class SiteServer:
    """Serves a site in threads of its own, from when it is made until it is closed. Use it with `with`."""

    def __init__(self, site: ShownSite, *, bind: str, port: int) -> None:
        """Port 0 takes one that is free. Raises UsageError for an address or port that cannot be had."""
        self._site = site
        self._server = _listening(site, bind, port)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="site-server")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the site."""
        host, port = self._server.server_address[:2]
        name = str(host)
        if ipaddress.ip_address(name).is_unspecified:
            name = "::1" if ":" in name else "127.0.0.1"
        return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"

    def close(self) -> None:
        """Stop serving; whoever waits is let go."""
        self._site.end()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def is_loopback(bind: str) -> bool:
    """Whether only this machine itself reaches an address. Raises UsageError for what is no address."""
    if bind == "localhost":
        return True
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError as error:
        raise UsageError(f"--bind takes an address of this machine, not '{bind}'", remedy="--bind 127.0.0.1") from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    site: ShownSite
    own_names: frozenset[str]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that goes away is nobody's error; what else goes wrong with one request ends no other."""
        del request
        _log.debug("a request from %s failed", client_address, exc_info=True)


class _Server6(_Server):
    address_family = socket.AF_INET6


def _listening(site: ShownSite, bind: str, port: int) -> _Server:
    bind = "127.0.0.1" if bind == "localhost" else bind
    only_here = is_loopback(bind)
    try:
        server = (_Server6 if ":" in bind else _Server)((bind, port), _Handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"port {port} of {bind} cannot be had: {why.lower()}", remedy="--port 0 takes one that is free"
        ) from error
    server.site = site
    server.own_names = frozenset() if only_here else frozenset({socket.gethostname().lower(), socket.getfqdn().lower()})
    return server


def is_own_host(host: str, own_names: frozenset[str]) -> bool:
    """Whether a Host header names this machine: localhost, an address, or a name of its own where others may ask.

    An address is always well: no name was looked up for it, so none can have been turned.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name in own_names:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or bool(own_names)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Buildmark"
    sys_version = ""
    timeout: ClassVar[float] = _REQUEST_TIMEOUT_S
    server: _Server

    def do_GET(self) -> None:
        """Give a file, or tell when it changes."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Say what a GET would give."""
        self._answer(with_body=False)

    def _refuse_method(self) -> None:
        self.close_connection = True  # what it would send is not read
        self._say(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method  # noqa: N815 - http.server's names

    def _answer(self, *, with_body: bool) -> None:
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True
        if not is_own_host(self.headers.get("Host", ""), self.server.own_names):
            self._say(HTTPStatus.MISDIRECTED_REQUEST)
            return
        try:
            asked = urlsplit(self.path)
            name = unquote(asked.path, errors="strict").removeprefix("/") or FIRST_PAGE
        except ValueError:
            self._say(HTTPStatus.BAD_REQUEST)
            return
        if name == EVENTS and with_body:
            self._tell(asked.query)
        else:
            self._give(name, with_body=with_body)

    def _give(self, name: str, *, with_body: bool) -> None:
        key = self.server.site.key(name)
        try:
            data = None if key is None else (self.server.site.folder / name).read_bytes()
        except OSError:
            data = None
        if data is None:
            self._say(HTTPStatus.NOT_FOUND, why="" if key is None else _GONE)
            return
        tag = f'"{key}"'
        if self.headers.get("If-None-Match") == tag:
            self._head(HTTPStatus.NOT_MODIFIED, {"ETag": tag})
            return
        kind = _TYPES.get(Path(name).suffix, "application/octet-stream")
        self._head(HTTPStatus.OK, {"Content-Type": kind, "Content-Length": str(len(data)), "ETag": tag})
        if with_body:
            self.wfile.write(data)

    def _tell(self, query: str) -> None:
        """Keep the connection until the page has another key than the browser has seen, and say so once."""
        try:
            words = parse_qs(query, max_num_fields=4)
        except ValueError:
            self._say(HTTPStatus.BAD_REQUEST)
            return
        page, key = words.get("page", [""])[0], words.get("key", [""])[0]
        self.close_connection = True
        self._head(HTTPStatus.OK, {"Content-Type": "text/event-stream; charset=utf-8"})
        site = self.server.site
        while not site.has_ended:
            if site.wait_for_other(page, key):
                self.wfile.write(b"event: changed\ndata: changed\n\n")
                return
            self.wfile.write(b": unchanged\n\n")
            self.wfile.flush()

    def _say(self, status: HTTPStatus, headers: Mapping[str, str] | None = None, *, why: str = "") -> None:
        """An answer that is one line of text."""
        body = f"{status.value} {status.phrase}{f': {why}' if why else ''}\n".encode()
        words = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
        self._head(status, {**words, **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """To the log, where it is asked for, and not to the user's terminal."""
        _log.debug("%s: %r", self.client_address[0], format % args)
