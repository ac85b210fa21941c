from __future__ import annotations

from bench.model.environment import Examination, Fact, Finding, Severity
from bench.model.summary import NoteKind
from bench.pure.summary import summarise
from bench.report.choices import SummaryFormat
from bench.report.findings import ALL_WELL, render_examination
from bench.report.summaries import render_summary
from tests.builders import make_run

FACTS = {"cpu_model": Fact(value="A CPU"), "cpus_online": Fact(value=2), "load_1m": Fact(value=2.5)}
LOAD = Finding(
    check="load",
    severity=Severity.WARNING,
    seen="the load over the last minute was 2.50 on 2 CPUs",
    why="what ran a minute ago may come again",
    remedy="wait until it is below one half for each CPU",
)
STEAL = Finding(check="steal", severity=Severity.OK, seen="nothing is stolen")
SWAP = Finding(check="swap", severity=Severity.OK, seen="no swap is in use")


def blind(check: str, why: str = "there is no engine to ask") -> Finding:
    return Finding(check=check, severity=Severity.NOTE, seen=why, checked=False)


def test_an_examination_looks_like_this() -> None:
    shown = Examination(
        engine="private-a1b2c3", fingerprint=FACTS, findings=(LOAD, blind("docker"), blind("buildx"), STEAL, SWAP)
    )
    assert render_examination(shown, width=60) == (
        "A CPU, 2 CPUs · load 2.50 at start\n"
        "\n"
        "WARNING  load: the load over the last minute was 2.50 on 2\n"
        "         CPUs\n"
        "         why: what ran a minute ago may come again\n"
        "         do: wait until it is below one half for each CPU\n"
        "\n"
        "fine: steal, swap\n"
        "\n"
        "not checked:\n"
        "  docker, buildx: there is no engine to ask\n"
        "\n"
        "1 warning\n"
    )


def test_a_machine_with_nothing_wrong_is_told_so() -> None:
    shown = Examination(engine="host", fingerprint={}, findings=(STEAL, blind("turbo", "not told")))
    assert render_examination(shown, width=80).endswith(f"\n\n{ALL_WELL}\n")


def test_the_tables_say_the_machine_above_them_and_its_warnings_below() -> None:
    summary = summarise(make_run(fingerprint=FACTS, findings=(LOAD,)), ())
    table = render_summary(summary, width=200)
    assert table.splitlines()[1] == "A CPU, 2 CPUs · load 2.50 at start"
    assert "- When the run began, the load over the last minute was 2.50 on 2 CPUs; what ran a minute ago" in table
    assert "\n\nA CPU, 2 CPUs · load 2.50 at start\n\n" in render_summary(summary, SummaryFormat.MARKDOWN)
    assert [note.kind for note in summary.notes][-1] is NoteKind.ENVIRONMENT


def test_a_run_from_before_there_were_fingerprints_has_no_such_line() -> None:
    lines = render_summary(summarise(make_run(), ()), width=200).splitlines()
    assert lines[0].startswith("quick:")
    assert lines[1] == ""
