from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.build import Step, StepStatus, Transcript
from bench.pure.classic import Event, parse_classic
from tests.pure.streams import fixture


def captured(name: str) -> Iterator[Event]:
    for number, line in enumerate(fixture(name).splitlines()):
        yield 100 + number * 0.5, msgspec.json.decode(line)


def said(*texts: str) -> Transcript:
    return parse_classic((float(number), {"stream": text}) for number, text in enumerate(texts))


def eligible(transcript: Transcript) -> list[Step]:
    return [step for step in transcript.steps if step.kind.is_eligible]


@pytest.mark.parametrize(
    ("name", "status"), [("classic-cold.ndjson", StepStatus.EXECUTED), ("classic-warm.ndjson", StepStatus.CACHED)]
)
def test_a_capture_shows_each_eligible_step_and_its_state(name: str, status: StepStatus) -> None:
    transcript = parse_classic(captured(name))
    assert [step.kind for step in eligible(transcript)] == ["WORKDIR", "COPY", "RUN", "RUN", "COPY", "COPY", "RUN"]
    assert {step.status for step in eligible(transcript)} == {status}
    assert len(transcript.steps) == 13
    assert (transcript.error, transcript.unreadable_lines) == (None, 0)


def test_stages_are_named_as_buildkit_names_them() -> None:
    stages = [step.stage for step in parse_classic(captured("classic-cold.ndjson")).steps]
    assert stages == ["build"] * 5 + ["stage-1"] * 8
    assert said("Step 1/1 : FROM x", " ---> 0123456789ab\n").steps[0].stage is None


def test_a_step_lasts_from_its_arrival_to_the_next_one() -> None:
    transcript = parse_classic(captured("classic-cold.ndjson"))
    workdir = transcript.steps[1]
    assert (workdir.start_s, workdir.duration_s) == (1.5, 2.5)
    assert transcript.phases.steps_s == pytest.approx(
        sum(s.duration_s or 0 for s in transcript.steps if s.kind != "FROM")
    )


def test_what_the_stream_does_not_tell_is_none() -> None:
    transcript = parse_classic(captured("classic-cold.ndjson"))
    assert (transcript.phases.context_s, transcript.phases.export_s, transcript.context_bytes) == (None, None, None)


def test_output_of_a_step_is_not_taken_for_the_builders_own_words() -> None:
    transcript = said(
        "Step 1/2 : FROM x",
        " ---> 0123456789ab\n",
        "Step 2/2 : RUN imitate",
        " ---> Running in 00aa00aa00aa\n",
        " ---> Using cache\n",
        "Step 2/2 : RUN imitate",
        "Step 3/9 : RUN other",
        " ---> Removed intermediate container 00aa00aa00aa\n",
        " ---> ba9876543210\n",
        "Successfully built ba9876543210\n",
    )
    assert [(step.name, step.status) for step in transcript.steps] == [
        ("FROM x", StepStatus.EXECUTED),
        ("RUN imitate", StepStatus.EXECUTED),
    ]


def test_a_failure_is_told_in_the_daemons_words_and_marks_its_step() -> None:
    events: list[Event] = [
        (0.0, {"stream": "Step 1/3 : FROM x"}),
        (1.0, {"stream": " ---> 0123456789ab\n"}),
        (2.0, {"stream": "Step 2/3 : RUN false"}),
        (2.0, {"stream": "\n"}),
        (3.0, {"stream": "\x1b[91mno\x1b[0m"}),
        (4.0, {"errorDetail": {"code": 1, "message": "returned 1"}, "error": "returned 1"}),
    ]
    transcript = parse_classic(events)
    assert [step.status for step in transcript.steps] == [StepStatus.EXECUTED, StepStatus.FAILED]
    assert transcript.error == "returned 1"
    assert transcript.log.splitlines()[-2:] == ["no", "ERROR: returned 1"]


def test_a_refusal_instead_of_a_build_is_an_error() -> None:
    assert parse_classic([(0.0, {"message": "dockerfile parse error"})]).error == "dockerfile parse error"


def test_a_pull_is_counted_by_layer() -> None:
    transcript = parse_classic(
        [
            (0.0, {"stream": "Step 1/1 : FROM x"}),
            (1.0, {"status": "Pulling from library/x", "id": "1"}),
            (2.0, {"status": "Downloading", "id": "aa", "progressDetail": {"current": 5, "total": 9}}),
            (3.0, {"status": "Download complete", "id": "aa", "progressDetail": {}}),
            (3.0, {"status": "Extracting", "id": "aa", "progressDetail": {"current": 90, "total": 99}}),
            (4.0, {"status": "Downloading", "id": "bb", "progressDetail": {"current": 4, "total": 4}}),
            (5.0, {"stream": " ---> 0123456789ab\n"}),
        ]
    )
    assert (transcript.pulled_bytes, transcript.phases.pull_s) == (13, 5.0)


def test_a_layer_that_came_too_fast_to_tell_its_size_leaves_the_bytes_unknown() -> None:
    transcript = parse_classic(
        [
            (0.0, {"stream": "Step 1/1 : FROM x"}),
            (1.0, {"status": "Download complete", "id": "aa", "progressDetail": {}}),
            (2.0, {"stream": " ---> 0123456789ab\n"}),
        ]
    )
    assert transcript.pulled_bytes is None


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["stream", "status", "error", "errorDetail", "message", "aux", "id", "progressDetail"]),
            inner | st.sampled_from(["Step 1/2 : FROM x", "Step 2/2 : RUN y", " ---> Using cache\n", "Downloading"]),
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=8))
def test_no_events_make_it_raise(events: list[Any]) -> None:
    transcript = parse_classic((float(number), event) for number, event in enumerate(events))
    assert transcript.unreadable_lines <= len(events)
