from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.model.build import Step, StepKind, StepStatus, Transcript
from bench.pure.rawjson import parse_rawjson
from tests.pure.streams import fixture, output, status, stream, vertex

T = "2026-11-23T04:45:"
ELIGIBLE = ["WORKDIR", "COPY", "RUN", "RUN", "COPY", "COPY", "RUN"]
CAPTURES = [
    "rawjson-cold.ndjson",
    "rawjson-warm.ndjson",
    "rawjson-edit-source.ndjson",
    "rawjson-failed.ndjson",
    "rawjson-pull.ndjson",
]


def eligible(transcript: Transcript) -> list[Step]:
    return [step for step in transcript.steps if step.kind.is_eligible]


def only_step(*records: dict[str, object]) -> Step:
    (step,) = parse_rawjson(stream(*records)).steps
    return step


def test_a_cold_build_shows_every_step_executed_in_order() -> None:
    transcript = parse_rawjson(fixture("rawjson-cold.ndjson"))
    assert [step.kind for step in eligible(transcript)] == ELIGIBLE
    assert {step.status for step in eligible(transcript)} == {StepStatus.EXECUTED}
    run = next(step for step in transcript.steps if "gzip" in step.name)
    assert (run.stage, run.position, run.name) == ("build", 4, 'RUN for f in *.txt; do gzip -9 -k "$f"; done')
    assert run.duration_s == pytest.approx(0.624742, abs=2e-6)
    assert run.start_s == pytest.approx(0.119080, abs=2e-6)


def test_a_cold_build_shows_its_phases_and_the_bytes_of_its_context_alone() -> None:
    transcript = parse_rawjson(fixture("rawjson-cold.ndjson"))
    assert transcript.context_bytes == 8648049  # neither the Dockerfile's 378 nor the ignore file's 2
    assert transcript.pulled_bytes == 0
    assert transcript.phases.context_s == pytest.approx(0.0820, abs=1e-4)
    assert transcript.phases.steps_s == pytest.approx(1.1085, abs=1e-4)
    assert transcript.phases.export_s == pytest.approx(0.0417, abs=1e-4)
    assert (transcript.error, transcript.unreadable_lines) == (None, 0)


def test_a_warm_build_shows_every_step_cached() -> None:
    transcript = parse_rawjson(fixture("rawjson-warm.ndjson"))
    assert [step.status for step in eligible(transcript)] == [StepStatus.CACHED] * len(ELIGIBLE)
    assert transcript.context_bytes == 273


def test_after_an_edit_only_what_does_not_depend_on_it_is_cached() -> None:
    steps = eligible(parse_rawjson(fixture("rawjson-edit-source.ndjson")))
    assert [step.name for step in steps if step.status is StepStatus.CACHED] == ["WORKDIR /src"]


def test_a_failing_step_is_named_with_dockers_own_words() -> None:
    transcript = parse_rawjson(fixture("rawjson-failed.ndjson"))
    assert [step.status for step in eligible(transcript)] == [StepStatus.EXECUTED, StepStatus.FAILED]
    assert transcript.error is not None
    assert transcript.error.startswith('failed to build: failed to solve: process "/bin/sh -c echo')
    assert transcript.error.endswith("exit code: 3")
    assert transcript.unreadable_lines == 8
    assert '>>> RUN echo "about to fail" >&2; exit 3' in transcript.log
    assert "| about to fail" in transcript.log


def test_records_of_one_vertex_are_joined_by_their_start_and_not_summed() -> None:
    step = only_step(
        vertex("a", "[1/1] RUN x"),
        vertex("a", "[1/1] RUN x", started=f"{T}00Z", completed=f"{T}01Z"),
        vertex("a", "[1/1] RUN x", started=f"{T}02Z"),
        vertex("a", "[1/1] RUN x", started=f"{T}02Z", completed=f"{T}05Z"),
        vertex("a", "[1/1] RUN x", started=f"{T}04Z", completed=f"{T}06Z"),
    )
    assert (step.start_s, step.duration_s, step.status) == (0.0, 5.0, StepStatus.EXECUTED)


def test_the_last_started_record_says_whether_a_step_was_cached() -> None:
    looked = vertex("a", "[1/1] RUN x", started=f"{T}00Z", completed=f"{T}01Z")
    loaded = vertex("a", "[1/1] RUN x", started=f"{T}02Z", completed=f"{T}02Z", cached=True)
    assert only_step(loaded, looked).status is StepStatus.CACHED
    repeated = vertex("a", "[1/1] RUN x", started=f"{T}02Z", completed=f"{T}03Z")
    assert only_step(looked, loaded, repeated).status is StepStatus.CACHED


