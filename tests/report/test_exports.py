"""Each format is read as its own readers do: by their parser, by their documented schema, or by our words of it."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from xml.etree import ElementTree as ET

import msgspec
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bench.errors import UsageError
from bench.model.run import Source
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.report.choices import ExportFormat, SummaryFormat
from bench.report.export_junit import clean_text
from bench.report.export_pytest import sample_stats
from bench.report.export_records import RunRecords, parse_metrics
from bench.report.summaries import render_summary
from bench.report.units import DASH
from tests.report.exported import HOSTILE, PLAN, exported, hostile, lost, troubled, usual

JUNIT = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit.xsd"))
Text = Annotated[str, msgspec.Meta(min_length=1)]


class HyperfineResult(msgspec.Struct, forbid_unknown_fields=True):
    """What hyperfine 1.20 serialises (src/benchmark/benchmark_result.rs): null only where it has an option."""

    command: str
    mean: float
    stddev: float | None
    median: float
    user: float | None  # a number in hyperfine's own; null here where nothing metered it
    system: float | None
    min: float
    max: float
    times: list[float]
    exit_codes: list[int]
    parameters: dict[str, str]
    memory_usage_byte: list[int] | None = None


class Hyperfine(msgspec.Struct, forbid_unknown_fields=True):
    results: list[HyperfineResult]


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of `customSmallerIsBetter`, as github-action-benchmark's README has it."""

    name: Text
    unit: Literal["s", "bytes", "ratio", "layers"]
    value: float
    range: str
    extra: str


class Metric(msgspec.Struct, forbid_unknown_fields=True):
    """A metric of the Bencher Metric Format's JSON schema."""

    value: float
    lower_value: float
    upper_value: float


BENCHMARK = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
MEASURE = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Bencher = dict[BENCHMARK, dict[MEASURE, Metric]]


def hyperfine(records: RunRecords) -> list[HyperfineResult]:
    return msgspec.json.decode(exported(records, ExportFormat.HYPERFINE), type=Hyperfine).results


def families_of(records: RunRecords) -> Iterator[Any]:
    """What the reference parser of OpenMetrics makes of it."""
    read: Callable[[str], Iterator[Any]] = text_string_to_metric_families
    return read(exported(records, ExportFormat.OPENMETRICS))


def samples(records: RunRecords) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Each sample's labels and value, by its name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in families_of(records):
        assert family.documentation
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def junit(records: RunRecords) -> ET.Element:
    text = exported(records, ExportFormat.JUNIT)
    JUNIT.validate(text)
    return ET.fromstring(text)  # noqa: S314  (our own text)


def valid_wall(records: RunRecords, variant: str, state: State) -> list[float]:
    def is_counted(trial: Trial) -> bool:
        return trial.status == "valid" and trial.disturbed is None

    return [
        trial.wall_s or math.nan
        for trial in records.trials
        if (trial.variant, trial.state) == (variant, state) and is_counted(trial)
    ]


def test_json_is_what_show_prints() -> None:
    records = troubled()
    assert exported(records, ExportFormat.JSON) == render_summary(records.summary, SummaryFormat.JSON)


def test_jsonl_has_every_trial_whatever_became_of_it_with_its_run() -> None:
    records = troubled()
    lines = exported(records, ExportFormat.JSONL).splitlines()
    assert [json.loads(line)["run"] for line in lines] == [records.run.id] * len(records.trials)
    assert tuple(msgspec.json.decode(line, type=Trial) for line in lines) == records.trials


def test_hyperfine_has_the_raw_times_of_the_trials_that_count() -> None:
    records = troubled()
    results = {
        (one.parameters["base"], one.parameters["stages"], one.parameters["state"]): one for one in hyperfine(records)
    }
    for row in records.summary.rows:
        times = valid_wall(records, row.variant, row.state)
        one = results[row.levels["base"], row.levels["stages"], row.state.value]
        assert one.times == times
        assert one.exit_codes == [0] * len(times)
        assert (one.min, one.max) == (min(times), max(times))
        assert one.mean == pytest.approx(statistics.mean(times))
        assert one.stddev == pytest.approx(statistics.stdev(times))
        assert one.user == pytest.approx(0.8)
        assert one.system == pytest.approx(0.2)


