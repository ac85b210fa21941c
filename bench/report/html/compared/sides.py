"""One side of each row: the trial whose steps are shown, where its time went, every trial, and the Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bench.model.comparison import RowSide
from bench.model.explanation import ExplainedTrial
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.pure.comparison_cells import Cell, values_of
from bench.pure.explanation import explain
from bench.pure.metrics import WALL, counts
from bench.pure.sides import Side
from bench.report.explain import PARTS, proof_text
from bench.report.html.compared.held import BASE, HEAD, ComparedParts, Held
from bench.report.html.compared.model_details import FileView, SideView
from bench.report.html.compared.times import time_of
from bench.report.html.details import rounded, step_views, trial_title, trial_view
from bench.report.html.model import StepView
from bench.report.html.texts import Texts

Place = tuple[str, State]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The trial of a variant in a state whose steps are shown; `steps` are in its order."""

    trial: Trial
    explained: ExplainedTrial
    steps: tuple[StepView, ...]


class Sides:
    """Both sides of all rows. A variant's Dockerfile is there once, whatever rows it is in."""

    def __init__(self, parts: ComparedParts, held: Sequence[Held], texts: Texts) -> None:
        self._parts = parts
        self._texts = texts
        self._base = _seen(parts.base, [one.base for one in held], texts)
        self._head = _seen(parts.head, [one.head for one in held], texts)
        self._files: dict[tuple[str, str], FileView] = {}

    @property
    def files(self) -> tuple[FileView, ...]:
        """The Dockerfiles of all sides that were viewed, in the order of their places."""
        return tuple(self._files.values())

    def seen(self, held: Held) -> tuple[Seen | None, Seen | None]:
        """The trials of both sides of a row whose steps are shown."""
        row = held.row
        base = self._base.get((row.base.variant, row.state)) if row.base else None
        head = self._head.get((row.head.variant, row.state)) if row.head else None
        return base, head

    def base_view(self, held: Held, seen: Seen | None) -> SideView | None:
        """The base of a row, None where only the head has it."""
        return self._view(BASE, held.row.base, held.base, seen)

    def head_view(self, held: Held, seen: Seen | None) -> SideView | None:
        """The head of a row, None where only the base has it."""
        return self._view(HEAD, held.row.head, held.head, seen)

    def _view(self, word: str, row: RowSide | None, cell: Cell | None, seen: Seen | None) -> SideView | None:
        if row is None or cell is None:
            return None
        time = time_of(cell)
        explained = seen.explained if seen else None
        recorded = sorted(cell.recorded, key=lambda trial: trial.round)
        proof = explained.proof if explained else None
        return SideView(
            label=self._texts.place(row.variant),
            file=self._file(word, row.variant),
            title=self._texts.place(trial_title(explained)) if explained else None,
            wall=rounded(explained.wall_s) if explained else None,
            median=rounded(row.median),
            proof=self._texts.place(proof_text(proof, explained.never_started)) if explained and proof else None,
            times=tuple(rounded(getattr(time, name)) for name in PARTS) if time else (),
            trials=tuple(trial_view(trial, self._texts) for trial in recorded),
            values=self._values(cell, recorded),
        )

    def _values(self, cell: Cell, recorded: Sequence[Trial]) -> tuple[float | None, ...]:
        metric = self._parts.comparison.metric
        if metric == WALL:
            return ()
        values = values_of(cell, metric)
        return tuple(rounded(values.get(trial.round)) if counts(trial) else None for trial in recorded)

    def _file(self, word: str, variant: str) -> int:
        """The place of a Dockerfile; of two runs it is called by its side too."""
        key = ("", variant) if self._parts.is_one_run else (word, variant)
        if key not in self._files:
            side = self._parts.dockerfiles[word == HEAD]
            text = side.get(variant)
            lines = None if text is None else tuple(map(self._texts.line, text.removesuffix("\n").split("\n")))
            name = variant if self._parts.is_one_run else f"{word}: {variant}"
            self._files[key] = FileView(name=self._texts.place(name), lines=lines)
        return list(self._files).index(key)


def _seen(side: Side, cells: Sequence[Cell | None], texts: Texts) -> Mapping[Place, Seen]:
    """The trial nearest to the median of those that count, by variant and state; of a cell without any, the last."""
    chosen: dict[int, Trial] = {
        trial.number: trial for cell in cells if cell is not None for trial in cell.counting or cell.recorded
    }
    if not chosen:
        return {}
    cold = {trial.number: trial for trial in side.trials if trial.state is State.COLD and counts(trial)}
    states = tuple(dict.fromkeys(trial.state for trial in chosen.values()))
    found = explain(side.run, [*{**cold, **chosen}.values()], states=states).trials
    trials = {trial.number: trial for trial in side.trials}
    return {
        (one.variant, one.state): Seen(
            trial=trials[one.number],
            explained=one,
            steps=step_views(trials[one.number], one.steps, texts),
        )
        for one in found
        if one.number in chosen
    }