def test_times_of_mixed_zones_are_one_clock() -> None:
    step = only_step(vertex("a", "[1/1] RUN x", started="2026-11-23T06:45:00.5+02:00", completed=f"{T}01.75Z"))
    assert step.duration_s == 1.25


def test_a_zero_time_is_no_time() -> None:
    zero = "0001-01-01T00:00:00Z"
    step = only_step(vertex("a", "[1/1] RUN x", started=zero, completed=zero))
    assert (step.status, step.start_s, step.duration_s) == (StepStatus.NEVER_STARTED, None, None)
    running = only_step(vertex("a", "[1/1] RUN x", started=f"{T}00Z", completed=zero), output("a", b".", f"{T}03Z"))
    assert (running.status, running.duration_s) == (StepStatus.FAILED, 3.0)


@pytest.mark.parametrize(
    ("name", "kind", "stage", "position", "text"),
    [
        ("[2/3] RUN x", "RUN", None, 2, "RUN x"),
        ("[stage-1  4/12] COPY a b", "COPY", "stage-1", 4, "COPY a b"),
        ("[my.odd_stage-1 2/6] WORKDIR /src", "WORKDIR", "my.odd_stage-1", 2, "WORKDIR /src"),
        ("[linux/amd64 build 2/5] ADD a b", "ADD", "linux/amd64 build", 2, "ADD a b"),
        ("[linux/amd64->arm64 build 2/5] RUN x", "RUN", "linux/amd64->arm64 build", 2, "RUN x"),
        ("[b 2/5] ONBUILD COPY . .", "COPY", "b", 2, "ONBUILD COPY . ."),
        ("[b 2/5] LINK COPY --link . .", "COPY", "b", 2, "LINK COPY --link . ."),
        ("[b 4/6] RUN <<EOF (echo one...)", "RUN", "b", 4, "RUN <<EOF (echo one...)"),
        ("[b 4/6] RUN one\ntwo ] 3/4", "RUN", "b", 4, "RUN one\ntwo ] 3/4"),
        ("[internal 2/5] RUN x", "RUN", "internal", 2, "RUN x"),
        ("[1/3] FROM docker.io/library/alpine", "FROM", None, 1, "FROM docker.io/library/alpine"),
        ("[1/3] HEALTHCHECK NONE", "OTHER", None, 1, "HEALTHCHECK NONE"),
    ],
)
def test_step_names_are_taken_apart(name: str, kind: str, stage: str | None, position: int, text: str) -> None:
    step = only_step(vertex("a", name))
    assert (step.kind, step.stage, step.position, step.name) == (StepKind(kind), stage, position, text)


@pytest.mark.parametrize(
    "name",
    [
        "[internal] load build context",
        "[linux/amd64 internal] load metadata for docker.io/library/x",
        "[internal] settings cache mount permissions",
        "[auth] library/x:pull token for registry",
        "[context docs] load from client",
        "resolve image config for docker-image://docker.io/docker/dockerfile:1",
        "docker-image://docker.io/docker/dockerfile:1@sha256:00",
        "importing cache manifest from x",
        "exporting to image",
        "importing to docker",
        "resolving provenance for metadata file",
        "",
    ],
)
def test_the_builders_own_work_is_no_step(name: str) -> None:
    assert parse_rawjson(stream(vertex("a", name, started=f"{T}00Z", completed=f"{T}01Z"))).steps == ()


def test_a_base_from_a_registry_is_counted_to_the_byte() -> None:
    transcript = parse_rawjson(fixture("rawjson-pull.ndjson"))
    assert transcript.pulled_bytes == 9035013 + 239 + 444  # the layer, the image's configuration, its manifest
    assert transcript.phases.pull_s == pytest.approx(0.73127, abs=1e-4)


