"""What each step used, from BuildKit's own samples or from the groups that were followed."""

import json
from typing import Any

import pytest

from bench.model.build import BuildOutcome, BuildStatus, StepKind
from bench.model.trial import Reading
from bench.pure.provenance import BLANK, read_samples
from bench.pure.rawjson import parse_rawjson
from bench.pure.step_groups import StepGroup
from bench.pure.step_use import NOT_FOLLOWED, cpu_remainder, step_uses
from tests.pure.streams import fixture

GZIP = 'for f in *.txt; do gzip -9 -k "$f"; done'


def outcome(stream: str, metadata: bytes = b"") -> BuildOutcome:
    return BuildOutcome(
        status=BuildStatus.OK,
        wall_s=1.0,
        transcript=parse_rawjson(fixture(stream)),
        image_id="sha256:1",
        raw=b"",
        error=None,
        metadata=metadata,
    )


def in_layout_v1(metadata: bytes) -> bytes:
    """The same data as SLSA v1 lays it out."""
    whole = json.loads(metadata)
    config = whole["buildx.build.provenance"].pop("buildConfig")
    definition = {"buildDefinition": {"internalParameters": {"buildConfig": config}}, "runDetails": {}}
    return json.dumps({**whole, "buildx.build.provenance": definition}).encode()


@pytest.mark.parametrize("layout", [bytes, in_layout_v1])
def test_buildkits_samples_are_joined_to_the_stream_by_digest(layout: Any) -> None:
    metadata = layout(fixture("metadata-cgroup2-parent.json"))
    uses, absent = step_uses(outcome("rawjson-cgroup2.ndjson", metadata), ())
    assert absent is None
    names = {step.digest: step.name for step in parse_rawjson(fixture("rawjson-cgroup2.ndjson")).steps}
    told = {names[use.digest]: use for use in uses}
    assert list(told) == [name for name in names.values() if name.startswith("RUN ")]
    gzip = told[f"RUN {GZIP}"]
    assert (gzip.meter, gzip.joined_by) == ("buildkit", "digest")
    assert gzip.cpu_s == pytest.approx(2.199147)
    assert gzip.memory_peak_bytes == 8126464
    assert gzip.stall_cpu_s == pytest.approx(0.059406)


def test_a_platforms_own_provenance_is_read() -> None:
    whole = json.loads(fixture("metadata-cgroup2-parent.json"))
    whole["buildx.build.provenance/linux/amd64"] = whole.pop("buildx.build.provenance")
    assert len(read_samples(json.dumps(whole).encode()).steps) == 3


def test_blank_samples_are_no_zeros_and_say_what_to_do() -> None:
    sampled = read_samples(fixture("metadata-cgroup2-systemd-blank.json"))
    assert sampled.steps == ()
    assert sampled.absent == BLANK


@pytest.mark.parametrize("metadata", [b"", b"{", b"[]", b'{"buildx.build.provenance": {"buildConfig": 3}}'])
def test_metadata_that_says_nothing_has_a_reason(metadata: bytes) -> None:
    sampled = read_samples(metadata)
    assert sampled.steps == ()
    assert sampled.absent


def test_groups_stand_in_where_buildkit_tells_nothing() -> None:
    built = outcome("rawjson-cold.ndjson")
    ran = [step for step in built.transcript.steps if step.kind is StepKind.RUN]
    begun_s = built.transcript.begun_at_s
    assert begun_s is not None
    groups = [
        StepGroup(
            id=step.digest,
            begun_at_s=begun_s + (step.start_s or 0) + 0.01,
            command=("/bin/sh", "-c", step.name[4:]),
            cpu_s=0.5,
        )
        for step in ran
    ]
    uses, absent = step_uses(built, groups)
    assert absent is None
    assert [use.digest for use in uses] == [step.digest for step in ran]
    remainder = cpu_remainder(uses, {"steps_cpu_s": Reading(value=0.5 * len(ran) + 0.25, meter="cgroup-v1")})
    assert remainder == {"cpu_s": pytest.approx(0.25)}


def test_a_build_whose_steps_nobody_followed_says_so_and_a_warm_one_lacks_nothing() -> None:
    assert step_uses(outcome("rawjson-cold.ndjson"), ()) == ((), NOT_FOLLOWED)
    assert step_uses(outcome("rawjson-warm.ndjson"), ()) == ((), None)
