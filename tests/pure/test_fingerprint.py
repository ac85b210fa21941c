from __future__ import annotations

from pathlib import PurePath

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.model.environment import Fact
from bench.pure.cgroup_files import Absent
from bench.pure.fingerprint import (
    Difference,
    differences,
    engine_facts,
    environment_line,
    fact_of,
    fact_text,
    fingerprint_of,
)
from bench.pure.fingerprint_fields import FIELDS, Comparison, Unit
from bench.pure.records import decode_run, encode_run
from tests.builders import make_engine, make_run

TEXTS = st.sampled_from(["a", "b", "none"])
VALUES = st.one_of(
    st.booleans(), st.integers(0, 1000), st.floats(0, 1000), TEXTS, st.lists(TEXTS, max_size=2).map(tuple)
)
FACTS = st.one_of(VALUES.map(lambda value: Fact(value=value)), TEXTS.map(lambda reason: Fact(absent=reason)))
FINGERPRINTS = st.dictionaries(st.sampled_from([*FIELDS, "of_a_later_version"]), FACTS)


def swapped(difference: Difference) -> Difference:
    return msgspec.structs.replace(difference, first=difference.second, second=difference.first)


@given(FINGERPRINTS)
def test_nothing_differs_from_itself(fingerprint: dict[str, Fact]) -> None:
    assert differences(fingerprint, fingerprint) == ()


@given(FINGERPRINTS, FINGERPRINTS)
def test_it_does_not_matter_which_side_comes_first(first: dict[str, Fact], second: dict[str, Fact]) -> None:
    assert differences(first, second) == tuple(swapped(one) for one in differences(second, first))


@given(FINGERPRINTS, FINGERPRINTS)
def test_the_gravest_come_first_and_only_what_is_known_on_both_sides_must_match(
    first: dict[str, Fact], second: dict[str, Fact]
) -> None:
    found = differences(first, second)
    assert [one.comparison for one in found] == sorted((one.comparison for one in found), key=list(Comparison).index)
    assert all(one.is_certain for one in found if one.comparison is Comparison.MUST_MATCH)


@given(FINGERPRINTS, st.sampled_from(sorted(FIELDS)))
def test_one_more_change_is_one_more_difference(fingerprint: dict[str, Fact], name: str) -> None:
    before = {**fingerprint, name: Fact(value="one thing")}
    after = {**fingerprint, name: Fact(value="another")}
    (found,) = differences(before, after)
    assert (found.field, found.comparison) == (FIELDS[name], FIELDS[name].comparison)


def test_other_hardware_must_match_a_kernel_warns_and_load_is_ignored() -> None:
    before = {"cpu_model": Fact(value="A"), "kernel": Fact(value="6.1"), "load_1m": Fact(value=0.1)}
    after = {"cpu_model": Fact(value="B"), "kernel": Fact(value="6.12"), "load_1m": Fact(value=3.0)}
    assert [(one.text, one.comparison) for one in differences(before, after)] == [
        ("processor: A, B", Comparison.MUST_MATCH),
        ("kernel: 6.1, 6.12", Comparison.WARN),
        ("load over the minute before: 0.10, 3.00", Comparison.IGNORE),
    ]
    assert differences(before, after)[1].then_and_now == "kernel was 6.1, is 6.12"


@pytest.mark.parametrize(("other", "differs"), [(8 * 10**9, False), (8_100_000_000, False), (16 * 10**9, True)])
def test_memory_may_differ_by_what_a_kernel_takes(other: int, differs: bool) -> None:  # noqa: FBT001 - a case's column
    before, after = {"memory_bytes": Fact(value=8 * 10**9)}, {"memory_bytes": Fact(value=other)}
    assert bool(differences(before, after)) is differs


@given(st.integers(0, 300), st.integers(0, 300))
@example(98, 100)
def test_how_far_memory_may_differ_does_not_depend_on_the_order(first: int, second: int) -> None:
    sides = {"memory_bytes": Fact(value=first)}, {"memory_bytes": Fact(value=second)}
    assert len(differences(*sides)) == len(differences(*reversed(sides)))


