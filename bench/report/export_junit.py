"""A run as JUnit XML, for CI servers: a suite per variant, a case per planned trial.

A build that failed or hung is a failure with its last words, a trial whose proof does not hold an error, and one that
could not be (or has not been) run is skipped. There is no standard: this keeps to what both Ant's schema and Jenkins'
allow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never
from xml.etree import ElementTree as ET

from bench.model.plan import PlannedTrial
from bench.model.run import Run
from bench.model.scenario import Variant
from bench.model.trial import Trial, TrialStatus
from bench.pure.last_words import last_words, short_cause
from bench.pure.planning import built_variants
from bench.report.export_records import RunRecords

NOT_RUN = "not run: the run is under way or was stopped"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What XML 1.0 does not allow (section 2.2), and the control characters that it only advises against.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Case = tuple[PlannedTrial, Trial | None]


def render_junit(records: RunRecords) -> str:
    """The suites as XML text with its declaration."""
    recorded = {trial.number: trial for trial in records.trials}
    root = ET.Element("testsuites")
    for number, variant in enumerate(built_variants(records.run.plan).values()):
        cases = [
            (planned, recorded.get(planned.number))
            for planned in records.run.plan.trials
            if planned.variant == variant.id
        ]
        root.append(_suite(records.run, variant, cases, number))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(run: Run, variant: Variant, cases: Sequence[Case], number: int) -> ET.Element:
    trials = [trial for _, trial in cases if trial is not None]
    elements = [_case(run, variant, planned, trial) for planned, trial in cases]
    suite = ET.Element(
        "testsuite",
        {
            "id": str(number),
            "name": _named(variant.id),
            "package": _named(run.plan.scenario),
            "timestamp": f"{min((trial.started_at for trial in trials), default=run.created_at):%Y-%m-%dT%H:%M:%S}",
            "hostname": _named(run.machine.hostname),
            "tests": str(len(cases)),
            **{key: str(sum(one.find(tag) is not None for one in elements)) for key, tag in _COUNTED.items()},
            "time": _seconds(sum(trial.wall_s or 0.0 for trial in trials)),
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(run, variant).items():
        ET.SubElement(properties, "property", {"name": _named(name), "value": clean_text(value)})
    suite.extend(elements)
    ET.SubElement(suite, "system-out").text = clean_text("\n".join(_remarks(trials)))
    ET.SubElement(suite, "system-err")
    return suite


_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _properties(run: Run, variant: Variant) -> dict[str, str]:
    return {
        "run": run.id,
        "engine": f"{run.engine.kind} {run.engine.server_version}",
        "builder": run.builder.value,
        **{f"axis {axis}": level for axis, level in variant.levels.items()},
    }


def _case(run: Run, variant: Variant, planned: PlannedTrial, trial: Trial | None) -> ET.Element:
    case = ET.Element(
        "testcase",
        {
            "classname": _named(f"{run.plan.scenario}.{variant.id}"),
            "name": f"{planned.state}, round {planned.round}",
            "time": _seconds((trial.wall_s if trial else None) or 0.0),
        },
    )
    if trial is None:
        ET.SubElement(case, "skipped", {"message": NOT_RUN})
    else:
        _tell(case, trial)
    return case


def _tell(case: ET.Element, trial: Trial) -> None:
    """Put into the case how its trial went, where it did not go well."""
    reason = trial.reason or trial.status.value
    match trial.status:
        case TrialStatus.VALID:
            return
        case TrialStatus.INVALID:
            problem = ET.SubElement(case, "error", {"type": trial.status.value, "message": clean_text(reason)})
            problem.text = clean_text(reason)
        case TrialStatus.FAILED | TrialStatus.TIMEOUT:
            message = clean_text(short_cause(reason))
            problem = ET.SubElement(case, "failure", {"type": trial.status.value, "message": message})
            problem.text = clean_text("\n".join([reason, *(last_words(trial) or trial.log_tail)]))
        case TrialStatus.UNAVAILABLE:
            ET.SubElement(case, "skipped", {"message": clean_text(reason)})
        case _:
            assert_never(trial.status)


def _remarks(trials: Sequence[Trial]) -> list[str]:
    """Trials that are valid and count in no number all the same."""
    return [f"{trial.state}, round {trial.round}: disturbed, {trial.disturbed}" for trial in trials if trial.disturbed]


def clean_text(text: str) -> str:
    """A text as XML 1.0 can hold it: without escape sequences and control characters, its lines ended by newlines."""
    return _FORBIDDEN.sub("", _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def _named(text: str) -> str:
    """A name that no schema finds empty."""
    return clean_text(text) if clean_text(text).strip() else "(no name)"


def _seconds(seconds: float) -> str:
    return f"{seconds:.6f}"
