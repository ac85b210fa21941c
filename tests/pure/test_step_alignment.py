from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.model.build import Step, StepKind, StepStatus
from bench.pure.step_alignment import align_steps


def step(name: str, position: int, stage: str | None = None) -> Step:
    return Step(
        digest=f"sha256:{stage}{position}",
        name=name,
        kind=StepKind(name.split(" ", maxsplit=1)[0]),
        stage=stage,
        position=position,
        status=StepStatus.EXECUTED,
        start_s=0.0,
        duration_s=0.1,
    )


def dockerfile(*names: str, stage: str | None = None) -> list[Step]:
    return [step(name, position, stage) for position, name in enumerate(names, start=2)]


def names(pairs: tuple[tuple[Step | None, Step | None], ...]) -> list[tuple[str | None, str | None]]:
    return [(base.name if base else None, head.name if head else None) for base, head in pairs]


def test_a_step_that_was_put_in_shifts_no_other() -> None:
    base = dockerfile("COPY a .", "RUN make", "RUN test")
    head = dockerfile("COPY a .", "RUN sleep 1", "RUN make", "RUN test")
    assert names(align_steps(base, head)) == [
        ("COPY a .", "COPY a ."),
        (None, "RUN sleep 1"),
        ("RUN make", "RUN make"),
        ("RUN test", "RUN test"),
    ]


def test_a_changed_step_is_matched_between_its_neighbours() -> None:
    base = dockerfile("COPY a .", "RUN make", "RUN test")
    head = dockerfile("COPY a .", "RUN sleep 0.15 && make", "RUN test")
    assert names(align_steps(base, head))[1] == ("RUN make", "RUN sleep 0.15 && make")


def test_among_several_changed_steps_the_likest_are_matched() -> None:
    base = dockerfile("RUN apt-get install gcc", "COPY src /src")
    head = dockerfile("RUN echo hello", "RUN apt-get install gcc make", "COPY src /app")
    assert names(align_steps(base, head)) == [
        (None, "RUN echo hello"),
        ("RUN apt-get install gcc", "RUN apt-get install gcc make"),
        ("COPY src /src", "COPY src /app"),
    ]


def test_steps_of_other_kinds_are_never_one() -> None:
    assert names(align_steps(dockerfile("RUN make"), dockerfile("COPY make ."))) == [
        ("RUN make", None),
        (None, "COPY make ."),
    ]


def test_white_space_is_no_change_of_a_step() -> None:
    base, head = dockerfile("RUN a   && b", "RUN b"), dockerfile("RUN b", "RUN a && b")
    assert ("RUN a   && b", "RUN a && b") in names(align_steps(base, head))


def test_the_order_in_which_a_builder_lists_parallel_stages_does_not_matter() -> None:
    one, two = dockerfile("RUN one", "RUN all", stage="one"), dockerfile("RUN two", "RUN all", stage="two")
    pairs = align_steps([*one, *two], [*two, *reversed(one)])
    assert {(base and base.digest, head and head.digest) for base, head in pairs} == {
        (each.digest, each.digest) for each in (*one, *two)
    }


def test_a_stage_that_was_renamed_is_still_the_same() -> None:
    base, head = dockerfile("RUN make", "RUN test"), dockerfile("RUN make", "RUN test", stage="stage-1")
    extra = dockerfile("RUN other", stage="build")
    assert names(align_steps(base, [*head, *extra]))[:2] == [("RUN make", "RUN make"), ("RUN test", "RUN test")]


def test_two_dockerfiles_that_share_nothing_are_matched_without_comparing_every_pair() -> None:
    base = dockerfile(*(f"RUN make {number}" for number in range(200)))
    head = dockerfile(*(f"RUN build {number}" for number in range(200)))
    assert all(pair[0] and pair[1] for pair in align_steps(base, head))


STEPS = st.lists(st.sampled_from(["RUN a", "RUN b", "RUN ab", "COPY a .", "COPY b ."]), max_size=8)


@given(STEPS, STEPS)
def test_every_step_of_both_sides_is_there_once_and_in_order(base: list[str], head: list[str]) -> None:
    sides = dockerfile(*base), dockerfile(*head)
    pairs = align_steps(*sides)
    assert [pair[0] for pair in pairs if pair[0]] == sides[0]
    assert [pair[1] for pair in pairs if pair[1]] == sides[1]


@given(STEPS)
def test_a_dockerfile_is_its_own_match(texts: list[str]) -> None:
    steps = dockerfile(*texts)
    assert align_steps(steps, list(steps)) == tuple(zip(steps, steps, strict=True))
