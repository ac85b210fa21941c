"""The explanations of misses, held against what real builders do when something is edited between two builds."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from bench.model.build import BuilderKind, BuildOutcome, BuildRequest, BuildStatus, StepStatus
from bench.model.cache import MissKind, MissReason
from bench.ports.builders import make_builder
from bench.ports.clock import SystemClock
from bench.ports.context import context_digests
from bench.ports.protocols import Engine
from bench.pure.cache_reasons import BuildEvidence, explain_misses
from bench.pure.time_use import time_use
from tests.engine.tiny_base import TINY_BASE, import_tiny_base

pytestmark = pytest.mark.engine

RUN = f"test-{uuid4().hex[:8]}"
FOUR = f"""\
FROM {TINY_BASE}
WORKDIR /srv
COPY src/ ./
RUN cat a b > both
RUN cat both > again
"""
STAGES = f"""\
FROM {TINY_BASE} AS Left
ARG SPEED=1
COPY src/*.txt /in/
RUN cat /in/* > /left
FROM {TINY_BASE} AS right
COPY --exclude=*.md docs /in/
RUN cat /in/* > /right
FROM {TINY_BASE}
COPY --from=left /left /left
COPY --from=right /right /right
RUN --mount=type=bind,source=tools,target=/tools cat /tools/t /left /right > /all
"""


class Shop:
    """A context that can be edited, and a builder that builds it again and again."""

    def __init__(self, engine: Engine, kind: BuilderKind, folder: Path) -> None:
        self.context = folder / f"buildmark-{uuid4().hex[:8]}"
        self._builder = make_builder(kind, engine, SystemClock())
        self._kind = kind
        self._folder = folder

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            (self.context / path).parent.mkdir(parents=True, exist_ok=True)
            (self.context / path).write_text(text)

    def build(self, dockerfile: str, **args: str) -> tuple[BuildEvidence, BuildOutcome]:
        file = self._folder / "Dockerfile"
        file.write_text(dockerfile)
        request = BuildRequest(
            dockerfile=file,
            context=self.context,
            no_cache=False,
            args=args,
            secrets={},
            labels={"buildmark.run": RUN},
            platform=None,
            network="none",
            timeout_s=120,
        )
        outcome = self._builder.build(request)
        assert outcome.status is BuildStatus.OK, outcome.error
        evidence = BuildEvidence(
            dockerfile=dockerfile,
            args=args,
            context=context_digests(self.context),
            steps=outcome.transcript.steps,
            classic=self._kind is BuilderKind.CLASSIC,
        )
        return evidence, outcome

    def remove_leftovers(self) -> None:
        self._builder.remove_leftovers()


@pytest.fixture
def shop(engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    kind = getattr(request, "param", BuilderKind.BUILDKIT)
    import_tiny_base(engine, tmp_path)
    made = Shop(engine, kind, tmp_path)
    # Content of its own, so that no earlier test has filled the cache with it.
    mark = uuid4().hex
    made.write({"src/a": f"a {mark}\n", "src/b": f"b {mark}\n"})
    made.write(
        {"src/a.txt": mark, "src/b.txt": mark, "docs/x": mark, "docs/y.md": mark, "tools/t": mark, "other": mark}
    )
    yield made
    engine.remove_labelled(f"buildmark.run={RUN}")
    made.remove_leftovers()
    engine.remove_image(TINY_BASE)


def explained(previous: BuildEvidence, now: BuildEvidence) -> dict[str, MissReason]:
    return {step.name: step.why for step in explain_misses(previous, now) if step.why is not None}


@pytest.mark.parametrize("shop", list(BuilderKind), indirect=True)
def test_the_step_and_the_file_behind_a_miss_are_named(shop: Shop) -> None:
    before, _ = shop.build(FOUR)
    shop.write({"src/b": "edited\n", "other": "edited too\n"})
    now, _ = shop.build(FOUR)
    found = explained(before, now)
    assert found.pop("COPY src/ ./") == MissReason(kind=MissKind.FILES_CHANGED, subjects=("src/b",))
    assert list(found) == ["RUN cat a b > both", "RUN cat both > again"]
    assert {why.kind for why in found.values()} == {MissKind.PARENT_MISSED}


@pytest.mark.parametrize("shop", list(BuilderKind), indirect=True)
def test_nothing_misses_after_an_edit_of_a_file_that_nothing_reads_or_of_a_time(shop: Shop) -> None:
    before, _ = shop.build(FOUR)
    shop.write({"other": "edited\n"})
    (shop.context / "src" / "a").touch()
    now, _ = shop.build(FOUR)
    assert explained(before, now) == {}


@pytest.mark.parametrize("shop", list(BuilderKind), indirect=True)
def test_a_command_that_changed_is_told_from_its_children(shop: Shop) -> None:
    before, _ = shop.build(FOUR)
    now, _ = shop.build(FOUR.replace("cat a b", "cat b a"))
    assert {name: why.kind for name, why in explained(before, now).items()} == {
        "RUN cat b a > both": MissKind.COMMAND_CHANGED,
        "RUN cat both > again": MissKind.PARENT_MISSED,
    }


@pytest.mark.parametrize(
    ("edit", "kinds"),
    [
        (
            {"src/b.txt": "edited"},
            {
                "COPY src/*.txt /in/": ("files-changed", ("src/b.txt",)),
                "RUN cat /in/* > /left": ("parent-missed", ("[left 2] COPY src/*.txt /in/",)),
                "COPY --from=left /left /left": ("parent-missed", ("[left 3] RUN cat /in/* > /left",)),
            },
        ),
        ({"tools/t": "edited"}, {}),
        ({"docs/x": "edited"}, {"COPY --exclude=*.md docs /in/": ("files-changed", ("docs/x",))}),
    ],
    ids=["a stage", "a mounted file", "a copied folder"],
)
def test_misses_are_traced_through_stages(
    shop: Shop, edit: Mapping[str, str], kinds: Mapping[str, tuple[str, tuple[str, ...]]]
) -> None:
    before, _ = shop.build(STAGES)
    shop.write(edit)
    now, _ = shop.build(STAGES)
    found = {name: (why.kind.value, why.subjects) for name, why in explained(before, now).items()}
    assert kinds.items() <= found.items()
    last = next(why for name, why in found.items() if name.startswith("RUN --mount"))
    assert last[0] == ("files-changed" if "tools/t" in edit else "parent-missed")
    executed = [step for step in now.steps if step.status is StepStatus.EXECUTED and step.kind.is_eligible]
    assert {step.name for step in executed} == found.keys()
    assert "unknown" not in {kind for kind, _ in found.values()}


def test_an_edit_of_what_exclude_leaves_out_misses_nothing(shop: Shop) -> None:
    before, _ = shop.build(STAGES)
    shop.write({"docs/y.md": "edited"})
    now, _ = shop.build(STAGES)
    assert explained(before, now) == {}


def test_a_declared_build_arg_is_a_reason_for_every_run_behind_it_even_one_that_does_not_name_it(shop: Shop) -> None:
    before, _ = shop.build(STAGES)
    now, _ = shop.build(STAGES, SPEED="2")
    assert explained(before, now) == {
        "RUN cat /in/* > /left": MissReason(kind=MissKind.VARIABLE_CHANGED, subjects=("SPEED",))
    }


def test_the_wall_time_of_a_real_build_is_accounted_for(shop: Shop) -> None:
    _, outcome = shop.build(STAGES)
    used = time_use(outcome.transcript, outcome.wall_s)
    parts = [value for name in used.time.__struct_fields__ if (value := getattr(used.time, name)) is not None]
    assert sum(parts) == pytest.approx(outcome.wall_s, rel=0.001)
    assert used.time.run_unmetered_s > 0
    assert used.time.idle_client_s > 0
    names = [step.name for step in used.critical_path]
    assert any(name.endswith("/all") for name in names)
    assert "exporting to image" in names
    assert any("RUN cat /in/*" in name for name in names)
