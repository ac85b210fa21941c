"""Records ↔ JSON: `run.json` and the lines of `trials.jsonl` (docs/FORMAT.md). Bytes in, values out, and back.

`bench.ports.run_folder` reads and writes the files. An older format is upgraded step by step when it is read; a newer
one is refused. Whatever is encoded here is decoded again before it is handed out, so that no file can hold a record
that cannot be read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

import msgspec

from bench.errors import StorageError
from bench.model.run import FORMAT_VERSION, Run
from bench.model.trial import Trial

JsonObject = dict[str, Any]
Upgrade = Callable[[JsonObject], JsonObject]


class FormatUpgrade(msgspec.Struct, frozen=True, kw_only=True):
    """How records of one version become records of the next: a function for `run.json`, one for each trial."""

    run: Upgrade
    trial: Upgrade


UPGRADES: Mapping[int, FormatUpgrade] = {}
"""From a version to the one after it. The first format is version 1, so there is nothing to upgrade yet."""


class TrialsRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of trials holds.

    `keep_bytes` is where the last good record ends: whoever appends cuts the file there first, and writes a newline
    when `lacks_newline` (a whole record whose newline was lost is kept). `warning` says that a last line was cut off
    and left out; it is None when every line was whole.
    """

    trials: tuple[Trial, ...]
    keep_bytes: int
    lacks_newline: bool
    warning: str | None


class PlanHead(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a plan that a list of runs needs."""

    scenario: str
    rounds: int
    variants: tuple[msgspec.Raw, ...]
    trials: tuple[msgspec.Raw, ...]


class RunHead(msgspec.Struct, frozen=True, kw_only=True):
    """The few words of a `run.json` that a list of runs needs; read without looking at the rest."""

    id: str
    title: str
    created_at: datetime
    plan: PlanHead
    adaptive: dict[str, Any] | None = None


def encode_run(run: Run) -> bytes:
    """A run as readable JSON, its keys in the order of the struct, with a newline at the end."""
    return msgspec.json.format(_encode(run, Run), indent=2) + b"\n"


def encode_trial(trial: Trial) -> bytes:
    """A trial as one line of JSON with its newline."""
    return _encode(trial, Trial) + b"\n"


def decode_run(data: bytes, file: PurePath, *, upgrades: Mapping[int, FormatUpgrade] = UPGRADES) -> Run:
    """Read a `run.json` of this or an older format. Raises StorageError naming `file` when it cannot be read."""
    try:
        raw = msgspec.json.decode(data)
        version = format_version(raw, file)
        for step in upgrade_chain(version, file, upgrades):
            raw = step.run(raw)
        if version != FORMAT_VERSION:
            raw["format_version"] = FORMAT_VERSION
        return msgspec.convert(raw, Run)
    except msgspec.MsgspecError as error:
        raise StorageError(
            f"{file}: not a readable run record: {error}", remedy=f"restore {file} from a copy"
        ) from error


def decode_head(data: bytes, file: PurePath) -> RunHead:
    """Read only what a list of runs shows. Raises StorageError naming `file`."""
    try:
        return msgspec.json.decode(data, type=RunHead)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StorageError(f"{file}: not a readable run record: {error}") from error


def decode_trials(
    data: bytes,
    file: PurePath,
    *,
    version: int = FORMAT_VERSION,
    upgrades: Mapping[int, FormatUpgrade] = UPGRADES,
) -> TrialsRead:
    """Read a `trials.jsonl` whose run says that its format is `version`.

    A last line that is not whole JSON was cut off by a full disk or a killed process: it is left out, with a warning.
    Any other line that cannot be read raises StorageError with `FILE:LINE`: evidence is not dropped in silence.
    """
    chain = upgrade_chain(version, file, upgrades)
    lines = data.split(b"\n")
    last = len(lines) if lines[-1] else len(lines) - 1
    trials: list[Trial] = []
    keep_bytes = 0
    for number, line in enumerate(lines[:last], start=1):
        if number == last and not _is_json(line):
            warning = f"{file}:{number}: the last record was cut off and is left out"
            return TrialsRead(trials=tuple(trials), keep_bytes=keep_bytes, lacks_newline=False, warning=warning)
        trials.append(_decode_line(line, f"{file}:{number}", chain))
        keep_bytes += len(line) + 1
    lacks_newline = bool(lines[-1])
    return TrialsRead(
        trials=tuple(trials), keep_bytes=keep_bytes - lacks_newline, lacks_newline=lacks_newline, warning=None
    )


def count_trials(data: bytes) -> int:
    """How many whole records a `trials.jsonl` holds, without reading them; a last one that was cut off is none."""
    last = data.rsplit(b"\n", 1)[-1]
    return data.count(b"\n") + bool(last and _is_json(last))


def format_version(raw: object, file: PurePath) -> int:
    """The format version that a decoded `run.json` states. Raises StorageError when it states none."""
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise StorageError(f"{file}: no format_version, so this is not a run record", remedy="name another run")
    return version


def upgrade_chain(version: int, file: PurePath, upgrades: Mapping[int, FormatUpgrade]) -> tuple[FormatUpgrade, ...]:
    """The upgrades from `version` to the current format, in order. Raises StorageError when there is no way."""
    if version > FORMAT_VERSION:
        raise StorageError(
            f"{file}: format {version} is newer than this Buildmark, which reads formats up to {FORMAT_VERSION}",
            remedy="upgrade Buildmark",
        )
    missing = [step for step in range(version, FORMAT_VERSION) if step not in upgrades]
    if missing:
        raise StorageError(f"{file}: format {version} is unknown", remedy="restore the file from a copy")
    return tuple(upgrades[step] for step in range(version, FORMAT_VERSION))


_TRIAL_DECODER = msgspec.json.Decoder(Trial)


def _decode_line(line: bytes, place: str, chain: tuple[FormatUpgrade, ...]) -> Trial:
    try:
        if not chain:
            return _TRIAL_DECODER.decode(line)
        raw = msgspec.json.decode(line)
        for step in chain:
            raw = step.trial(raw)
        return msgspec.convert(raw, Trial)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StorageError(
            f"{place}: not a readable trial: {error}",
            remedy="restore the file from a copy, or delete that line if its trial may be lost",
        ) from error


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _encode(value: Run | Trial, kind: type[Run | Trial]) -> bytes:
    """Encode, and prove that it can be read back: a NaN would become null, and poison the file."""
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value)))
    msgspec.json.decode(data, type=kind)
    return data


def _without_surrogates(value: Any) -> Any:
    """Replace what Unicode cannot say: Python keeps undecodable bytes of arguments and paths as lone surrogates."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
        case _:
            return value