def test_a_limit_that_is_not_set_differs_from_one_that_is() -> None:
    before, after = {"cpu_quota_cpus": Fact(value="none")}, {"cpu_quota_cpus": Fact(value=1.5)}
    (found,) = differences(before, after)
    assert found.text == "CPU quota of Buildmark's control group: none, 1.5 CPUs"
    assert found.comparison is Comparison.MUST_MATCH


def test_what_only_one_side_knows_is_a_warning_at_most() -> None:
    (found,) = differences({"cpu_model": Fact(value="A")}, {"cpu_model": Fact(absent="not readable")})
    assert (found.comparison, found.is_certain) == (Comparison.WARN, False)
    assert found.text == "processor: A, not known"
    assert differences({"cpu_model": Fact(absent="why")}, {"cpu_model": Fact(absent="another reason")}) == ()


def test_an_older_record_is_compared_by_what_its_engine_told() -> None:
    found = engine_facts(make_engine(server_version="29.0.0"))
    certain = [one.then_and_now for one in differences(fingerprint_of(make_run()), found) if one.is_certain]
    assert certain == ["Docker was 28.5.2, is 29.0.0"]


def test_every_field_says_what_it_is_and_no_two_the_same() -> None:
    assert len({field.title for field in FIELDS.values()}) == len(FIELDS)
    assert set(engine_facts(make_engine())) <= FIELDS.keys()
    for field in FIELDS.values():
        assert not field.tolerance or field.unit is Unit.BYTES, field.name


def test_a_fact_is_a_value_or_a_reason_and_survives_the_record() -> None:
    facts = {
        "cpu_model": fact_of("A CPU"),
        "cpus_online": fact_of(2),
        "cpu_quota_cpus": fact_of(1.5),
        "turbo": fact_of(True),
        "cpu_flags": fact_of(("avx2", "aes")),
        "governor": fact_of(Absent("no frequency here")),
    }
    run = make_run(fingerprint=facts)
    assert decode_run(encode_run(run), PurePath("run.json")).fingerprint == facts
    assert facts["governor"] == Fact(absent="no frequency here")


def test_a_record_from_before_there_were_fingerprints_still_reads() -> None:
    written = msgspec.to_builtins(make_run())
    old = {key: value for key, value in written.items() if key not in {"fingerprint", "findings"}}
    run = decode_run(msgspec.json.encode(old), PurePath("run.json"))
    assert (run.fingerprint, run.findings) == ({}, ())


def test_facts_are_written_in_their_unit() -> None:
    assert fact_text("memory_bytes", Fact(value=25_276_510_208)) == "25.3 GB"
    assert fact_text("cpus_online", Fact(value=1)) == "1 CPU"
    assert fact_text("turbo", Fact(value=True)) == "yes"
    assert fact_text("cpu_flags", Fact(value=("a", "b"))) == "a, b"
    assert fact_text("cpu_flags", Fact(value=())) == "none"
    assert fact_text("governor", Fact(absent="why")) == "not known"


def test_the_line_above_the_tables_says_what_is_known_and_nothing_of_the_rest() -> None:
    facts = {
        "cpu_model": Fact(value="A CPU"),
        "cpus_online": Fact(value=4),
        "cpu_quota_cpus": Fact(value=1.5),
        "governor": Fact(absent="no frequency here"),
        "memory_bytes": Fact(value=8 * 10**9),
        "memory_limit_bytes": Fact(value="none"),
        "data_root_filesystem": Fact(value="ext4"),
        "data_root_device": Fact(value="vda"),
        "data_root_scheduler": Fact(value="mq-deadline"),
        "kernel": Fact(value="6.1.0"),
        "cgroup_version": Fact(value=2),
        "virtualisation": Fact(value="none"),
        "load_1m": Fact(value=0.25),
    }
    assert environment_line(facts) == (
        "A CPU, 4 CPUs, quota 1.5 CPUs · 8.00 GB memory · ext4 on vda (mq-deadline) · Linux 6.1.0, cgroup v2 · "
        "load 0.25 at start"
    )
    assert environment_line({}) == ""
