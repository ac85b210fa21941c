"""From groups with random names to steps: what joins them, and how the parent's CPU time is divided."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.build import Step, StepKind, StepStatus
from bench.pure.step_groups import CpuLedger, StepGroup, command_fit, join_groups, read_command

BEGUN_S = 1_000_000.0
SHELL = ("/bin/sh", "-c")


def step(digest: str, name: str, start_s: float, duration_s: float = 1.0, **changes: object) -> Step:
    values = {"kind": StepKind.RUN, "stage": None, "position": 1, "status": StepStatus.EXECUTED, **changes}
    return Step(digest=digest, name=name, start_s=start_s, duration_s=duration_s, **values)  # type: ignore[arg-type]


def group(name: str, at_s: float, text: str | None, cpu_s: float = 0.1) -> StepGroup:
    command = None if text is None else (*SHELL, text)
    return StepGroup(id=name, begun_at_s=BEGUN_S + at_s, command=command, cpu_s=cpu_s)


def joined(groups: list[StepGroup], steps: list[Step]) -> dict[str, tuple[float | None, str]]:
    uses = join_groups(groups, steps, begun_at_s=BEGUN_S, meter="cgroup-v1")
    return {use.digest: (use.cpu_s, use.joined_by) for use in uses}


def test_the_command_joins_whatever_the_order_in_which_parallel_steps_began() -> None:
    steps = [step("a", "RUN make one", 0.10), step("b", "RUN make two", 0.11)]
    groups = [group("x", 0.15, "make two", 2.0), group("y", 0.16, "make one", 1.0)]
    assert joined(groups, steps) == {"a": (1.0, "command"), "b": (2.0, "command")}


def test_of_parallel_steps_with_one_command_the_closer_in_time_is_taken_and_said() -> None:
    steps = [step("a", "RUN make", 0.1), step("b", "RUN make", 0.5)]
    groups = [group("x", 0.55, "make", 2.0), group("y", 0.15, "make", 1.0)]
    assert joined(groups, steps) == {"a": (1.0, "time"), "b": (2.0, "time")}


def test_the_longer_command_is_not_taken_for_the_shorter_one() -> None:
    steps = [step("a", "RUN echo ab", 0.1), step("b", "RUN echo a", 0.1)]
    groups = [group("x", 0.1, "echo a", 1.0), group("y", 0.1, "echo ab", 2.0)]
    assert joined(groups, steps) == {"a": (2.0, "command"), "b": (1.0, "command")}


def test_a_group_without_a_command_needs_an_interval_that_holds_it() -> None:
    steps = [step("a", "RUN make", 0.1, 0.2), step("b", "RUN test", 0.4, 0.2)]
    assert joined([group("x", 0.45, None)], steps) == {"b": (0.1, "time")}
    assert joined([group("x", 5.0, None)], steps) == {}


def test_a_strangers_group_joins_no_step() -> None:
    assert joined([group("x", 0.1, "sleep 9")], [step("a", "RUN make", 0.1)]) == {}


def test_a_cached_step_and_a_copy_have_no_group() -> None:
    steps = [
        step("a", "RUN make", 0.1, status=StepStatus.CACHED),
        step("b", "COPY . .", 0.1, kind=StepKind.COPY),
    ]
    assert joined([group("x", 0.1, None)], steps) == {}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("RUN make all", (*SHELL, "make all")),
        ("RUN --mount=type=cache,target=/c   make  all", (*SHELL, "make all")),
        ('RUN ["dd","if=/dev/zero","of=/x"]', ("dd", "if=/dev/zero", "of=/x")),
        ("RUN <<EOF (echo heredoc)", (*SHELL, "echo heredoc\n")),
        ("RUN <<EOF (set -e...)", (*SHELL, "set -e\nmake\nmake install\n")),
        ('RUN for f in *; do gzip "$f"; done', (*SHELL, 'for f in *; do gzip "$f"; done')),
        ("RUN echo bar > /opt/1.2/x", (*SHELL, "echo $FOO > /opt/${VERSION}/x")),
        ("RUN apt-get update && apt-get install gcc", (*SHELL, "apt-get update && \\\n  apt-get install gcc")),
        ("RUN set -e; make", ("/bin/bash", "-o", "pipefail", "-c", "set -e; make")),
    ],
)
def test_a_command_is_known_in_the_name_of_its_step(name: str, command: tuple[str, ...]) -> None:
    assert command_fit(name, command) > 0.3
    assert command_fit("RUN something else", command) == 0


def test_a_bundle_tells_its_command() -> None:
    bundle = json.dumps({"ociVersion": "1.2", "process": {"args": ["sh", "-c", "x"], "cwd": "/"}}).encode()
    assert read_command(bundle) == ("sh", "-c", "x")
    assert read_command(b'{"process":') is None
    assert read_command(b"") is None


def test_what_a_group_used_after_its_last_reading_is_found_in_the_parents_total() -> None:
    ledger = CpuLedger(parent_ns=1000)
    ledger.see("a", 50)
    assert ledger.close(["a"], parent_ns=1080, living_ns={}) == {"a": 80}


def test_a_group_that_was_never_read_is_told_by_the_others() -> None:
    ledger = CpuLedger(parent_ns=0)
    assert ledger.close(["short"], parent_ns=130, living_ns={"long": 100}) == {"short": 30}
    assert ledger.close(["long"], parent_ns=230, living_ns={}) == {"long": 200}


def test_a_group_that_was_there_before_is_not_charged_with_its_past_twice() -> None:
    ledger = CpuLedger(parent_ns=700, living_ns=[200])
    assert ledger.close(["ours"], parent_ns=760, living_ns={"theirs": 210}) == {"ours": 50}


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=6))
def test_all_of_the_parents_time_is_given_to_somebody(spent: list[tuple[int, int]]) -> None:
    """Each group is seen once at its first part and ends after its second; nothing is lost, whoever ends first."""
    ledger, total = CpuLedger(parent_ns=5), 5
    names = [f"g{number}" for number in range(len(spent))]
    for name, (early, _) in zip(names, spent, strict=True):
        ledger.see(name, early)
        total += early
    living = {name: early for name, (early, _) in zip(names, spent, strict=True)}
    used: dict[str, int] = {}
    for name, (_, late) in zip(names, spent, strict=True):
        total += late
        del living[name]
        used |= ledger.close([name], total, living)
    assert used == {name: early + late for name, (early, late) in zip(names, spent, strict=True)}