def test_hyperfine_says_nothing_of_what_was_not_metered() -> None:
    records = usual()
    bare = tuple(msgspec.structs.replace(trial, resources={}) for trial in records.trials if trial.round == 1)
    one = hyperfine(msgspec.structs.replace(records, trials=bare))[0]
    assert (one.user, one.system, one.stddev, one.memory_usage_byte) == (None, None, None, None)


@given(st.lists(st.floats(min_value=1e-3, max_value=1e4), min_size=1, max_size=40))
def test_the_statistics_of_a_sample_agree_with_each_other(times: list[float]) -> None:
    stats = sample_stats(times)
    order = [stats[name] for name in ("min", "ld15iqr", "q1", "median", "q3", "hd15iqr", "max")]
    assert stats["data"] == times
    assert stats["rounds"] == len(times)
    assert all(low <= high or low == pytest.approx(high) for low, high in zip(order[::2], order[2::2], strict=False))
    assert order[0] <= order[1]
    assert order[5] <= order[6]
    assert stats["ops"] * stats["mean"] == pytest.approx(1)
    assert stats["outliers"] == f"{stats['stddev_outliers']};{stats['iqr_outliers']}"


def test_pytest_benchmark_is_told_the_commit() -> None:
    records = usual()
    assert json.loads(exported(records, ExportFormat.PYTEST_BENCHMARK))["commit_info"]["id"] == "unversioned"
    source = Source(commit="c0ffee", branch="main", dirty=True)
    run = msgspec.structs.replace(records.run, git=source)
    told = json.loads(exported(msgspec.structs.replace(records, run=run), ExportFormat.PYTEST_BENCHMARK))["commit_info"]
    assert (told["id"], told["branch"], told["dirty"]) == ("c0ffee", "main", True)


def test_the_samples_of_another_time_can_be_had() -> None:
    benchmarks = json.loads(exported(usual("phase_export_s"), ExportFormat.PYTEST_BENCHMARK))["benchmarks"]
    assert {sample for one in benchmarks for sample in one["stats"]["data"]} == {0.1}
    assert {one["extra_info"]["metric"] for one in benchmarks} == {"phase_export_s"}


def test_github_action_benchmark_has_an_entry_per_variant_state_and_metric() -> None:
    records = usual("wall_s", "image_size_bytes")
    entries = msgspec.json.decode(exported(records, ExportFormat.GITHUB_ACTION_BENCHMARK), type=list[Entry])
    by_name = {one.name: one for one in entries}
    assert len(by_name) == len(entries) == 2 * len(records.summary.rows)
    for row in records.summary.rows:
        one = by_name[f"quick/{row.variant}/{row.state}: wall_s"]
        assert (one.value, one.unit) == (row.metrics["wall_s"].median, "s")
        low, high = map(float, one.range.split(DASH))
        assert low <= one.value <= high


def test_bencher_has_medians_between_their_bounds_and_its_own_measure_of_build_time() -> None:
    records = usual()
    benchmarks = msgspec.json.decode(exported(records, ExportFormat.BENCHER), type=Bencher)
    row = records.summary.rows[0]
    measures = benchmarks[f"quick/{row.variant}/{row.state}"]
    assert set(measures) == {"build-time", "image-size-bytes", "cpu-s", "memory-peak-bytes"}
    assert measures["build-time"].value == row.metrics["wall_s"].median
    assert all(one.lower_value <= one.value <= one.upper_value for one in measures.values())


@pytest.mark.parametrize("form", [ExportFormat.GITHUB_ACTION_BENCHMARK, ExportFormat.BENCHER])
def test_a_metric_that_is_better_when_higher_is_kept_from_services_that_read_it_as_worse(form: ExportFormat) -> None:
    with pytest.raises(UsageError, match="a higher hit_ratio is better"):
        exported(usual("hit_ratio"), form)


