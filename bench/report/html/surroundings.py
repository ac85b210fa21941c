"""Where and how a run was made, and what is to be said against it: notes, findings, trials that count in no number."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

from bench.model.environment import Fact
from bench.model.plan import CANARY
from bench.model.run import Run
from bench.model.summary import Summary
from bench.model.trial import Trial
from bench.pure.fingerprint import fact_text, fingerprint_of
from bench.pure.fingerprint_fields import FIELDS
from bench.pure.last_words import last_words, short_cause
from bench.pure.metrics import counts
from bench.report.html.model import Finding, Grid, Lost, Note, Phrase, Surroundings
from bench.report.html.texts import short_name, visible, visible_line
from bench.report.notes import note_output, note_text
from bench.report.units import bytes_text

MOST_LOST = 200


def surroundings_of(run: Run, trials: Sequence[Trial], summary: Summary, places: Mapping[str, int]) -> Surroundings:
    """Everything beside the numbers themselves."""
    lost = [trial for trial in trials if not counts(trial)]
    return Surroundings(
        notes=tuple(
            Note(text=visible(note_text(note)), output=tuple(map(visible, note_output(note)))) for note in summary.notes
        ),
        findings=findings_of(run),
        lost=tuple(lost_trial(trial, places) for trial in lost[:MOST_LOST]),
        lost_more=max(0, len(lost) - MOST_LOST),
        facts=facts_of(run),
        bases=bases_of(run),
        plan=plan_of(run),
    )


def findings_of(run: Run) -> tuple[Finding, ...]:
    """What the checks saw when a run began."""
    return tuple(
        Finding(
            severity=one.severity,
            check=visible(one.check),
            seen=visible(one.seen),
            why=visible(one.why),
            remedy=visible(one.remedy),
        )
        for one in run.findings
    )


def lost_trial(trial: Trial, places: Mapping[str, int]) -> Lost:
    """A trial that counts in no number."""
    name = "the canary" if trial.variant == CANARY else short_name(trial.variant)
    return Lost(
        variant=Phrase(text=name, variant=places.get(trial.variant)),
        where=f"{trial.state}, round {trial.round} (trial {trial.number})",
        status="disturbed" if trial.reason is None else trial.status.value,
        reason=visible(short_cause(trial.reason or trial.disturbed or "")),
        output=tuple(map(visible_line, last_words(trial))),
        log=visible(trial.log or ""),
    )


def facts_of(run: Run) -> Grid:
    """What the fingerprint holds, in the registry's order; what could not be had says why."""
    found = fingerprint_of(run)
    rows = ((FIELDS[name].title, _known(name, found[name])) for name in FIELDS if name in found)
    return _grid(("of the machine and the engine", "value"), rows)


def _known(name: str, fact: Fact) -> str:
    return fact_text(name, fact) if fact.absent is None else f"not known: {fact.absent}"


def bases_of(run: Run) -> Grid:
    """The base images, and where each came from."""
    had = ((one.name, bytes_text(one.size_bytes), one.source, one.origin, one.digest) for one in run.bases)
    missing = ((one.name, "", "not to be had", one.reason, "") for one in run.unavailable)
    return _grid(("base", "size", "source", "origin", "digest"), (*had, *missing))


def plan_of(run: Run) -> Grid:
    """What a run was asked to do, and of what."""
    git = run.git
    commit = None if git is None else git.commit or git.absent
    rows = {
        "command": shlex.join(run.command),
        "begun": f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "Buildmark": run.buildmark_version,
        "scenario": run.scenario_folder,
        "build context (SHA-256)": run.context_sha256,
        "rounds": str(run.plan.rounds),
        "seed of the order": str(run.plan.seed),
        "builder": run.builder.value,
        "machine": run.machine.hostname,
        **({} if commit is None else {"commit": commit}),
    }
    return _grid(("of the run", "value"), rows.items())


def _grid(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Grid:
    return Grid(headers=tuple(headers), rows=tuple(tuple(map(visible, cells)) for cells in rows))