def test_a_pull_is_told_by_what_this_build_fetched() -> None:
    transcript = parse_rawjson(
        stream(
            vertex("m", "[internal] load metadata for x", started=f"{T}00Z", completed=f"{T}01Z"),
            vertex("f", "[1/2] FROM x", started=f"{T}02Z", completed=f"{T}07Z"),
            status("f", "sha256:aa", current=10, started=f"{T}02Z", timestamp=f"{T}02Z"),
            status("f", "sha256:aa", current=70, started=f"{T}02Z", completed=f"{T}04Z", timestamp=f"{T}04Z"),
            status("f", "extracting sha256:aa", started=f"{T}04Z", completed=f"{T}08Z", timestamp=f"{T}08Z"),
            status("f", "sha256:ab", current=999, started=f"{T}02Z", completed="2026-11-01T00:00:00Z"),
            status("f", "sha256:ac", current=999, started="2026-11-01T00:00:00Z", timestamp=f"{T}02Z"),
            status("e", "sha256:out", current=5, started=f"{T}30Z", completed=f"{T}31Z", timestamp=f"{T}31Z"),
            vertex("e", "exporting to image", started=f"{T}30Z", completed=f"{T}31Z"),
        )
    )
    assert transcript.pulled_bytes == 70
    assert (transcript.phases.pull_s, transcript.phases.export_s) == (7.0, 1.0)


def test_output_is_put_together_from_its_pieces_line_by_line() -> None:
    log = parse_rawjson(
        stream(
            vertex("a", "[1/2] RUN x", started=f"{T}00Z"),
            output("a", b"one\ntw", f"{T}01Z"),
            output("b", b"other\n", f"{T}01Z"),
            output("a", b"o\r\n10%\r20%\nend", f"{T}01Z"),
            vertex("a", "[1/2] RUN x", started=f"{T}00Z", completed=f"{T}02Z"),
        )
    ).log
    assert log.splitlines() == [
        "#1 [1/2] RUN x",
        "#1 | one",
        "#2 | other",
        "#1 | two",
        "#1 | 20%",
        "#1 | end",
        "#1 done 2.000 s",
    ]


def test_words_of_the_client_that_run_over_several_lines_stay_together() -> None:
    told = parse_rawjson(b"WARNING: x\nERROR: one thing\nand another\n\nUsage: docker buildx build\n")
    assert (told.error, told.unreadable_lines) == ("one thing\nand another", 4)


def test_without_words_of_the_client_the_failed_step_speaks_and_not_the_cancelled_one() -> None:
    told = parse_rawjson(
        stream(
            vertex("a", "[1/2] RUN x", started=f"{T}00Z", completed=f"{T}01Z", error="exit code: 3"),
            vertex("b", "[o 1/2] RUN y", started=f"{T}00.5Z", completed=f"{T}01Z", error="context canceled"),
        )
    )
    assert told.error == "exit code: 3"


def test_a_stream_that_says_nothing_claims_nothing() -> None:
    told = parse_rawjson(b"")
    assert (told.steps, told.context_bytes, told.pulled_bytes, told.phases.steps_s) == ((), None, None, None)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert parse_rawjson(raw).unreadable_lines <= len(raw)


@settings(max_examples=60)
@given(st.sampled_from(CAPTURES), st.data())
def test_a_stream_cut_off_or_garbled_anywhere_still_reads(name: str, data: st.DataObject) -> None:
    raw = bytearray(fixture(name))
    cut = data.draw(st.integers(0, len(raw)))
    for place in data.draw(st.lists(st.integers(0, max(0, cut - 1)), max_size=5)):
        raw[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    transcript = parse_rawjson(bytes(raw[:cut]))
    assert all(step.duration_s is None or step.duration_s >= 0 for step in transcript.steps)


@settings(max_examples=40)
@given(st.sampled_from(CAPTURES), st.randoms())
def test_what_is_measured_does_not_depend_on_the_order_of_the_lines(name: str, random: Random) -> None:
    lines = fixture(name).splitlines(keepends=True)
    shuffled = list(lines)
    random.shuffle(shuffled)
    whole, other = parse_rawjson(b"".join(lines)), parse_rawjson(b"".join(shuffled))
    assert (other.steps, other.phases, other.context_bytes) == (whole.steps, whole.phases, whole.context_bytes)


@pytest.mark.parametrize(
    ("line", "unreadable"),
    [
        ('{"x":' + "[" * 50_000, 1),
        ('{"vertexes":[{"name":"\\ud800"}]}', 1),
        ("[]", 1),
        ("null", 1),
        ("{}", 0),
        ('{"vertexes":null,"new":[1]}', 0),
    ],
)
def test_json_that_is_no_record_is_counted_and_a_record_with_more_is_not(line: str, unreadable: int) -> None:
    told = parse_rawjson(line.encode())
    assert (told.steps, told.unreadable_lines) == ((), unreadable)