def test_openmetrics_has_units_and_what_the_summary_says() -> None:
    records = usual()
    families = {one.name: one for one in families_of(records)}
    assert families["buildmark_wall_seconds"].unit == "seconds"
    assert all(one.unit == "" or name.endswith(f"_{one.unit}") for name, one in families.items())
    found = samples(records)
    for row in records.summary.rows:
        labels = {
            "scenario": "quick",
            "variant": row.variant,
            "state": row.state.value,
            **{f"axis_{axis}": level for axis, level in row.levels.items()},
        }
        assert (labels, row.metrics["wall_s"].median) in found["buildmark_wall_seconds"]
        assert (labels, row.metrics["wall_s"].low) in found["buildmark_wall_low_seconds"]
        assert (labels, row.metrics["hit_ratio"].median) in found["buildmark_hit_ratio"]
        assert ({**labels, "status": "valid"}, 3) in found["buildmark_trials"]
    assert found["buildmark_run_info"][0][0]["run"] == records.run.id


def test_openmetrics_has_only_the_metrics_that_were_asked_for() -> None:
    names = set(samples(usual("wall_s")))
    assert {name for name in names if "seconds" in name and "started" not in name} == {
        "buildmark_wall_seconds",
        "buildmark_wall_low_seconds",
        "buildmark_wall_high_seconds",
    }
    assert "buildmark_cpu_seconds" not in names


def test_junit_tells_what_became_of_every_planned_trial() -> None:
    records = troubled()
    root = junit(records)
    cases = {
        (suite.get("name"), case.get("name")): case
        for suite in root.iter("testsuite")
        for case in suite.iter("testcase")
    }
    assert len(cases) == len(PLAN.trials)

    def of(number: int) -> ET.Element:
        planned = PLAN.trials[number]
        return cases[planned.variant, f"{planned.state}, round {planned.round}"]

    invalid, failed, hung, gone = (of(number) for number in range(4))
    assert invalid.find("error[@type='invalid'][@message='1 of 2 steps was cached']") is not None
    failure = failed.find("failure[@type='failed'][@message='make: 2']")
    assert failure is not None
    assert "E: no such package" in (failure.text or "")
    assert hung.find("failure[@type='timeout']") is not None
    assert gone.find("skipped[@message='no registry answers']") is not None
    assert of(len(PLAN.trials) - 1).find("skipped") is not None
    assert len(of(5)) == 0
    assert float(of(5).get("time", 0)) == pytest.approx(records.trials[5].wall_s)
    for suite in root.iter("testsuite"):
        assert int(suite.get("tests", 0)) == len(list(suite.iter("testcase")))
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(key, -1)) == len(list(suite.iter(tag)))
    assert "disturbed, other work took 40 % of the CPU" in ET.tostring(root, encoding="unicode")


@given(st.text())
def test_text_that_was_cleaned_comes_back_from_xml_as_it_went_in(text: str) -> None:
    element = ET.Element("a", {"b": clean_text(text)})
    element.text = clean_text(text)
    back = ET.fromstring(ET.tostring(element, encoding="unicode"))  # noqa: S314  (our own text)
    assert (back.get("b"), back.text or "") == (clean_text(text), clean_text(text))


@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_run_without_a_valid_trial_can_be_exported(form: ExportFormat) -> None:
    text = exported(lost(), form)
    match form:
        case ExportFormat.HYPERFINE:
            assert hyperfine(lost()) == []
        case ExportFormat.JUNIT:
            assert len(list(junit(lost()).iter("failure"))) == len(PLAN.trials)
        case ExportFormat.OPENMETRICS:
            assert {value for labels, value in samples(lost())["buildmark_trials"] if labels["status"] == "failed"} == {
                3
            }
        case ExportFormat.CSV | ExportFormat.MARKDOWN | ExportFormat.JSONL:
            assert "debian-12" in text
        case _:
            json.loads(text)


@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_run_without_any_trial_can_be_exported(form: ExportFormat) -> None:
    records = usual()
    exported(msgspec.structs.replace(records, trials=()), form)


