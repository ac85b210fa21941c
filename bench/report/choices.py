"""What can be asked of a table: its format, and the column that it is sorted by. Light, for `--help` imports it."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from bench.errors import UsageError, did_you_mean
from bench.pure.metrics import IMAGE_SIZE, WALL

Choice = TypeVar("Choice", bound=StrEnum)
SITE_TITLE = "Build history"
SITE_METRICS = (WALL, IMAGE_SIZE)


class SummaryFormat(StrEnum):
    """How a summary can be had."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


class ExportFormat(StrEnum):
    """What a run can be exported as: a file of our own, or one that another tool reads."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"
    PYTEST_BENCHMARK = "pytest-benchmark"
    HYPERFINE = "hyperfine"
    GITHUB_ACTION_BENCHMARK = "github-action-benchmark"
    BENCHER = "bencher"
    OPENMETRICS = "openmetrics"
    JUNIT = "junit"


class LayersFormat(StrEnum):
    """How the layers of a run's images can be had."""

    TABLE = "table"
    JSON = "json"


class HistoryFormat(StrEnum):
    """How runs and series can be had."""

    TABLE = "table"
    JSON = "json"


class TrendFormat(StrEnum):
    """How the changes of series can be had."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


class ComparisonFormat(StrEnum):
    """How a comparison can be had."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


class PlotKind(StrEnum):
    """What a picture shows."""

    TRADEOFF = "tradeoff"
    EFFECTS = "effects"
    PHASES = "phases"
    WATERFALL = "waterfall"
    TRIALS = "trials"
    TREND = "trend"


class PlotFormat(StrEnum):
    """What a picture's file can be."""

    SVG = "svg"
    PNG = "png"


class Theme(StrEnum):
    """What a picture is looked at on."""

    LIGHT = "light"
    DARK = "dark"


class Pictures(StrEnum):
    """How a Markdown document has its pictures: as files beside it, as a part of it, or not at all."""

    FILES = "files"
    INLINE = "inline"
    NONE = "none"


class SortColumn(StrEnum):
    """What the rows of a state can be sorted by. Hits sort the most first, everything else the least first."""

    TIME = "time"
    SIZE = "size"
    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    HITS = "hits"
    VARIANT = "variant"


def parse_format(word: str) -> SummaryFormat:
    """The format that `--format` names. Raises UsageError with the nearest one."""
    return parse_choice(word, SummaryFormat, "--format", "there is no format")


def parse_sort(word: str) -> SortColumn:
    """The column that `--sort` names. Raises UsageError with the nearest one."""
    return parse_choice(word, SortColumn, "--sort", "cannot sort by")


def parse_layers_format(word: str) -> LayersFormat:
    """The format that `buildmark layers --format` names. Raises UsageError with the nearest one."""
    return parse_choice(word, LayersFormat, "--format", "there is no format")


def parse_comparison_format(word: str) -> ComparisonFormat:
    """The format that `buildmark compare --format` names. Raises UsageError with the nearest one."""
    return parse_choice(word, ComparisonFormat, "--format", "there is no format")


def parse_choice(word: str, kind: type[Choice], option: str, problem: str) -> Choice:
    """The member that a word names. Raises UsageError that starts with `problem`, with the nearest and all members."""
    known = [member.value for member in kind]
    if word.lower() not in known:
        raise UsageError(f"{problem} '{word}'{did_you_mean(word, known)}", remedy=f"{option} {'|'.join(known)}")
    return kind(word.lower())
