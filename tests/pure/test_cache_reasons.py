"""Why steps miss: each reason from what differs between two builds, with the file, the variable or the parent named."""

from collections.abc import Collection, Mapping

import pytest

from bench.model.build import Step, StepKind, StepStatus
from bench.model.cache import CacheVerdict, MissKind, MissReason
from bench.pure.cache_reasons import (
    MOST_SUBJECTS,
    BuildEvidence,
    cache_verdict,
    changed_paths,
    explain_misses,
    step_places,
)
from bench.pure.dockerfile_graph import dockerfile_graph
from bench.pure.rawjson import parse_rawjson
from tests.pure.streams import fixture, make_step

FOUR = "FROM base\nWORKDIR /srv\nCOPY src/ ./\nRUN make\nRUN make check\n"
TWO_STAGES = """\
FROM base AS Build
COPY src/ /src/
RUN make
FROM base AS extra
COPY docs/ /docs/
FROM base
COPY --from=build /out /out
COPY --from=1 /docs /docs
RUN --mount=type=bind,from=build,source=/src,target=/mnt check
"""
CONTEXT = {
    "src": "folder 0755",
    "src/a.c": "file 0644 a",
    "src/b.h": "file 0644 b",
    "docs": "folder 0755",
    "docs/x": "file 1",
}


