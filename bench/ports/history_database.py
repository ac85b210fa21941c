"""A database that holds an index: how it is opened, locked, and given its tables, on SQLite and on PostgreSQL.

One code for SQLite, beside the runs, and for a PostgreSQL that several machines share. Every write is one transaction
that excludes other writers, so two processes may update an index at once, and a killed one leaves it as it was.
Neighbour: `history_index` is what lies in it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from bench.errors import StorageError, UsageError
from bench.ports.disk import disk_errors
from bench.ports.history_schema import PREFIX, SCHEMA_VERSION, TABLES, version_table

# An interrupt while a connection is closed would be logged with its traceback before it goes to where it is answered.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

FILE_NAME = "history.sqlite"
REBUILD = "it holds nothing that the run folders do not: delete it, and it is made anew"
_BUSY_TIMEOUT_S = 120.0
_CACHE_KIB = 64 * 1024
_ADVISORY_LOCK = 0x6275696C646D  # any number that all Buildmarks agree on


class HistoryDatabase:
    """An open database with the index's tables. Close it, or use it with `with`.

    Whatever uses its connections raises StorageError when the database fails.
    """

    def __init__(self, url: URL) -> None:
        """Connect, and make the tables where there are none or older ones. Raises UsageError for a wrong URL."""
        self.name = url.render_as_string()
        self.engine = _engine(url)
        try:
            with self._errors():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the index."""
        with self._errors(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer shares: it waits for theirs to end."""
        with self._errors(), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            yield connection

    def _prepare(self) -> None:
        with self.reading() as connection:
            found = _version(connection)
        if found == SCHEMA_VERSION:
            return
        if found is not None and found > SCHEMA_VERSION:
            raise StorageError(
                f"the index {self.name} was made by a newer Buildmark (its schema is {found}, this one knows"
                f" {SCHEMA_VERSION})",
                remedy="upgrade Buildmark, or name another index with --index",
            )
        with self.writing() as connection:
            if _version(connection) == SCHEMA_VERSION:
                return  # another process was faster
            _drop_tables(connection)
            TABLES.create_all(connection)
            connection.execute(insert(version_table).values(version=SCHEMA_VERSION))

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = str(error.orig if isinstance(error, DBAPIError) and error.orig else error).strip().splitlines()
            raise StorageError(
                f"the index {self.name} cannot be used: {cause[0] if cause else type(error).__name__}",
                remedy=_remedy(self.name, " ".join(cause)),
            ) from error


def index_url(word: str | None, results: Path) -> URL:
    """The URL of an index: the one that the user names, else the file beside the runs.

    A results folder that does not exist has its index in memory, so that asking makes no folder. Raises UsageError.
    """
    if word is None:
        if not results.is_dir():
            return URL.create("sqlite")
        return URL.create("sqlite", database=str(results.resolve() / FILE_NAME))
    try:
        url = make_url(word)
    except ArgumentError as error:
        raise UsageError(
            f"--index takes a URL, not '{word}'", remedy="--index sqlite:////srv/history.sqlite"
        ) from error
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise UsageError(
            f"an index can be in SQLite or PostgreSQL, not in '{url.drivername}'",
            remedy="--index postgresql://user@host/database",
        )
    return url


def remove_index_file(results: Path) -> None:
    """Delete the file beside the runs where it is no sound database; a sound one is left to be emptied in turn.

    Another process may be at a sound one, and would go on writing into a file that has no name. Raises StorageError,
    also for a file that a newer Buildmark made.
    """
    file = results / FILE_NAME
    try:
        with HistoryDatabase(index_url(None, results)) as database, database.reading() as connection:
            sound = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"
    except StorageError as error:
        if error.remedy != REBUILD:
            raise
        sound = False
    if not sound:
        with disk_errors("delete", file):
            for path in (file, file.with_name(f"{FILE_NAME}-journal")):
                path.unlink(missing_ok=True)


def _engine(url: URL) -> Engine:
    lite = url.get_backend_name() == "sqlite"
    try:
        engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S} if lite else {})
    except NoSuchModuleError as error:
        raise UsageError(f"there is no database driver '{url.drivername}'", remedy="--index postgresql://…") from error
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the driver of {url.drivername} is not installed: {error}", remedy="pip install 'buildmark[postgres]'"
        ) from error
    if lite:
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, record: object) -> None:
    """Leave transactions to us: the driver's own would begin late, and let two writers deadlock."""
    del record
    connection.isolation_level = None
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once where something is going to be written."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _remedy(name: str, cause: str) -> str | None:
    if not name.startswith("sqlite"):
        return "see that the database is there, and that the URL of --index names it"
    if "readonly" in cause or "unable to open" in cause:
        return "name an index in a folder that you may write: --index sqlite:////tmp/history.sqlite"
    if "locked" in cause:
        return "another process is at it: try again when that has ended"
    return REBUILD


def _version(connection: Connection) -> int | None:
    """The version of the schema that is there: None for none, 0 for tables that state none."""
    tables = [name for name in inspect(connection).get_table_names() if name.startswith(PREFIX)]
    if version_table.name not in tables:
        return 0 if tables else None
    return connection.scalar(select(func.max(version_table.c.version))) or 0


def _drop_tables(connection: Connection) -> None:
    """Drop what is there of an older schema, whatever its tables are called."""
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    quote = connection.dialect.identifier_preparer.quote
    for name in inspect(connection).get_table_names():
        if name.startswith(PREFIX):
            connection.execute(text(f"DROP TABLE {quote(name)}{cascade}"))
