"""The server of a site, asked over real sockets on loopback."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.errors import UsageError
from bench.ports.site_server import ShownSite, SiteServer, is_loopback, is_own_host

PATIENCE_S = 30.0


class Asked:
    """A site of two files, and what its server answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        (self.folder / "runs").mkdir(parents=True)
        (self.folder / "index.html").write_text("<p>first</p>")
        (self.folder / "runs" / "a.html").write_text("a run")
        (self.folder / "secret.txt").write_text("not of the site")
        (folder / "outside.html").write_text("outside")
        self.site = ShownSite(self.folder)
        self.site.know({"index.html": "k1", "runs/a.html": "k2"})
        self.server = SiteServer(self.site, bind="127.0.0.1", port=0)
        self.port = urlsplit(self.server.address).port or 0

    def ask(
        self, path: str, method: str = "GET", *, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(
                method, path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    made = Asked(tmp_path)
    yield made
    made.server.close()


def test_the_files_of_the_site_are_given_with_their_kinds(asked: Asked) -> None:
    status, body, headers = asked.ask("/")
    assert (status, body) == (200, b"<p>first</p>")
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"
    assert "access-control-allow-origin" not in headers
    assert "Python" not in headers["server"]
    assert asked.ask("/runs/a.html?x=1")[:2] == (200, b"a run")


def test_a_page_whose_file_was_deleted_is_told_from_one_that_never_was(asked: Asked) -> None:
    (asked.folder / "index.html").unlink()
    status, body, _ = asked.ask("/")
    assert status == 404
    assert b"the file of this page was deleted" in body
    assert asked.ask("/never.html")[:2] == (404, b"404 Not Found\n")


def test_what_a_browser_has_already_is_not_sent_again(asked: Asked) -> None:
    tag = asked.ask("/index.html")[2]["etag"]
    assert asked.ask("/index.html", If_None_Match=tag)[:2] == (304, b"")
    asked.site.tell("index.html", "k3")
    assert asked.ask("/index.html", If_None_Match=tag)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/runs",
        "/runs/",
        "/../outside.html",
        "/%2e%2e/outside.html",
        "/runs/..%2f..%2foutside.html",
        "/runs/../index.html",
        "//etc/passwd",
        "/etc/passwd",
        "/index.html%00",
        "/buildmark-site.json",
        "/runs\\a.html",
        "/" + "x" * 5000,
    ],
)
def test_nothing_else_is_given_whatever_is_asked_for(asked: Asked, path: str) -> None:
    status, body, _ = asked.ask(path)
    assert status == 404
    assert body == b"404 Not Found\n"


@pytest.mark.parametrize("path", [b"/%ff", b"http://[/", b"/events?a=1&b=2&c=3&d=4&e=5"])
def test_an_address_that_is_none_is_refused(asked: Asked, path: bytes) -> None:
    with socket.create_connection(("127.0.0.1", asked.port), timeout=PATIENCE_S) as connection:
        connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_site_is_only_read(asked: Asked, method: str) -> None:
    status, _, headers = asked.ask("/index.html", method, body=b"x" * 100)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert asked.ask("/index.html", "BREW")[0] == 501


def test_head_says_what_a_get_would_give(asked: Asked) -> None:
    status, body, headers = asked.ask("/index.html", "HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", "12")
    assert asked.ask("/nothing.html", "HEAD")[:2] == (404, b"")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", ""]
)
def test_a_page_from_elsewhere_whose_name_was_turned_here_gets_nothing(asked: Asked, host: str) -> None:
    assert asked.ask("/index.html", Host=host)[0] == 421
    assert asked.ask("/events?page=index.html&key=old", Host=host)[0] == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1", "127.0.0.1:99", "[::1]:80", "LOCALHOST"])
def test_this_machines_own_names_are_answered_through_whatever_port(asked: Asked, host: str) -> None:
    assert asked.ask("/index.html", Host=host)[0] == 200


def test_other_addresses_and_names_count_only_where_others_may_ask() -> None:
    assert not is_own_host("192.0.2.1:80", frozenset())
    assert is_own_host("192.0.2.1:80", frozenset({"bench"}))
    assert is_own_host("bench", frozenset({"bench"}))
    assert not is_own_host("evil.example", frozenset({"bench"}))
    assert not is_own_host("[", frozenset())


class Listener:
    """A browser's page that listens for its change; `told` is what it heard in the end."""

    def __init__(self, port: int, query: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.connection.request("GET", f"/events?{query}")
        self.answer = self.connection.getresponse()
        self.told = b""
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        self.told = self.answer.read()

    def end(self) -> bytes:
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        self.connection.close()
        return self.told


def test_an_open_page_hears_of_its_own_change_and_of_no_other(asked: Asked) -> None:
    listener = Listener(asked.port, "page=index.html&key=k1")
    assert listener.answer.headers["Content-Type"].startswith("text/event-stream")
    asked.site.tell("runs/a.html", "k9")
    asked.site.tell("index.html", "k8")
    assert listener.end() == b"event: changed\ndata: changed\n\n"


def test_a_page_that_changed_before_it_began_to_listen_hears_of_it_too(asked: Asked) -> None:
    assert b"changed" in Listener(asked.port, "page=index.html&key=k0").end()


def test_closing_lets_everybody_go(asked: Asked) -> None:
    listener = Listener(asked.port, "page=index.html&key=k1")
    asked.server.close()
    assert b"event" not in listener.end()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", asked.port), timeout=PATIENCE_S)


def test_a_request_that_is_cut_off_disturbs_nobody(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", asked.port)) as connection:
        connection.sendall(b"GET / HTT")
    with socket.create_connection(("127.0.0.1", asked.port)) as connection:
        connection.sendall(b"\x16\x03\x01 garbage\r\n\r\n")
        connection.recv(100)
    assert asked.ask("/")[0] == 200
    assert capsys.readouterr().err == ""


def test_an_address_or_port_that_cannot_be_had_is_said(asked: Asked) -> None:
    with pytest.raises(UsageError, match=f"port {asked.port} of 127.0.0.1 cannot be had"):
        SiteServer(asked.site, bind="127.0.0.1", port=asked.port)
    with pytest.raises(UsageError, match="takes an address of this machine, not 'nowhere'"):
        SiteServer(asked.site, bind="nowhere", port=0)


def test_loopback_is_told_from_other_addresses() -> None:
    assert [is_loopback(bind) for bind in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "192.0.2.1")] == [  # noqa: S104
        True,
        True,
        True,
        False,
        False,
    ]