def steps_of(dockerfile: str, missed: Collection[str], args: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps as BuildKit would list them; those whose text holds one of `missed` were executed."""
    return tuple(
        Step(
            digest=f"sha256:{node.filled}",
            name=node.filled,
            kind=node.kind,
            stage=place[0],
            position=place[1],
            status=StepStatus.EXECUTED if any(words in node.text for words in missed) else StepStatus.CACHED,
            start_s=0.0,
            duration_s=0.1,
        )
        for place, node in dockerfile_graph(dockerfile, args).items()
    )


def evidence(
    dockerfile: str,
    *,
    missed: Collection[str] = (),
    args: Mapping[str, str] | None = None,
    context: Mapping[str, str] | None = None,
    classic: bool = False,
) -> BuildEvidence:
    return BuildEvidence(
        dockerfile=dockerfile,
        args=args or {},
        context=CONTEXT if context is None else context,
        steps=steps_of(dockerfile, missed, args or {}),
        classic=classic,
    )


def reasons(previous: BuildEvidence | None, now: BuildEvidence) -> dict[str, MissReason]:
    """Why each step that missed did, by its text."""
    return {step.name: step.why for step in explain_misses(previous, now) if step.why is not None}


def only(now: str, missed: str, *, before: str | None = None, **changes: Mapping[str, str]) -> MissReason:
    """Why the one step of `now` that missed did; `before` is the Dockerfile of the build before."""
    (why,) = reasons(evidence(before or now), evidence(now, missed=[missed], **changes)).values()  # type: ignore[arg-type]
    return why


def test_an_edited_file_is_named_at_the_second_of_four_steps_and_its_children_say_that_their_parent_missed() -> None:
    edited = {**CONTEXT, "src/b.h": "file 0644 edited"}
    found = reasons(evidence(FOUR), evidence(FOUR, missed=["COPY", "RUN"], context=edited))
    assert found == {
        "COPY src/ ./": MissReason(kind=MissKind.FILES_CHANGED, subjects=("src/b.h",)),
        "RUN make": MissReason(kind=MissKind.PARENT_MISSED, subjects=("[3] COPY src/ ./",)),
        "RUN make check": MissReason(kind=MissKind.PARENT_MISSED, subjects=("[4] RUN make",)),
    }


def test_files_that_no_step_reads_are_no_reason() -> None:
    edited = {**CONTEXT, "docs/x": "file 2"}
    assert only(FOUR, "COPY", context=edited).kind is MissKind.UNKNOWN


@pytest.mark.parametrize(
    ("instruction", "change", "named"),
    [
        ("COPY src/*.h /", {"src/b.h": "new"}, True),
        ("COPY src/*.h /", {"src/a.c": "new"}, False),
        ("COPY src/[^a].? /", {"src/b.h": "new"}, True),
        ("COPY . /", {"docs/x": "new"}, True),
        ("COPY ./src /", {"src/new/deep.c": "new"}, True),
        ('COPY ["src/a.c", "/a b/"]', {"src/a.c": "new"}, True),
        ("COPY --exclude=*.h src /", {"src/b.h": "new"}, True),
        ("COPY --exclude=**/*.h src /", {"src/b.h": "new"}, False),
        ("COPY --chown=1:1 --link docs src /both/", {"src/a.c": "new"}, True),
        ("COPY $WHERE/ /", {"docs/x": "new"}, True),
        ("ADD https://example.invalid/src /", {"src/a.c": "new"}, False),
        ("COPY <<EOF /src\nsrc\nEOF", {"src/a.c": "new"}, False),
        ("RUN --mount=type=bind,target=/src,source=src make", {"src/a.c": "new"}, True),
        ("RUN --mount=type=bind,target=/all make", {"docs/x": "new"}, True),
        ("RUN --mount=type=cache,target=/src make", {"src/a.c": "new"}, False),
        ("RUN cat src/a.c", {"src/a.c": "new"}, False),
    ],
)
def test_which_files_an_instruction_reads(instruction: str, change: Mapping[str, str], *, named: bool) -> None:
    dockerfile = f"FROM base\nARG WHERE=docs\n{instruction}\n"
    why = only(dockerfile, instruction.partition("\n")[0], context={**CONTEXT, **change})
    expected = tuple(change) if named else ()
    assert (why.kind is MissKind.FILES_CHANGED, why.subjects) == (named, expected)


def test_added_and_removed_files_are_named_without_the_folders_that_come_with_them() -> None:
    context = {path: digest for path, digest in CONTEXT.items() if path != "src/a.c"}
    edited = {**context, "src/new": "folder 0755", "src/new/c.c": "file 0644 c", "src/empty": "folder 0755"}
    assert only(FOUR, "COPY", context=edited).subjects == ("src/a.c", "src/empty", "src/new/c.c")


def test_a_mode_is_a_change_and_a_long_list_is_cut_with_a_count() -> None:
    assert changed_paths({"a": "file 0644 x"}, {"a": "file 0755 x"}) == ("a",)
    many = {f"src/{number:03}": "file" for number in range(50)}
    why = only(FOUR, "COPY", context={**CONTEXT, **many})
    assert (len(why.subjects), why.more) == (MOST_SUBJECTS, 30)


@pytest.mark.parametrize(
    ("now", "missed", "expected"),
    [
        (FOUR.replace("RUN make\n", "RUN make -j2\n"), "make -j2", MissReason(kind=MissKind.COMMAND_CHANGED)),
        (FOUR + "RUN more\n", "RUN more", MissReason(kind=MissKind.NOTHING_CACHED)),
        (
            FOUR.replace("FROM base", "FROM base:2"),
            "WORKDIR",
            MissReason(kind=MissKind.BASE_CHANGED, subjects=("base:2",)),
        ),
        (
            FOUR.replace("RUN make check", "USER 1\nENV MODE=fast\nRUN make check"),
            "make check",
            MissReason(kind=MissKind.VARIABLE_CHANGED, subjects=("MODE", "USER")),
        ),
        (
            FOUR.replace("RUN make check", 'LABEL a=b\nCMD ["x"]\nRUN make check'),
            "make check",
            MissReason(kind=MissKind.UNKNOWN),
        ),
    ],
    ids=["command", "new step", "base", "environment", "labels do not matter"],
)
def test_changes_of_the_dockerfile(now: str, missed: str, expected: MissReason) -> None:
    assert only(now, missed, before=FOUR) == expected


def test_the_here_document_of_a_step_is_part_of_its_command() -> None:
    before = "FROM base\nRUN <<EOF\nmake one\nEOF\nRUN next\n"
    assert only(before.replace("one", "two"), "make", before=before).kind is MissKind.COMMAND_CHANGED


def test_a_build_arg_that_changed_is_named_and_its_value_is_not() -> None:
    dockerfile = "ARG TAG=1\nFROM base:$TAG\nARG TOKEN\nARG TAG\nCOPY src /${TAG:-x}\nRUN make\n"
    before = evidence(dockerfile, args={"TOKEN": "old-secret"})
    now = evidence(dockerfile, args={"TOKEN": "new-secret"}, missed=["RUN"])
    (why,) = reasons(before, now).values()
    assert why == MissReason(kind=MissKind.VARIABLE_CHANGED, subjects=("TOKEN",))
    now = evidence(dockerfile, args={"TOKEN": "old-secret", "TAG": "2"}, missed=["COPY", "RUN"])
    assert list(reasons(before, now).values()) == [MissReason(kind=MissKind.VARIABLE_CHANGED, subjects=("TAG",))] * 2


def test_a_build_arg_that_the_stage_does_not_declare_is_no_reason() -> None:
    before, now = evidence(FOUR), evidence(FOUR, args={"TOKEN": "x"}, missed=["RUN make\n", "check"])
    assert [why.kind for why in reasons(before, now).values()] == [MissKind.UNKNOWN]


def test_stages_know_the_stages_that_they_copy_and_mount_from() -> None:
    edited = {**CONTEXT, "src/a.c": "file 0644 edited", "docs/x": "file edited"}
    found = reasons(evidence(TWO_STAGES), evidence(TWO_STAGES, missed=["COPY", "RUN"], context=edited))
    assert {text: (why.kind.value, why.subjects) for text, why in found.items()} == {
        "COPY src/ /src/": ("files-changed", ("src/a.c",)),
        "RUN make": ("parent-missed", ("[build 2] COPY src/ /src/",)),
        "COPY docs/ /docs/": ("files-changed", ("docs/x",)),
        "COPY --from=build /out /out": ("parent-missed", ("[build 3] RUN make",)),
        "COPY --from=1 /docs /docs": (
            "parent-missed",
            ("[stage-2 2] COPY --from=build /out /out", "[extra 2] COPY docs/ /docs/"),
        ),
        "RUN --mount=type=bind,from=build,source=/src,target=/mnt check": (
            "parent-missed",
            ("[stage-2 3] COPY --from=1 /docs /docs", "[build 3] RUN make"),
        ),
    }


def test_a_stage_made_from_another_has_that_ones_last_step_as_its_parent_and_its_variables() -> None:
    dockerfile = "FROM base AS one\nARG A=1\nRUN first\nFROM one AS two\nRUN second\n"
    found = reasons(evidence(dockerfile), evidence(dockerfile, missed=["RUN"], args={"A": "2"}))
    assert found["RUN second"].kind is MissKind.VARIABLE_CHANGED
    dockerfile = dockerfile.replace("ARG A=1\n", "COPY src /\n")
    found = reasons(evidence(dockerfile), evidence(dockerfile, missed=["RUN"], context={"src": "x"}))
    assert found["RUN second"] == MissReason(kind=MissKind.PARENT_MISSED, subjects=("[one 3] RUN first",))


def test_nothing_before_means_that_nothing_was_cached_and_hits_have_no_reason() -> None:
    now = evidence(FOUR, missed=["COPY", "RUN"])
    assert {why.kind for why in reasons(None, now).values()} == {MissKind.NOTHING_CACHED}
    assert [step.why is None for step in explain_misses(None, now)] == [True, True, False, False, False]
    ignored = explain_misses(evidence(FOUR), now, cache_ignored=True)
    assert {step.why.kind for step in ignored if step.why} == {MissKind.CACHE_IGNORED}


def test_a_step_that_the_build_before_never_came_to_was_not_cached_yet() -> None:
    before = evidence(FOUR)
    steps = tuple(
        step if step.position != 5 else make_step(step.name, kind=step.kind, status=StepStatus.NEVER_STARTED)
        for step in before.steps
    )
    before = BuildEvidence(dockerfile=FOUR, args={}, context=CONTEXT, steps=steps)
    assert reasons(before, evidence(FOUR, missed=["check"]))["RUN make check"].kind is MissKind.NOTHING_CACHED


def test_the_classic_builder_numbers_all_instructions_and_depends_on_all_of_them() -> None:
    now = FOUR.replace("COPY", "LABEL a=b\nCOPY")
    names = ["FROM base", "WORKDIR /srv", "LABEL a=b", "COPY src/ ./", "RUN make", "RUN make check"]
    kinds = [StepKind.FROM, StepKind.WORKDIR, StepKind.OTHER, StepKind.COPY, StepKind.RUN, StepKind.RUN]
    steps = tuple(
        Step(
            digest=name,
            name=name,
            kind=kind,
            stage=None,
            position=number,
            status=StepStatus.CACHED if number < 3 else StepStatus.EXECUTED,
            start_s=0.0,
            duration_s=0.1,
        )
        for number, (name, kind) in enumerate(zip(names, kinds, strict=True), start=1)
    )
    assert [place[1] for place in step_places(steps)] == [1, 2, -1, 3, 4, 5]
    previous = evidence(FOUR, classic=True)
    found = reasons(previous, BuildEvidence(dockerfile=now, args={}, context=CONTEXT, steps=steps, classic=True))
    assert found["COPY src/ ./"] == MissReason(kind=MissKind.VARIABLE_CHANGED, subjects=("LABEL",))


@pytest.mark.parametrize(
    ("kind", "status", "verdict"),
    [
        (StepKind.RUN, StepStatus.CACHED, CacheVerdict.HIT),
        (StepKind.COPY, StepStatus.EXECUTED, CacheVerdict.MISS),
        (StepKind.RUN, StepStatus.FAILED, CacheVerdict.MISS),
        (StepKind.ADD, StepStatus.NEVER_STARTED, CacheVerdict.SKIPPED),
        (StepKind.FROM, StepStatus.CACHED, CacheVerdict.NOT_ELIGIBLE),
    ],
)
def test_what_the_cache_did_for_a_step(kind: StepKind, status: StepStatus, verdict: CacheVerdict) -> None:
    assert cache_verdict(make_step("x", kind=kind, status=status)) is verdict


def test_a_real_edit_is_explained_from_the_real_streams() -> None:
    dockerfile = fixture("app.Dockerfile").decode()
    warm, edited = (parse_rawjson(fixture(f"rawjson-{name}.ndjson")).steps for name in ("warm", "edit-source"))
    before = BuildEvidence(dockerfile=dockerfile, args={}, context={"src/a.txt": "1", "README": "1"}, steps=warm)
    now = BuildEvidence(dockerfile=dockerfile, args={}, context={"src/a.txt": "2", "README": "2"}, steps=edited)
    found = reasons(before, now)
    assert list(found) == [step.name for step in edited if step.status is StepStatus.EXECUTED and step.kind.is_eligible]
    assert found.pop("COPY src/ .") == MissReason(kind=MissKind.FILES_CHANGED, subjects=("src/a.txt",))
    assert {why.kind for why in found.values()} == {MissKind.PARENT_MISSED}
    assert found["COPY --from=build /checksum /srv/"].subjects == (
        "[stage-1 2] COPY --from=build /src/*.gz /srv/",
        "[build 5] RUN cat *.txt | sha256sum > /checksum",
    )
