"""The metrics that a trial yields, by name: their values, their units and their meters.

A name ends with its unit: `_s` is seconds, `_bytes` is bytes, and what has neither is a ratio. A metric that a later
meter adds is summarised without a change here. Neighbour: `bench.pure.summary`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.model.trial import Reading, Trial, TrialStatus

WALL = "wall_s"
IMAGE_SIZE = "image_size_bytes"
IMAGE_COMPRESSED = "image_compressed_bytes"
IMAGE_WASTE = "image_waste_bytes"
IMAGE_LAYERS = "image_layers"
WEIGHED = (IMAGE_COMPRESSED, IMAGE_WASTE, IMAGE_LAYERS)
"""What the one trial per variant has whose image was weighed."""
CPU = "cpu_s"
MEMORY_PEAK = "memory_peak_bytes"
DISK_WRITTEN = "disk_written_bytes"
HIT_RATIO = "hit_ratio"
CACHE_SAVED = "cache_saved_s"
HIT_RATIO_BY_TIME = "hit_ratio_by_time"
MORE_IS_BETTER = frozenset({HIT_RATIO, HIT_RATIO_BY_TIME, CACHE_SAVED})
"""The metrics of which more is better; of all others less is."""
CPU_PARTS = ("cpu_user_s", "cpu_system_s")
ORDER = (
    WALL,
    CPU,
    *CPU_PARTS,
    "steps_cpu_s",
    "engine_cpu_s",
    MEMORY_PEAK,
    "disk_read_bytes",
    DISK_WRITTEN,
    "network_received_bytes",
    "network_sent_bytes",
    "network_loopback_bytes",
    "stall_cpu_some_s",
    "stall_cpu_full_s",
    "stall_memory_some_s",
    "stall_memory_full_s",
    "stall_io_some_s",
    "stall_io_full_s",
    "other_cpu_ratio",
    "cache_growth_bytes",
    IMAGE_SIZE,
    *WEIGHED,
    HIT_RATIO,
    HIT_RATIO_BY_TIME,
    CACHE_SAVED,
    "context_bytes",
    "pulled_bytes",
    "phase_context_s",
    "phase_pull_s",
    "phase_steps_s",
    "phase_export_s",
)
"""The metrics known today, in the order in which files and tables name them."""


def counts(trial: Trial) -> bool:
    """Whether a trial is summarised: valid, and not disturbed by other work."""
    return trial.status is TrialStatus.VALID and trial.disturbed is None


def unit_of(metric: str) -> str:
    """The unit that a metric's name says: `s`, `bytes`, `layers` or `ratio`."""
    if metric == IMAGE_LAYERS:
        return "layers"
    if metric.endswith("_s"):
        return "s"
    return "bytes" if metric.endswith("_bytes") else "ratio"


def metric_values(trial: Trial) -> dict[str, Reading]:
    """Every metric of a trial that is there, with its meter (empty for what no meter gave)."""
    readings = {name: _plain(value) for name, value in _told(trial).items() if value is not None}
    metered = dict(trial.resources)
    user, system = (metered.get(name) for name in CPU_PARTS)
    if user is not None and system is not None:
        metered[CPU] = Reading(value=user.value + system.value, meter=_joined(user.meter, system.meter))
    return {**readings, **metered}


def weighed_values(trial: Trial) -> dict[str, Reading]:
    """The metrics of a variant's image, from the trial that weighed it; empty from any other."""
    layers = trial.layers
    if layers is None:
        return {}
    values = {
        IMAGE_COMPRESSED: layers.compressed_bytes,
        IMAGE_WASTE: layers.waste_bytes,
        IMAGE_LAYERS: len(layers.layers),
    }
    return {name: _plain(value) for name, value in values.items()}


def in_order(names: Mapping[str, object]) -> list[str]:
    """The names, the known ones first and in their order, then the others by name."""
    known = [name for name in ORDER if name in names]
    return known + sorted(names.keys() - set(known))


def _told(trial: Trial) -> dict[str, float | None]:
    """What the clock, the build's own stream and the engine's inspection tell."""
    cache, phases, proof, host = trial.cache, trial.phases, trial.proof, trial.host
    return {
        WALL: trial.wall_s,
        IMAGE_SIZE: trial.image.size_bytes if trial.image else None,
        HIT_RATIO: cache.hit_ratio if cache else None,
        HIT_RATIO_BY_TIME: cache.hit_ratio_by_time if cache else None,
        "context_bytes": proof.context_bytes if proof else None,
        "pulled_bytes": proof.pulled_bytes if proof else None,
        "other_cpu_ratio": host.other_cpu_share if host else None,
        "phase_context_s": phases.context_s if phases else None,
        "phase_pull_s": phases.pull_s if phases else None,
        "phase_steps_s": phases.steps_s if phases else None,
        "phase_export_s": phases.export_s if phases else None,
    }


def _plain(value: float) -> Reading:
    return Reading(value=value, meter="")


def _joined(*meters: str) -> str:
    return ", ".join(sorted({meter for meter in meters if meter}))
