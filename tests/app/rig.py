"""A campaign on fakes, with a real run folder: what the tests of this room work with."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.app.campaign import run_campaign
from bench.app.host_keeper import HostKeeper
from bench.app.layer_scale import LayerScale
from bench.app.shelf import Shelf
from bench.app.workbench import Workbench
from bench.model.plan import PlannedTrial
from bench.model.run import EngineKind, Run
from bench.model.scenario import REVISION_AXIS, PreparedBase, State
from bench.model.trial import Reading, Trial
from bench.ports.fakes import FakeBuild, FakeBuilder, FakeClock, FakeEngine, FakeMeter, fake_info
from bench.ports.host_ledger import HostLedger
from bench.ports.page_cache import PageCache
from bench.ports.registry import PublishedBase
from bench.ports.run_store import RunStore
from bench.pure.host_samples import HostWatch
from tests.builders import make_plan, make_run

BASE = "buildmark.invalid/debian-12:base"
AXES = {"base": ("debian-12",), "layers": ("split", "merged")}
SPLIT, MERGED = "debian-12-split", "debian-12-merged"
DOCKERFILES = {
    SPLIT: f"FROM {BASE}\nWORKDIR /srv\nCOPY assets .\nRUN make one\nRUN make two\n",
    MERGED: f"FROM {BASE}\nWORKDIR /srv\nCOPY assets .\nRUN make one && make two\n",
}


class Silent:
    """A watcher that keeps what it was told."""

    def __init__(self) -> None:
        self.ended_trials: list[Trial] = []
        self.over = False

    def started(self, run: Run, missing: tuple[PlannedTrial, ...]) -> None:
        del run
        self.missing = missing

    def trial_started(self, planned: PlannedTrial) -> None:
        pass

    def trial_ended(self, trial: Trial) -> None:
        self.ended_trials.append(trial)

    def ended(self) -> None:
        self.over = True


class Rig:
    """A campaign on fakes, with a real run folder."""

    def __init__(self, folder: Path, *, kind: EngineKind = EngineKind.PRIVATE, rounds: int = 2, **run: Any) -> None:
        states, axes = run.pop("states", (State.COLD, State.WARM)), run.pop("axes", AXES)
        self.folder = folder
        self.clock = FakeClock()
        self.calls: list[str] = []
        self.engine = FakeEngine(clock=self.clock, info=fake_info(kind), bases=[BASE], calls=self.calls)
        self.watcher = Silent()
        self.bases: dict[str, PreparedBase] = {}
        self.page_cache: PageCache | None = None
        self.ledger = HostLedger(folder / "cache", "fake")
        self.dockerfiles = dict(DOCKERFILES)
        self.readings: dict[str, Reading] = {}
        self.host: HostWatch | None = None
        plan = run.pop("plan", None) or make_plan(axes, rounds=rounds, states=states)
        self.run = make_run(plan, axes=axes, **{"smoke": None, **run})

    def go(
        self,
        *,
        script: Mapping[str, list[FakeBuild]] | None = None,
        nth: Mapping[int, FakeBuild] | None = None,
        recorded: tuple[Trial, ...] = (),
    ) -> FakeBuilder:
        store = RunStore(self.folder / "results")
        builder = FakeBuilder(self.engine, script=script, nth=nth)
        known = (self.folder / "results" / self.run.id).exists()
        with store.reopen(self.run.id) if known else store.create(self.run) as writer:
            paths = {
                variant: writer.path / writer.write_dockerfile(variant, text)
                for variant, text in self.dockerfiles.items()
            }
            is_host = self.engine.info.kind is EngineKind.HOST
            host = HostKeeper(self.engine, self.ledger, self.clock, self.run.id) if is_host else None
            published = {name: self._publish(name) for name in self.bases}
            bench = Workbench(
                engine=self.engine,
                builder=builder,
                meter=FakeMeter(self.calls, readings=self.readings, host=self.host),
                clock=self.clock,
                scale=LayerScale(self.engine, self.folder / "cache"),
                recorder=writer,
                host=host,
                watcher=self.watcher,
                contexts={name: self._context(name) for name in self.run.axes.get(REVISION_AXIS, ("",))},
                dockerfiles=paths,
                build_args={"HTTP_PROXY": "http://user:secret@proxy"},
                secrets={},
                environment={"PATH": "/usr/bin:/bin"},
                page_cache=self.page_cache,
                shelf=Shelf(self.engine, self.bases, published) if self.bases else None,
                resume_command=f"buildmark resume {self.run.id}",
            )
            run_campaign(self.run, bench, recorded)
            if host is not None:
                host.close()
        return builder

    def _publish(self, name: str) -> PublishedBase:
        ref = f"registry.test/{name}:base"
        self.engine.push(ref)
        return PublishedBase(ref=ref, compressed_bytes=4321)

    def trials(self) -> tuple[Trial, ...]:
        folder = RunStore(self.folder / "results").open(self.run.id)
        return folder.read_trials(self.run).trials

    def _context(self, revision: str) -> Path:
        home = self.folder / "scratch" / f"of-{revision}"
        shutil.rmtree(home, ignore_errors=True)
        context = home / "context"
        (context / "assets").mkdir(parents=True)
        (context / "assets" / "a.txt").write_text("hello")
        return context
