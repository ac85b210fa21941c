"""A build context over the trials of a campaign: renamed for each, its files and their digests read once.

A campaign has one, or one for each revision that it compares; `bench.app.trial_runner` builds from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from bench.app.states import move_context
from bench.model.build import BuilderKind, BuildOutcome, BuildRequest, Step
from bench.ports.context import context_digests
from bench.ports.scratch_context import context_files
from bench.pure.cache_reasons import BuildEvidence
from bench.pure.context_use import least_context_bytes


class TrialContext:
    """One context. It stays as it is for the whole run; an edit stands in its place only while a build lasts."""

    def __init__(self, folder: Path, builder: BuilderKind) -> None:
        self.folder = folder
        self._builder = builder

    def move(self, name: str) -> Path:
        """Give the folder the name of the coming trial; returns where it is now."""
        self.folder = move_context(self.folder, name)
        return self.folder

    @cached_property
    def _files(self) -> Mapping[str, int]:
        return context_files(self.folder)

    @cached_property
    def _digests(self) -> Mapping[str, str]:
        return context_digests(self.folder)

    def read(self) -> None:
        """Read files and digests now, outside every timed region, while no edit stands in the folder's place."""
        _ = self._files, self._digests

    def least_bytes(self, executed: Iterable[Step]) -> int:
        """What a build that executes these steps has to send of the context, at the least."""
        return least_context_bytes(executed, self._files)

    def evidence(self, request: BuildRequest, outcome: BuildOutcome, *, edited: bool) -> BuildEvidence:
        """What a step's place in the cache depends on; `edited`: an edit stood in the context's place."""
        return BuildEvidence(
            dockerfile=request.dockerfile.read_text(),
            args=request.args,
            context=context_digests(request.context) if edited else self._digests,
            steps=outcome.transcript.steps,
            classic=self._builder is BuilderKind.CLASSIC,
        )
