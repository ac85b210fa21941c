from __future__ import annotations

from datetime import UTC
from pathlib import PurePath
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import StorageError
from bench.model.run import FORMAT_VERSION, Run
from bench.model.trial import Reading, Trial
from bench.pure.records import (
    FormatUpgrade,
    decode_head,
    decode_run,
    decode_trials,
    encode_run,
    encode_trial,
)
from tests.builders import make_plan, make_run, make_trial, make_trials

FILE = PurePath("results/a-run/trials.jsonl")
RUN_FILE = PurePath("results/a-run/run.json")


def values_of(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Any value of a type that the records use, made from what msgspec knows of the type."""
    match kind:
        case msgspec.inspect.StructType():
            fields = {field.name: values_of(field.type) for field in kind.fields}
            fields |= {"format_version": st.just(FORMAT_VERSION)} if "format_version" in fields else {}
            made: st.SearchStrategy[Any] = st.builds(kind.cls, **fields)
        case msgspec.inspect.UnionType():
            made = st.one_of([values_of(member) for member in kind.types])
        case msgspec.inspect.VarTupleType():
            made = st.lists(values_of(kind.item_type), max_size=3).map(tuple)
        case msgspec.inspect.DictType():
            made = st.dictionaries(values_of(kind.key_type), values_of(kind.value_type), max_size=3)
        case msgspec.inspect.EnumType():
            made = st.sampled_from(list(kind.cls))
        case _:
            made = PLAIN[type(kind)]
    return made


PLAIN: dict[type[msgspec.inspect.Type], st.SearchStrategy[Any]] = {
    msgspec.inspect.StrType: st.text(max_size=12),
    msgspec.inspect.IntType: st.integers(min_value=-(2**62), max_value=2**62),
    msgspec.inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    msgspec.inspect.BoolType: st.booleans(),
    msgspec.inspect.NoneType: st.none(),
    msgspec.inspect.DateTimeType: st.datetimes(timezones=st.just(UTC)),
}
RUNS = values_of(msgspec.inspect.type_info(Run))
TRIALS = values_of(msgspec.inspect.type_info(Trial))


@settings(max_examples=50, deadline=None)
@given(RUNS)
def test_any_run_comes_back_as_it_was(run: Run) -> None:
    assert decode_run(encode_run(run), RUN_FILE) == run


@settings(max_examples=50, deadline=None)
@given(st.lists(TRIALS, max_size=3))
def test_any_trials_come_back_as_they_were(trials: list[Trial]) -> None:
    lines = [encode_trial(trial) for trial in trials]
    assert all(line.count(b"\n") == 1 for line in lines)
    read = decode_trials(b"".join(lines), FILE)
    assert read.trials == tuple(trials)
    assert read.keep_bytes == sum(map(len, lines))
    assert read.warning is None


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=0))
def test_a_file_cut_off_anywhere_keeps_every_whole_record(where: int) -> None:
    trials = make_trials(make_plan(rounds=1))[:3]
    lines = [encode_trial(trial) for trial in trials]
    data = b"".join(lines)
    cut = where % (len(data) + 1)

    read = decode_trials(data[:cut], FILE)

    ends = [sum(map(len, lines[:count])) for count in range(len(lines) + 1)]
    whole = sum(1 for end in ends[1:] if cut >= end - 1)  # a record is whole without its newline
    assert read.trials == trials[:whole]
    assert read.lacks_newline == (cut + 1 in ends[1:])
    mended = data[: read.keep_bytes] + (b"\n" if read.lacks_newline else b"")
    assert decode_trials(mended + lines[0], FILE).trials == (*trials[:whole], trials[0])


def test_a_cut_off_last_line_is_told_with_its_place() -> None:
    line = encode_trial(make_trial())
    read = decode_trials(line + line[:40], FILE)
    assert read.warning == "results/a-run/trials.jsonl:2: the last record was cut off and is left out"
    assert read.keep_bytes == len(line)


def test_a_broken_line_in_the_middle_is_an_error_that_names_it() -> None:
    line = encode_trial(make_trial())
    with pytest.raises(StorageError, match=r"trials\.jsonl:2: not a readable trial"):
        decode_trials(line + b'{"number": 1\n' + line, FILE)


def test_a_whole_last_line_of_another_shape_is_an_error_not_a_cut() -> None:
    with pytest.raises(StorageError, match=r"trials\.jsonl:1: not a readable trial.*missing required field"):
        decode_trials(b'{"number": 1}\n', FILE)


def test_a_run_in_a_newer_format_is_refused_with_the_way_out() -> None:
    data = encode_run(make_run()).replace(b'"format_version": 1', b'"format_version": 9')
    with pytest.raises(StorageError, match="format 9 is newer than this Buildmark") as caught:
        decode_run(data, RUN_FILE)
    assert caught.value.remedy == "upgrade Buildmark"


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"format_version": true}', b'{"format_version": "1"}'])
def test_json_that_is_not_a_run_is_refused(data: bytes) -> None:
    with pytest.raises(StorageError, match="no format_version"):
        decode_run(data, RUN_FILE)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"format_version": 1}'])
def test_a_broken_run_record_names_its_file(data: bytes) -> None:
    with pytest.raises(StorageError, match=r"^results/a-run/run\.json: "):
        decode_run(data, RUN_FILE)


def test_an_older_format_goes_through_every_upgrade_in_order() -> None:
    def run_from_zero(raw: dict[str, Any]) -> dict[str, Any]:
        return {**raw, "title": raw["title"] + " (was 0)"}

    def run_from_minus_one(raw: dict[str, Any]) -> dict[str, Any]:
        return {**raw, "title": raw.pop("name") + " (was -1)"}

    def trial_from_minus_one(raw: dict[str, Any]) -> dict[str, Any]:
        return {**raw, "wall_s": raw.pop("seconds")}

    upgrades = {
        -1: FormatUpgrade(run=run_from_minus_one, trial=trial_from_minus_one),
        0: FormatUpgrade(run=run_from_zero, trial=lambda raw: raw),
    }
    run, trial = make_run(), make_trial()
    old_run = msgspec.json.decode(encode_run(run))
    old_run |= {"format_version": -1, "name": old_run.pop("title")}
    old_trial = msgspec.json.decode(encode_trial(trial))
    old_trial["seconds"] = old_trial.pop("wall_s")

    upgraded = decode_run(msgspec.json.encode(old_run), RUN_FILE, upgrades=upgrades)
    read = decode_trials(msgspec.json.encode(old_trial) + b"\n", FILE, version=-1, upgrades=upgrades)

    assert upgraded == msgspec.structs.replace(run, title=f"{run.title} (was -1) (was 0)")
    assert read.trials == (trial,)


def test_an_unknown_older_format_is_refused() -> None:
    with pytest.raises(StorageError, match="format 0 is unknown"):
        decode_trials(b"", FILE, version=0)


def test_keys_that_a_later_buildmark_added_do_no_harm() -> None:
    raw = msgspec.json.decode(encode_run(make_run()))
    assert decode_run(msgspec.json.encode({**raw, "mood": "fine"}), RUN_FILE) == make_run()


def test_a_number_that_json_cannot_hold_is_refused_before_it_is_written() -> None:
    poisoned = make_trial(resources={"cpu_user_s": Reading(value=float("nan"), meter="cgroup-v1")})
    with pytest.raises(msgspec.ValidationError):
        encode_trial(poisoned)


def test_an_argument_with_undecodable_bytes_is_still_recorded() -> None:
    run = make_run(command=("buildmark", "run", "caf\udce9"))
    assert decode_run(encode_run(run), RUN_FILE).command[2] == "caf?"


def test_the_run_record_is_readable_and_its_keys_keep_their_order() -> None:
    lines = encode_run(make_run()).decode().splitlines()
    assert lines[:4] == [
        "{",
        '  "format_version": 1,',
        '  "id": "20261123-090000-quick",',
        '  "title": "Small assets, no network",',
    ]
    assert encode_run(make_run()) == encode_run(make_run())


def test_the_head_of_a_run_is_read_without_the_rest() -> None:
    head = decode_head(encode_run(make_run()), RUN_FILE)
    assert (head.id, head.plan.scenario, head.plan.rounds, len(head.plan.trials)) == (
        "20261123-090000-quick",
        "quick",
        3,
        24,
    )
