"""docs/FORMAT.md promises keys to other programs: this holds the document and the code to each other."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path, PurePath

import msgspec
import pytest

from bench.errors import ExitCode
from bench.model.bisection import Bisection
from bench.model.comparison import Comparison
from bench.model.environment import Examination
from bench.model.explanation import Explanation
from bench.model.gate import Gate
from bench.model.history import RunList, SeriesList, Trends
from bench.model.layers_report import LayersReport
from bench.model.run import Run
from bench.model.summary import Summary
from bench.model.trial import Trial
from bench.ports.history_schema import TABLES
from bench.ports.run_store import RunStore
from bench.pure.fingerprint_fields import FIELDS
from bench.pure.host_samples import HostSample, HostWatch, encode_samples
from bench.pure.metrics import ORDER
from bench.pure.proc_counters import HostCpu
from bench.pure.records import decode_run, decode_trials
from bench.pure.series import METRICS
from bench.pure.summary import summarise
from bench.report.choices import SummaryFormat
from bench.report.summaries import render_summary, write_summaries
from tests.builders import make_plan, make_run, make_trials

DOCUMENT = (Path(__file__).parents[2] / "docs" / "FORMAT.md").read_text()


def example(name: str) -> str:
    found = re.search(rf'^```json (?:title=")?{name}"?\n(.*?)^```', DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/FORMAT.md has no example of {name}"
    return found[1]


def section(title: str) -> str:
    found = re.search(rf"^### {title}\n(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/FORMAT.md has no section {title}"
    return found[1]


def documented_keys(title: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", section(title), re.MULTILINE)


def structs_in(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.StructType]:
    match kind:
        case msgspec.inspect.StructType():
            yield kind
            for field in kind.fields:
                yield from structs_in(field.type)
        case msgspec.inspect.UnionType():
            for member in kind.types:
                yield from structs_in(member)
        case msgspec.inspect.VarTupleType():
            yield from structs_in(kind.item_type)
        case msgspec.inspect.DictType():
            yield from structs_in(kind.value_type)


def enums_in(struct: msgspec.inspect.StructType) -> Iterator[tuple[str, type[Enum]]]:
    for field in struct.fields:
        if isinstance(field.type, msgspec.inspect.EnumType):
            yield field.name, field.type.cls


STRUCTS = {
    struct.cls.__name__: struct
    for root in (
        Run,
        Trial,
        Summary,
        Explanation,
        Examination,
        LayersReport,
        Gate,
        Bisection,
        Comparison,
        RunList,
        SeriesList,
        Trends,
    )
    for struct in structs_in(msgspec.inspect.type_info(root))
}


@pytest.mark.parametrize("name", STRUCTS)
def test_every_key_of_every_record_is_documented_and_no_other(name: str) -> None:
    assert documented_keys(name) == [field.encode_name for field in STRUCTS[name].fields]


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name in ("Trial", "Step", "EngineInfo", "PreparedBase", "Note", "Run",
                                              "MissReason", "PathStep", "ExplainedStep", "Finding", "WastedPath",
                                              "ComparedRow", "BlamedPart", "StepSide", "ComparisonNote", "Change")
                      for key, _ in enums_in(STRUCTS[name]) if key != "state"]
)  # fmt: skip
def test_every_value_of_a_closed_set_is_documented(name: str, key: str) -> None:
    line = next(line for line in section(name).splitlines() if line.startswith(f"| `{key}` |"))
    values = {str(member.value) for member in dict(enums_in(STRUCTS[name]))[key]}
    assert values <= set(re.findall(r"`([\w-]+)`", line.split("|", 2)[2]))


def test_the_example_of_a_run_is_one() -> None:
    run = decode_run(example("run").encode(), PurePath("run.json"))
    assert run.plan.trials[0].variant == run.plan.variants[0].id


def test_the_example_of_a_trial_is_one_and_fits_the_run() -> None:
    line = msgspec.json.format(example("trial"), indent=-1).encode()
    read = decode_trials(line, PurePath("trials.jsonl"))
    run = decode_run(example("run").encode(), PurePath("run.json"))
    assert summarise(run, read.trials).rows[0].n_valid == 1


EXAMPLES = {
    "run": Run,
    "trial": Trial,
    "summary": Summary,
    "explanation": Explanation,
    "examination": Examination,
    "layers": LayersReport,
    "comparison": Comparison,
    "runs": RunList,
    "series": SeriesList,
    "trends": Trends,
    "gate": Gate,
    "bisection": Bisection,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_show_every_key_that_is_written(name: str) -> None:
    kind = EXAMPLES[name]
    shown = msgspec.json.decode(example(name))
    written = msgspec.to_builtins(msgspec.convert(shown, kind))
    assert list(shown) == list(written)
    assert shown.keys() == {field.encode_name for field in STRUCTS[kind.__name__].fields}


def test_every_field_of_a_fingerprint_is_documented_with_its_unit_and_whether_runs_compare() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", section("The fields of a fingerprint"), re.MULTILINE
    )
    assert rows == [(field.name, field.title, field.unit, field.comparison) for field in FIELDS.values()]


def test_the_example_of_a_fingerprint_has_no_field_that_is_not_one() -> None:
    assert msgspec.json.decode(example("run"))["fingerprint"].keys() <= FIELDS.keys()


def test_every_table_and_metric_of_the_index_is_documented() -> None:
    rows = DOCUMENT.split("| table | a row for each |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)) == set(TABLES.tables)
    assert set(METRICS) <= set(re.findall(r"`(\w+)`", rows))


def test_every_metric_is_documented() -> None:
    assert set(ORDER) <= set(re.findall(r"`(\w+)`", section("Row")))


def test_the_columns_of_the_csv_are_the_documented_ones() -> None:
    plan = make_plan()
    summary = summarise(make_run(plan), make_trials(plan))
    header = next(csv.reader(io.StringIO(render_summary(summary, SummaryFormat.CSV))))
    axes = [f"axis_{axis}" for axis in summary.run.axes]
    told = DOCUMENT.split("## summary.csv", 1)[1].split("\n## ", 1)[0]
    names = re.findall(r"`(\w+)`", told.split("\n", 1)[1])
    expected = [
        *names[: names.index("axis_NAME")],
        *axes,
        *names[names.index("axis_NAME") + 1 : names.index("METRIC_median")],
        *(f"{metric}_{statistic}" for metric in ORDER for statistic in ("median", "low", "high")),
    ]
    assert header == expected


def test_the_keys_of_a_sample_of_the_machine_are_documented() -> None:
    cpu = HostCpu(busy_s=1.0, steal_s=0.0, total_s=2.0)
    sample = HostSample(t_s=0.0, cpu=cpu, memory_available_bytes=None, disk=None, network=None)
    line = msgspec.json.decode(encode_samples(HostWatch(samples=(sample,), harness_cpu_s=0.0)))
    assert line.keys() <= set(re.findall(r"`(\w+)`", section("The samples of the machine")))


def test_every_exit_code_is_documented() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCUMENT.split("## Exit codes")[1], re.MULTILINE)}
    assert told == set(ExitCode)


def test_the_files_of_a_run_are_the_documented_ones(tmp_path: Path) -> None:
    plan = make_plan(rounds=1)
    with RunStore(tmp_path).create(make_run(plan)) as writer:
        writer.write_dockerfile(plan.variants[0].id, "FROM base\n")
        writer.write_log(plan.trials[0], "a line\n", b"{}\n")
        writer.write_host_samples(plan.trials[0], b"{}\n")
        write_summaries(writer)
    variant, state = plan.trials[0].variant, plan.trials[0].state
    told = DOCUMENT.split("```text", 1)[1].split("```", 1)[0]
    for path in writer.path.rglob("*"):
        name = path.name.replace(f"0001-{variant}-{state}", "NNNN-VARIANT-STATE")
        assert path.is_dir() or name in told, path
