import pytest

from bench.pure.dockerfile_steps import read_instructions
from bench.pure.rawjson import parse_rawjson
from tests.pure.streams import FIXTURES, fixture


def test_the_steps_are_those_that_buildkit_lists() -> None:
    read = read_instructions((FIXTURES / "app.Dockerfile").read_text())
    built = parse_rawjson(fixture("rawjson-cold.ndjson")).steps
    eligible = [(step.stage, step.position, step.name) for step in built if step.kind.is_eligible]
    assert [(one.stage, one.position, one.text) for one in read if one.kind.is_eligible] == eligible


def test_comments_and_continued_lines_and_here_documents_are_one_instruction_each() -> None:
    read = read_instructions(
        "# syntax\nFROM a\nENV X=1\nRUN one && \\\n    # why\n    two\n\nRUN <<EOF\nFROM b\nRUN c\nEOF\nCOPY . .\\\n"
    )
    assert [(one.kind, one.text, one.stage, one.position) for one in read] == [
        ("FROM", "FROM a", None, 1),
        ("RUN", "RUN one && two", None, 2),
        ("RUN", "RUN <<EOF\nFROM b\nRUN c\nEOF", None, 3),
        ("COPY", "COPY . .", None, 4),
    ]


@pytest.mark.parametrize("text", ["", "\\", "RUN \\", "FROM", "RUN <<EOF", "# x\\\n#"])
def test_a_dockerfile_that_ends_early_still_reads(text: str) -> None:
    assert len(read_instructions(text)) <= 1


@pytest.mark.parametrize(
    ("rest", "stage"),
    [
        ("RUN make", None),
        ("RUN --network=none make", None),
        ("RUN echo --mount=type=cache,target=/c", None),
        ("RUN --mount=type=cache,target=/c make", "stage-0"),
        ("RUN --network=none --mount=type=secret,id=x make", "stage-0"),
        ("COPY --chown=1 --from=busybox:1.37 /bin/sh /", "stage-0"),
        ("COPY --chown=1 a /", None),
    ],
)
def test_the_only_stage_has_a_name_where_something_comes_from_beside_it(rest: str, stage: str | None) -> None:
    assert [one.stage for one in read_instructions(f"FROM a\n{rest}\n")] == [stage, stage]


def test_instructions_in_small_letters_are_the_same() -> None:
    read = read_instructions("from a as b\nrun x\n")
    assert [(one.kind, one.text, one.stage) for one in read] == [("FROM", "FROM a as b", "b"), ("RUN", "RUN x", "b")]
