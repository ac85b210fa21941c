"""`buildmark serve` as a process of its own: it shows the site, hears of a new run, and ends when it is told to."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from bench.ports.site_server import EVENTS
from tests.cli.command import Buildmark
from tests.history import record, record_all, run_id

PATIENCE_S = 60.0
COMMAND = "from bench.cli.main import main; main()"


class Served:
    """A server under way, and what it has said."""

    def __init__(self, results: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", COMMAND, "serve", "--results", str(results), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self.address = self.hear(r"(http://\S+/) \(Ctrl-C ends\)")

    def hear(self, pattern: str) -> str:
        """Read until a line matches; the process' end is an end too."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError((self.said, self.process.stderr.read() if self.process.stderr else ""))

    def read(self, path: str) -> str:
        with urlopen(self.address + path, timeout=PATIENCE_S) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())


@pytest.fixture
def results(tmp_path: Path) -> Path:
    record_all(tmp_path / "results", [1.0] * 2)
    return tmp_path / "results"


@pytest.fixture
def served(results: Path) -> Iterator[Served]:
    started = Served(results)
    yield started
    started.process.kill()
    started.process.communicate()


def test_it_shows_the_site_tells_open_pages_of_a_new_run_and_ends_cleanly(served: Served, results: Path) -> None:
    page = served.read("")
    assert run_id(1) in page
    found = re.search(r'<script type="application/json" id="live">(.*?)</script>', page)
    assert found is not None
    live = json.loads(found[1])
    with urlopen(f"{served.address}{EVENTS}?{urlencode(live)}", timeout=PATIENCE_S) as told:  # noqa: S310 - loopback
        record(results, 2)
        assert b"event: changed" in told.read()
    assert run_id(2) in served.read("")
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE_S) == 0
    assert served.process.stderr is not None
    assert served.process.stderr.read() == "ended\n"


def test_a_site_that_is_deleted_while_it_is_served_is_made_again(served: Served, results: Path) -> None:
    before = served.read("")
    shutil.rmtree(results / ".site")
    assert served.hear(r"(\d+) of \1 files written") > "0"
    assert served.read("") == before


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    return Buildmark(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--results", "nowhere"), "there is no folder nowhere"),
        (("--port", "99999"), "--port takes 65535 at most, not 99999"),
        (("--port", "http"), "--port takes a whole number, not 'http'"),
        (("--bind", "example"), "--bind takes an address of this machine, not 'example'"),
    ],
)
def test_what_cannot_be_served_is_said(
    buildmark: Buildmark, results: Path, arguments: tuple[str, ...], message: str
) -> None:
    said = buildmark("serve", "--results", str(results), *arguments)
    assert said.code == 2
    assert message in said.err


def test_two_that_show_it_otherwise_do_not_take_turns_in_writing_its_pages(served: Served, results: Path) -> None:
    before = served.read("")
    other = Served(results, "--title", "Other")
    try:
        assert "Other" in other.read("")
        assert served.read("") == before
    finally:
        other.process.kill()
        other.process.communicate()
