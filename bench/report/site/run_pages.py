"""The pages of single runs within a site: made from their folders, several at once where there are many."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import cast

import msgspec

from bench.errors import BuildmarkError
from bench.ports.run_folder import RunFolder
from bench.report.html.charts import illustrated
from bench.report.html.load import load_parts
from bench.report.html.model import Frame
from bench.report.html.page import page_of
from bench.report.html.render import render_page

_FEW = 8
"""So many pages are made faster here than a second process is started that makes some of them."""
_CONTEXT = get_context("forkserver")


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be made: its name in the site, its key, the run's folder, and what it is set into."""

    name: str
    key: str
    folder: Path
    frame: Frame


class Unmade(msgspec.Struct, frozen=True, kw_only=True):
    """Why a page could not be made."""

    reason: str


def make_page(page: RunPage, src: str) -> bytes | Unmade:
    """The page of one run. `src` is where the script of its pictures lies, from the page.

    Whatever goes wrong with one run's records is that run's problem: the others have their pages.
    """
    try:
        parts = load_parts(RunFolder(page.folder))
        view = msgspec.structs.replace(page_of([parts]), frame=page.frame)
        return render_page(illustrated(view, [parts.summary], src=src)).encode()
    except BuildmarkError as error:
        return Unmade(reason=error.message)
    except Exception as error:  # noqa: BLE001 - records come from anywhere, and this is where they are first laid out
        return Unmade(reason=f"its page cannot be made: {type(error).__name__}: {error}")


def make_pages(pages: Mapping[int, RunPage], src: str) -> Generator[tuple[int, bytes | Unmade], None, None]:
    """Each page as it is made, with its number, in no order. Helping processes end with this one, however it ends."""
    n_helpers = min(len(os.sched_getaffinity(0)), len(pages) // _FEW + 1)
    if n_helpers == 1:
        yield from ((key, make_page(page, src)) for key, page in pages.items())
        return
    shares = [dict(list(pages.items())[first::n_helpers]) for first in range(n_helpers)]
    helpers = [_Helper(share, src) for share in shares]
    try:
        yield from _collected({helper.connection: helper for helper in helpers}, src)
    finally:
        for helper in helpers:
            helper.end()


def _collected(working: dict[Connection, _Helper], src: str) -> Iterator[tuple[int, bytes | Unmade]]:
    """What helpers send. The share of one that dies is made here."""
    while working:
        for ready in wait(list(working)):
            helper = working[cast("Connection", ready)]
            try:
                key, made = helper.connection.recv()
            except (EOFError, OSError):
                del working[helper.connection]
                yield from ((key, make_page(page, src)) for key, page in helper.share.items())
            else:
                del helper.share[key]
                yield key, made


class _Helper:
    """A process that makes a share of the pages. `share` are those that it has not sent yet."""

    def __init__(self, share: dict[int, RunPage], src: str) -> None:
        self.share = share
        self.connection, theirs = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_help, args=(dict(share), src, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def end(self) -> None:
        """Stop the process, whatever it is at."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _help(share: Mapping[int, RunPage], src: str, out: Connection) -> None:
    """What a helper does. Ctrl-C goes to all of a terminal's processes: the first one ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for key, page in share.items():
        out.send((key, make_page(page, src)))
