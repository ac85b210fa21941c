"""One build that builds nothing: it reads the Dockerfile and goes through its steps on a fake clock.

It keeps the cache as a real one does: a step is a hit when the same step after the same steps, with the same context
behind a COPY, was built on this engine before. Neighbour: `bench.ports.fake_builder` says which build goes how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bench.errors import EngineError
from bench.model.build import (
    BuildOutcome,
    BuildRequest,
    BuildStatus,
    Phases,
    Step,
    StepKind,
    StepStatus,
    Transcript,
)
from bench.ports.fake_engine import FakeEngine, fake_id
from bench.ports.protocols import CacheRecord
from bench.pure.context_use import copies_context
from bench.pure.dockerfile_steps import Instruction, read_instructions

METADATA_BYTES = 273
"""What a context costs that the engine knows already (seen with BuildKit)."""


class FakeBuild(msgspec.Struct, frozen=True, kw_only=True):
    """How one build is to go. Times are seconds on the fake clock.

    `step_s` is what an executed step takes, `overhead_s` everything else of the build. `fails_at`: the first executed
    step whose text holds this fails. `foreign_hits`: so many eligible steps are found in the cache, whatever the runner
    prepared; `foreign_misses`: so many are executed. `never_starts`: the last so many are listed and never come.
    `hangs` until the timeout; `engine_dies` during the first step; `interrupted`: the user presses Ctrl-C.
    """

    step_s: float = 1.0
    overhead_s: float = 0.2
    fails_at: str | None = None
    foreign_hits: int = 0
    foreign_misses: int = 0
    never_starts: int = 0
    hangs: bool = False
    engine_dies: bool = False
    interrupted: bool = False


class FakeAttempt:
    """One build of `request` on `engine`, under way."""

    def __init__(self, engine: FakeEngine, request: BuildRequest, plan: FakeBuild) -> None:
        self._engine = engine
        self._request = request
        self._plan = plan
        self._begin_s = engine.clock.monotonic_s()
        self._steps: list[Step] = []
        self._context = _context_files(request.context)
        self._key = ""
        self._earlier: list[str] = []
        self._eligible = 0

    def run(self, on_line: Callable[[bytes], None] | None) -> BuildOutcome:
        """Go through the Dockerfile's steps as planned.

        Raises KeyboardInterrupt and EngineError where the plan says so.
        """
        self._engine.clock.advance(self._plan.overhead_s)
        instructions = read_instructions(self._request.dockerfile.read_text())
        reached = len(instructions) - self._plan.never_starts
        for number, instruction in enumerate(instructions):
            refusal = self._refusal(instruction)
            if refusal:
                return self._outcome(BuildStatus.FAILED, refusal)
            if number >= reached:
                self._add(instruction, StepStatus.NEVER_STARTED, None)
                continue
            status = self._step(instruction)
            if on_line is not None:
                on_line(f"{instruction.text}\n".encode())
            if status is StepStatus.FAILED:
                return self._outcome(BuildStatus.FAILED, f'process "{instruction.text}" did not complete: exit code: 1')
            if self._plan.hangs:
                left_s = self._begin_s + self._request.timeout_s - self._engine.clock.monotonic_s()
                self._engine.clock.advance(max(0.0, left_s))
                return self._outcome(BuildStatus.TIMEOUT, f"stopped after {self._request.timeout_s:g} s")
        return self._outcome(BuildStatus.OK, None)

    def _refusal(self, instruction: Instruction) -> str | None:
        """Why a FROM cannot be had: the image must lie in the engine, or the name be an earlier stage's."""
        if instruction.kind is not StepKind.FROM:
            return None
        ref = _base_of(instruction)
        stages = {step.stage for step in self._steps}
        known = any(ref == key or ref in image.names for key, image in self._engine.images.items())
        return None if known or ref == "scratch" or ref in stages else f"{ref}: not found"

    def _step(self, instruction: Instruction) -> StepStatus:
        if instruction.kind is StepKind.FROM:
            self._begin_stage(instruction)
            return self._add(instruction, StepStatus.EXECUTED, 0.0)
        self._eligible += 1
        self._go_wrong()
        hit = self._is_hit(instruction)
        if not hit and self._plan.fails_at is not None and self._plan.fails_at in instruction.text:
            return self._add(instruction, StepStatus.FAILED, self._plan.step_s)
        self._engine.cache[self._key] = CacheRecord(
            id=fake_id(self._key)[7:32],
            description=_description(instruction),
            size_bytes=1000,
            created_at=self._engine.clock.now().isoformat(),
        )
        return self._add(
            instruction, StepStatus.CACHED if hit else StepStatus.EXECUTED, 0.0 if hit else self._plan.step_s
        )

    def _begin_stage(self, instruction: Instruction) -> None:
        ref = _base_of(instruction)
        self._earlier = [*self._earlier, self._key]
        behind = self._earlier if ref in {step.stage for step in self._steps} else ()
        self._key = repr((ref, sorted(self._request.args.items()), self._request.platform, behind))

    def _go_wrong(self) -> None:
        if self._plan.interrupted:
            raise KeyboardInterrupt
        if self._plan.engine_dies:
            self._engine.die()
            raise EngineError(f"the engine {self._engine.info.name} died during the build")

    def _is_hit(self, instruction: Instruction) -> bool:
        context = self._context if _copies(instruction) else ()
        behind = self._earlier if "--from=" in instruction.text else ()
        self._key = fake_id(repr((self._key, instruction.text, context, behind)))
        if self._eligible <= self._plan.foreign_hits:
            return True
        return (
            self._key in self._engine.cache
            and not self._request.no_cache
            and self._eligible > self._plan.foreign_misses
        )

    def _add(self, instruction: Instruction, status: StepStatus, seconds: float | None) -> StepStatus:
        now_s = self._engine.clock.monotonic_s() - self._begin_s
        self._engine.clock.advance(seconds or 0.0)
        self._steps.append(_step(instruction, status, None if seconds is None else now_s, seconds))
        return status

    def _outcome(self, status: BuildStatus, error: str | None) -> BuildOutcome:
        transcript = self._transcript(error)
        return BuildOutcome(
            status=status,
            wall_s=self._engine.clock.monotonic_s() - self._begin_s,
            transcript=transcript,
            image_id=self._image() if status is BuildStatus.OK else None,
            raw=transcript.log.encode(),
            error=error,
        )

    def _image(self) -> str:
        name = f"untagged-{fake_id(self._key)[7:19]}"
        ran = [step for step in self._steps if step.kind.is_eligible]
        return self._engine.add_image(
            name,
            size_bytes=1_000_000 + 1000 * len(ran),
            layers=1 + len(ran),
            labels=self._request.labels,
            key=self._key,
        ).id

    def _transcript(self, error: str | None) -> Transcript:
        spent_s = sum(step.duration_s or 0.0 for step in self._steps)
        lines = [f"[{step.stage or ''} {step.position}] {step.name} {step.status}" for step in self._steps]
        return Transcript(
            steps=tuple(self._steps),
            phases=Phases(context_s=0.0, pull_s=0.0, steps_s=spent_s, export_s=0.0),
            context_bytes=self._send_context(),
            pulled_bytes=0,
            log="".join(f"{line}\n" for line in (*lines, *([f"ERROR: {error}"] if error else []))),
            error=error,
            unreadable_lines=0,
        )

    def _send_context(self) -> int:
        """A context that the engine has under this name already is not sent again."""
        if not any(copies_context(step) for step in self._steps):
            return 0
        sent = (self._request.context.name, repr(self._context))
        if sent in self._engine.transferred:
            return METADATA_BYTES
        self._engine.transferred.add(sent)
        return METADATA_BYTES + sum(size for _, size, _ in self._context)


