from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.cli.options import share
from bench.errors import ExitCode, UsageError
from bench.ports.run_store import RunStore
from bench.pure.sides import Side
from tests.builders import START, make_engine
from tests.cli.command import Buildmark, Said
from tests.pure.test_comparison import failed
from tests.sides import make_side, slower_head, with_trials

AXES = {"base": ("debian-12",), "rev": ("main", "HEAD")}
Compare = Callable[..., Said]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "results")


@pytest.fixture
def compare(store: RunStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Compare:
    monkeypatch.setenv("COLUMNS", "100")
    buildmark = Buildmark(monkeypatch, capsys)
    return lambda *arguments: buildmark("compare", *arguments, "--results", str(store.results))


def record(store: RunStore, side: Side) -> str:
    with store.create(side.run) as writer:
        for trial in side.trials:
            writer.append(trial)
    return side.run.id


def interleaved(store: RunStore, share: float, **changes: Any) -> str:
    return record(store, make_side(slower_head(share), axes=AXES, id="20261123-090000-quick", **changes))


def two_runs(store: RunStore, **changes: Any) -> None:
    record(store, make_side(1.0, id="20261123-090000-quick"))
    record(store, make_side(1.2, id="20261124-090000-quick", created_at=START + timedelta(days=1), **changes))


@pytest.mark.parametrize(
    ("difference", "rounds", "answer"),
    [
        (0.1, 10, (ExitCode.REGRESSION, "slower: 1 of 1 row")),
        (-0.1, 10, (ExitCode.OK, "faster: 1 of 1 row")),
        (0.0, 10, (ExitCode.OK, "same: 1 of 1 row")),
        (0.1, 3, (ExitCode.UNDECIDED, "undecided: 1 of 1 row")),
    ],
)
def test_the_exit_code_and_the_first_line_are_the_answer(
    store: RunStore, compare: Compare, difference: float, rounds: int, answer: tuple[ExitCode, str]
) -> None:
    interleaved(store, difference, rounds=rounds)
    said = compare("latest", "--axis", "rev")
    assert (said.code, said.out.splitlines()[0]) == answer
    assert said.err == ""


def test_builds_that_only_the_head_fails_exit_with_4(store: RunStore, compare: Compare) -> None:
    side = make_side(axes=AXES, id="20261123-090000-quick")
    record(store, with_trials(side, lambda trial: failed(trial) if "HEAD" in trial.variant else trial))
    said = compare("latest", "--axis", "rev")
    assert said.code == ExitCode.BUILD_FAILED
    assert "failed: exit code 1" in said.out


def test_two_runs_are_named_as_show_names_them(store: RunStore, compare: Compare) -> None:
    two_runs(store)
    for base in ("20261123", "20261123-090000-quick", str(store.results / "20261123-090000-quick")):
        said = compare(base, "latest")
        assert said.code == ExitCode.REGRESSION
        assert "20261124-090000-quick against 20261123-090000-quick" in said.out
        assert "began 24 hours apart" in said.out


def test_two_variants_of_one_run_are_compared_in_pairs(store: RunStore, compare: Compare) -> None:
    interleaved(store, 0.1)
    for arguments in (
        ("latest:debian-12-main", ":debian-12-HEAD"),
        ("latest:debian-12-main", "20261123-090000-quick:debian-12-HEAD"),
    ):
        said = compare(*arguments)
        assert said.code == ExitCode.REGRESSION
        assert "paired by round" in said.out


def test_a_folder_with_a_colon_in_its_path_is_a_run(store: RunStore, compare: Compare, tmp_path: Path) -> None:
    two_runs(store)
    moved = tmp_path / "of:debian-12"
    (store.results / "20261123-090000-quick").rename(moved)
    assert compare(str(moved), "latest").code == ExitCode.REGRESSION
    assert compare(f"{moved}:debian-12", "latest").code == ExitCode.REGRESSION


def test_every_format_can_be_had(store: RunStore, compare: Compare) -> None:
    interleaved(store, 0.1)
    told = json.loads(compare("latest", "--axis", "rev", "--format", "json").out)
    assert (told["axis"], told["rows"][0]["verdict"], told["margin"]) == ("rev", "slower", 0.03)
    assert compare("latest", "--axis", "rev", "--format", "markdown").out.startswith("**slower: 1 of 1 row**\n")


@pytest.mark.parametrize("margin", ["20%", "20 %", "0.2"])
def test_a_margin_can_be_written_in_per_cent(store: RunStore, compare: Compare, margin: str) -> None:
    interleaved(store, 0.1)
    said = compare("latest", "--axis", "rev", "--margin", margin)
    assert (said.code, said.out.splitlines()[0]) == (ExitCode.OK, "same: 1 of 1 row")


def test_another_metric_can_be_judged(store: RunStore, compare: Compare) -> None:
    interleaved(store, 0.1)
    said = compare("latest", "--axis", "rev", "--metric", "image_size_bytes")
    assert (said.code, said.out.splitlines()[0]) == (ExitCode.OK, "same: 1 of 1 row")


def test_runs_that_do_not_compare_are_refused_and_compared_when_that_is_the_point(
    store: RunStore, compare: Compare
) -> None:
    two_runs(store, engine=make_engine(storage_driver="btrfs", server_version="29.0.0"))
    refused = compare("20261123", "20261124")
    assert (refused.code, refused.out) == (ExitCode.USAGE, "")
    assert "docker_version (Docker: 28.5.2, 29.0.0)" in refused.err
    assert "storage_driver (storage driver: overlay2, btrfs)" in refused.err
    assert "--across docker_version,storage_driver" in refused.err
    assert compare("20261123", "20261124", "--across", "storage_driver").code == ExitCode.USAGE
    for across in (["--across", "docker_version, storage_driver"], ["--across", "all"]):
        said = compare("20261123", "20261124", *across)
        assert said.code == ExitCode.REGRESSION
        assert "you asked for that" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["latest"], "compare needs a BASE and a HEAD"),
        (["latest", "latest"], "BASE and HEAD are both 20261123-090000-quick"),
        (["20261122", "latest"], "no run '20261122'"),
        (["latest:debian-12-mian", ":debian-12-HEAD"], "(did you mean 'debian-12-main'?)"),
        (["latest:", ":debian-12-HEAD"], "'latest:' names no variant behind the colon"),
        ([":debian-12-main", "latest"], "BASE names no run"),
        (["latest", "--axis", "rve"], "has no axis 'rve' (did you mean 'rev'?)"),
        (["latest", "--axis", "base"], "only one level of the axis base"),
        (["latest:debian-12-main", "--axis", "rev"], "--axis compares all variants of one run"),
        (["latest", "latest", "--axis", "rev"], "--axis compares all variants of one run"),
        (["latest", "--axis", "rev", "--metric", "wall"], "no metric 'wall' (did you mean 'wall_s'?)"),
        (["latest", "--axis", "rev", "--margin", "3"], "below 100 %, not '3': 3 is 300 %"),
        (["latest", "--axis", "rev", "--margin", "0%"], "above 0 %"),
        (["latest", "--axis", "rev", "--format", "jsn"], "no format 'jsn' (did you mean 'json'?)"),
        (["latest", "--axis", "rev", "--state", "wram"], "unknown state 'wram'"),
        (["latest", "--axis", "rev", "--across", "kernl"], "no field 'kernl' (did you mean 'kernel'?)"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_with_a_remedy(
    store: RunStore, compare: Compare, arguments: list[str], message: str
) -> None:
    interleaved(store, 0.1)
    said = compare(*arguments)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert message in said.err
    assert "try: " in said.err


def test_disturbed_trials_count_when_asked(store: RunStore, compare: Compare) -> None:
    side = make_side(slower_head(0.1), axes=AXES, id="20261123-090000-quick")
    record(store, with_trials(side, lambda trial: msgspec.structs.replace(trial, disturbed="other work")))
    said = compare("latest", "--axis", "rev")
    assert said.code == ExitCode.UNDECIDED
    told = " ".join(said.out.split())
    (hint,) = re.findall(r"Count them: buildmark (compare \S+ --axis \S+ --keep-disturbed)", told)
    assert compare(*hint.split()[1:]).code == ExitCode.REGRESSION


@pytest.mark.parametrize(
    ("word", "expected"), [("3%", 0.03), ("3 %", 0.03), ("0.03", 0.03), (".5%", 0.005), ("2.5%", 0.025)]
)
def test_shares_can_be_written_in_three_ways(word: str, expected: float) -> None:
    assert share("--margin", "3%")(word) == pytest.approx(expected)


@pytest.mark.parametrize("word", ["", "%", "3", "100%", "1.0", "-3%", "nan", "inf", "3%%", "three", "1e-2"])
def test_what_is_no_share_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="--margin takes a share"):
        share("--margin", "3%")(word)
