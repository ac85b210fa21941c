"""Fingerprints: what kind of machine and engine a run's numbers come from, and whether those of two runs compare.

A fingerprint maps the names of the registry (`bench.pure.fingerprint_fields`) to facts. Neighbours:
`bench.ports.fingerprint` reads one, `bench.pure.diagnosis` says what in it makes numbers wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bench.model.environment import Fact, FactValue
from bench.model.run import EngineInfo, Run
from bench.pure.cgroup_files import Absent
from bench.pure.fingerprint_fields import FIELDS, Comparison, Field, Unit
from bench.pure.quantities import bytes_text

NOT_RECORDED = Fact(absent="the run did not record it")

Fingerprint = Mapping[str, Fact]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A field in which two fingerprints differ.

    `comparison` is the field's own, but at most WARN where one side is not known: then it is not known either whether
    they differ.
    """

    field: Field
    comparison: Comparison
    first: Fact
    second: Fact

    @property
    def is_certain(self) -> bool:
        """Whether both sides are known."""
        return self.first.value is not None and self.second.value is not None

    @property
    def text(self) -> str:
        """Which field, and both sides: `kernel: 6.1.0, 6.12.9`."""
        return f"{self.field.title}: {self._first}, {self._second}"

    @property
    def then_and_now(self) -> str:
        """The same of one place at two times: `kernel was 6.1.0, is 6.12.9`."""
        return f"{self.field.title} was {self._first}, is {self._second}"

    @property
    def _first(self) -> str:
        return fact_text(self.field.name, self.first)

    @property
    def _second(self) -> str:
        return fact_text(self.field.name, self.second)


def fact_of(value: FactValue | Absent) -> Fact:
    """A value or its absence as a fact."""
    return Fact(absent=value.reason) if isinstance(value, Absent) else Fact(value=value)


def differences(first: Fingerprint, second: Fingerprint) -> tuple[Difference, ...]:
    """Everything in which two fingerprints differ, the gravest first, then in the registry's order.

    Fields that are not known on either side are no difference; those that the registry does not know are passed over.
    """
    found = [
        difference
        for name, field in FIELDS.items()
        if (difference := _difference(field, first.get(name, NOT_RECORDED), second.get(name, NOT_RECORDED)))
    ]
    order = list(Comparison)
    return tuple(sorted(found, key=lambda difference: order.index(difference.comparison)))


def _difference(field: Field, first: Fact, second: Fact) -> Difference | None:
    if first.value is None and second.value is None:
        return None
    certain = first.value is not None and second.value is not None
    if certain and _equal(first.value, second.value, field.tolerance):
        return None
    comparison = field.comparison
    if not certain and comparison is Comparison.MUST_MATCH:
        comparison = Comparison.WARN
    return Difference(field=field, comparison=comparison, first=first, second=second)


def _equal(first: FactValue | None, second: FactValue | None, tolerance: float) -> bool:
    numbers = (int, float)
    if tolerance and isinstance(first, numbers) and isinstance(second, numbers):
        return abs(first - second) <= tolerance * max(abs(first), abs(second))
    return first == second


def fact_text(name: str, fact: Fact) -> str:
    """A fact as people read it; `not known` where it is absent."""
    if fact.value is None:
        return "not known"
    field = FIELDS.get(name)
    return value_text(fact.value, field.unit if field else Unit.TEXT)


def value_text(value: FactValue, unit: Unit) -> str:
    """A value in its unit: `25.3 GB`, `2 CPUs`, `on`, `none` for a limit that is not set."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case tuple():
            return ", ".join(value) or "none"
        case _:
            return _number_text(value, unit)


def _number_text(value: int | float, unit: Unit) -> str:  # noqa: PYI041 - they are written differently
    if unit is Unit.BYTES:
        return bytes_text(value)
    if unit is Unit.LOAD:
        return f"{value:.2f}"
    number = f"{value:.3g}" if isinstance(value, float) else str(value)
    return f"{number} {'CPU' if value == 1 else 'CPUs'}" if unit is Unit.CPUS else number


def engine_facts(info: EngineInfo) -> dict[str, Fact]:
    """The fields of a fingerprint that an engine tells of itself when it is opened; older runs have no others."""
    return {
        "engine_kind": Fact(value=info.kind.value),
        "docker_version": Fact(value=info.server_version),
        "buildx_version": Fact(value=info.buildx_version) if info.buildx_version else Fact(absent="there is no Buildx"),
        "storage_driver": Fact(value=info.storage_driver),
        "cgroup_version": Fact(value=info.cgroup_version),
        "cgroup_driver": Fact(value=info.cgroup_driver),
        "engine_cpus": Fact(value=info.cpus),
        "engine_memory_bytes": Fact(value=info.memory_bytes),
        "engine_system": Fact(value=info.operating_system),
    }


def fingerprint_of(run: Run) -> dict[str, Fact]:
    """What a run's record tells: its fingerprint, and its engine where an older record has no fingerprint."""
    return {**engine_facts(run.engine), **run.fingerprint}


def environment_line(fingerprint: Fingerprint) -> str:
    """The machine in one line, of what is known; empty where nothing is."""
    known = {name: fact_text(name, fact) for name, fact in fingerprint.items() if fact.value is not None}
    parts = (
        _joined(known, ("cpu_model", "{}"), ("cpus_online", "{}"), ("cpu_quota_cpus", "quota {}"), ("governor", "{}")),
        _joined(known, ("memory_bytes", "{} memory"), ("memory_limit_bytes", "limit {}")),
        _joined(known, ("data_root_filesystem", "{}"), ("data_root_device", "on {}"), ("data_root_scheduler", "({})")),
        _joined(known, ("kernel", "Linux {}"), ("cgroup_version", "cgroup v{}")),
        _joined(known, ("virtualisation", "virtual machine ({})"), ("container", "in a container ({})")),
        _joined(known, ("load_1m", "load {} at start")),
    )
    return " · ".join(part for part in parts if part)


def _joined(known: Mapping[str, str], *parts: tuple[str, str]) -> str:
    """What is known of the named fields; a limit that is not set is left out, and a bracket takes no comma."""
    text = ""
    for name, form in parts:
        if (word := known.get(name, "none")) != "none":
            glue = " " if form.startswith(("(", "on ")) else ", "
            text = f"{text}{glue}{form.format(word)}" if text else form.format(word)
    return text