def _description(instruction: Instruction) -> str:
    """What BuildKit says of the record of such a step."""
    if instruction.kind is StepKind.RUN:
        return f"mount / from exec /bin/sh -c {instruction.text.removeprefix('RUN ')}"
    return f"[{instruction.stage or ''} {instruction.position}] {instruction.text}"


def _step(instruction: Instruction, status: StepStatus, start_s: float | None, duration_s: float | None) -> Step:
    return Step(
        digest=fake_id(f"{instruction.stage} {instruction.position} {instruction.text}"),
        name=instruction.text,
        kind=instruction.kind,
        stage=instruction.stage,
        position=instruction.position,
        status=status,
        start_s=start_s,
        duration_s=duration_s,
    )


def _base_of(instruction: Instruction) -> str:
    words = [word for word in instruction.text.split()[1:] if not word.startswith("--")]
    return words[0] if words else ""


def _copies(instruction: Instruction) -> bool:
    return copies_context(_step(instruction, StepStatus.EXECUTED, None, None))


def _context_files(context: Path) -> tuple[tuple[str, int, str], ...]:
    """Each file of the context: its path, its size, and what identifies its content."""

    def files() -> Iterator[tuple[str, int, str]]:
        for path in sorted(context.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                yield path.relative_to(context).as_posix(), len(content), fake_id(content.hex())

    return tuple(files())
