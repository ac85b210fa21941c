"""The pages of single runs within a site: made from their folders, several at once where there are many."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Self

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
_AT_ONCE = 4


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


def _leave_signals() -> None:
    """In a helping process: Ctrl-C goes to all of a terminal's processes, and the first one ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class RunPages:
    """Makes pages; use it with `with`."""

    def __init__(self, src: str) -> None:
        self._src = src
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def make(self, pages: Mapping[int, RunPage]) -> Iterator[tuple[int, bytes | Unmade]]:
        """Each page as it is made, with its number, in their order."""
        workers = min(len(os.sched_getaffinity(0)), len(pages) // _FEW + 1)
        if workers <= 1:
            yield from ((key, make_page(page, self._src)) for key, page in pages.items())
            return
        self._pool = ProcessPoolExecutor(workers, mp_context=get_context("forkserver"), initializer=_leave_signals)
        made = self._pool.map(make_page, pages.values(), [self._src] * len(pages), chunksize=_AT_ONCE)
        yield from zip(pages, made, strict=True)