def test_names_of_all_kinds_are_data_in_json() -> None:
    records = hostile()
    told = json.loads(exported(records, ExportFormat.JSON))
    assert sorted(row["variant"] for row in told["rows"]) == sorted(HOSTILE)
    lines = exported(records, ExportFormat.JSONL).split("\n")[:-1]
    assert [json.loads(line)["variant"] for line in lines] == list(HOSTILE)
    counted = [row.variant for row in records.summary.rows if row.n_valid]
    benchmarks = json.loads(exported(records, ExportFormat.PYTEST_BENCHMARK))["benchmarks"]
    assert [one["name"] for one in benchmarks] == [f"{name}[cold]" for name in counted]
    assert [one.command for one in hyperfine(records)] == [f"{HOSTILE[1]} {name} cold" for name in counted]
    entries = msgspec.json.decode(exported(records, ExportFormat.GITHUB_ACTION_BENCHMARK), type=list[Entry])
    assert {one.name for one in entries} >= {f"{HOSTILE[1]}/{name}/cold: wall_s" for name in counted}
    assert len(msgspec.json.decode(exported(records, ExportFormat.BENCHER), type=Bencher)) == len(counted)


def test_names_of_all_kinds_are_data_in_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(exported(hostile(), ExportFormat.CSV), newline="")))
    assert sorted(row["variant"] for row in rows) == sorted(HOSTILE)
    assert {row["run"] for row in rows} == {HOSTILE[2]}


def test_names_of_all_kinds_are_data_in_openmetrics() -> None:
    records = hostile()
    found = samples(records)
    assert [labels["variant"] for labels, _ in found["buildmark_wall_seconds"]] == [
        row.variant for row in records.summary.rows if row.n_valid
    ]
    labels, _ = found["buildmark_wall_seconds"][0]
    assert labels["axis_a_b"] == "x"
    assert labels["axis_a_b_"] == '"\n\\'


def test_names_of_all_kinds_are_data_in_junit() -> None:
    suites = list(junit(hostile()).iter("testsuite"))
    assert [suite.get("name") for suite in suites] == [clean_text(name) for name in HOSTILE]
    assert {suite.get("hostname") for suite in suites} == {"(no name)"}


def test_names_of_all_kinds_leave_a_markdown_table_whole() -> None:
    text = exported(hostile(), ExportFormat.MARKDOWN)
    table = [line for line in text.split("\n## ")[0].splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(HOSTILE)
    cells = {len(line.replace("\\\\", "").replace("\\|", "").split("|")) for line in table}
    assert len(cells) == 1
    assert "<b>" not in "".join(table)
    assert all(letter.isprintable() or letter == "\n" for letter in text)


@pytest.mark.parametrize(
    ("form", "metrics", "message"),
    [
        (ExportFormat.HYPERFINE, ("wall_s", "cpu_s"), "one metric in seconds, not wall_s, cpu_s"),
        (ExportFormat.PYTEST_BENCHMARK, ("image_size_bytes",), "one metric in seconds, not image_size_bytes"),
        (ExportFormat.HYPERFINE, ("cache_saved_s",), "one metric in seconds, not cache_saved_s"),
        (ExportFormat.JUNIT, ("wall_s",), "--format junit always has every metric"),
        (ExportFormat.CSV, ("wall_s",), "--format csv always has every metric"),
    ],
)
def test_a_format_refuses_metrics_that_it_cannot_hold(
    form: ExportFormat, metrics: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        exported(usual(*metrics), form)


def test_metrics_are_known_by_their_names() -> None:
    summary = usual().summary
    assert parse_metrics(["wall_s, cpu_s", "wall_s"], summary) == ("wall_s", "cpu_s")
    with pytest.raises(UsageError, match=r"there is no metric 'wal_s' \(did you mean 'wall_s'\?\)"):
        parse_metrics(["wal_s"], summary)
    with pytest.raises(UsageError, match="names no metric"):
        parse_metrics([" , "], summary)
