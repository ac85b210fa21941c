"""The tables of the index over all runs, and their version. Importing this loads SQLAlchemy (0.3 s).

`trials` is laid out by run, so that a run is written, read and dropped in one piece; an index finds those of a series.
A series has no machine: its runs have, as `target`, so that one scan serves both the values of one machine and the
question where the machine changed. Neighbour: `history_index`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from bench.pure.series import METRICS

SCHEMA_VERSION = 2
"""Raise it with every change of a table or of `METRICS`: an index of an older one is made anew."""

PREFIX = "buildmark_"
TABLES = MetaData()

version_table = Table(f"{PREFIX}version", TABLES, Column("version", Integer, primary_key=True))

targets_table = Table(
    f"{PREFIX}targets",
    TABLES,
    Column("digest", Text, primary_key=True),
    Column("facts", Text, nullable=False),
)

runs_table = Table(
    f"{PREFIX}runs",
    TABLES,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("record_sha256", Text, nullable=False, unique=True),
    Column("present", Boolean, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("source", Text, nullable=False),
    Column("git_commit", Text),
    Column("git_branch", Text),
    Column("git_dirty", Boolean),
    Column("target", Text, nullable=False),
    Column("n_planned", Integer, nullable=False),
    Column("n_recorded", Integer, nullable=False),
    Column("n_valid", Integer, nullable=False),
    Column("is_complete", Boolean, nullable=False),
    Column("bases", Text, nullable=False),
    Column("revisions", Text, nullable=False),
    Column("buildmark_version", Text, nullable=False),
    Column("problem", Text),
    UniqueConstraint("place", "name"),
    Index(f"{PREFIX}runs_commit", "scenario", "git_commit"),
    Index(f"{PREFIX}runs_created", "scenario", "created_s"),
)

series_table = Table(
    f"{PREFIX}series",
    TABLES,
    Column("key", Integer, primary_key=True),
    Column("scenario", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("state", Text, nullable=False),
    UniqueConstraint("scenario", "variant", "state"),
)

trials_table = Table(
    f"{PREFIX}trials",
    TABLES,
    Column("run", Integer, ForeignKey(f"{PREFIX}runs.key"), primary_key=True),
    Column("series", Integer, ForeignKey(f"{PREFIX}series.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("round", Integer, nullable=False),
    *(Column(name, Double) for name in METRICS),
    Index(f"{PREFIX}trials_series", "series"),
    sqlite_with_rowid=False,
)
