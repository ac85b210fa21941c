from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from bench.model.build import Step, StepKind, StepStatus
from bench.model.cache import MissKind, MissReason
from bench.model.comparison import Comparison, ComparisonNoteKind
from bench.model.scenario import State
from bench.model.trial import ImageFacts, Trial, TrialStatus
from bench.model.verdict import Verdict
from bench.pure.comparison import compare, compare_axis
from bench.pure.metrics import ORDER
from bench.pure.sides import Question, Side
from bench.report.choices import ComparisonFormat
from bench.report.comparison import render_comparison
from bench.report.comparison_notes import comparison_note_texts
from bench.report.markdown import markdown_code, markdown_safe
from bench.report.units import MINUS
from bench.report.verdict_words import verdict_word
from tests.builders import START
from tests.pure.test_blame import timed
from tests.pure.test_comparison import failed
from tests.pure.test_step_alignment import dockerfile
from tests.report.test_tables import equals_snapshot
from tests.sides import LUCK, WEATHER, make_side, slower_head, with_trials

AXES = {"base": ("debian-12", "alpine-3.23"), "rev": ("main", "HEAD")}
SECONDS = (0.05, 0.8, 0.2)


def built(trial: Trial) -> Trial:
    """HEAD sleeps in one step on debian, misses a step of the warm build, makes a larger image; on alpine it fails."""
    head = trial.variant.endswith("HEAD")
    if trial.variant == "alpine-3.23-HEAD" and trial.state is State.COLD:
        return failed(trial, "exit code 1")
    names = ("COPY assets /srv", "RUN sleep 0.15 && make" if head else "RUN make", "RUN test -f /srv/out")
    noise = (1 + WEATHER[trial.round % 10]) * (1 + LUCK[(trial.round + 4 * head) % 10])
    seconds = [noise * each for each in (SECONDS[0], SECONDS[1] + 0.15 * head, SECONDS[2])]
    size = 90_000_000 if head else 83_000_000
    if trial.state is State.WARM:
        seconds = [0.0, 0.0, 0.0]
    made = timed(dockerfile(*names), seconds, engine_s=0.12 * noise)
    steps = tuple(_cached(step, trial.state) for step in made.steps)
    return msgspec.structs.replace(
        trial,
        wall_s=made.wall_s,
        time=made.time,
        steps=_missed(steps) if head else steps,
        image=ImageFacts(id="i", size_bytes=size, layers=3),
    )


def _cached(step: Step, state: State) -> Step:
    return msgspec.structs.replace(step, status=StepStatus.CACHED) if state is State.WARM else step


def _missed(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    why = MissReason(kind=MissKind.FILES_CHANGED, subjects=("assets/a.css",))
    return tuple(
        msgspec.structs.replace(step, status=StepStatus.EXECUTED, why=why) if step.kind is StepKind.COPY else step
        for step in steps
    )


def side(rounds: int = 10) -> Side:
    return with_trials(make_side(axes=AXES, rounds=rounds, states=(State.COLD, State.WARM)), built)


def revisions(rounds: int = 10) -> Comparison:
    return compare_axis(side(rounds), "rev")


def apart() -> Comparison:
    """Two runs, of which each has a variant of its own."""
    base = make_side(1.0, id="20261123-090000-quick", axes={"base": ("debian-12", "alpine-3.23")})
    head = make_side(
        1.2,
        id="20261124-110000-quick",
        axes={"base": ("debian-12", "ubuntu-24.04")},
        created_at=START + timedelta(hours=26),
        context_sha256="00",
    )
    return compare(base, head)


@pytest.mark.parametrize("width", [120, 80, 50])
def test_the_tables_look_as_they_did(width: int) -> None:
    assert equals_snapshot(render_comparison(revisions(), width=width), f"compare-{width}.txt")


def test_few_rounds_look_as_they_did() -> None:
    assert equals_snapshot(render_comparison(revisions(3), width=100), "compare-few.txt")


def test_typical_trials_that_say_something_else_than_the_medians_are_told_from_them() -> None:
    comparison = revisions()
    row = comparison.rows[0]
    assert row.base is not None
    base = msgspec.structs.replace(row.base, median=(row.base.median or 0.0) + 0.1)
    rows = (msgspec.structs.replace(row, base=base), *comparison.rows[1:])
    text = " ".join(render_comparison(msgspec.structs.replace(comparison, rows=rows), width=200).split())
    assert (
        "+0.15 s of wall time in the typical trials (the middle 6 of 10 pairs; the medians of all differ by +50 ms)"
        in text
    )


def test_two_runs_look_as_they_did() -> None:
    assert equals_snapshot(render_comparison(apart(), width=100), "compare-apart.txt")


def test_the_markdown_looks_as_it_did() -> None:
    assert equals_snapshot(render_comparison(revisions(), ComparisonFormat.MARKDOWN), "compare.md")


def test_the_json_is_the_whole_comparison() -> None:
    comparison = revisions()
    assert msgspec.json.decode(render_comparison(comparison, ComparisonFormat.JSON), type=Comparison) == comparison


@pytest.mark.parametrize("form", [ComparisonFormat.TABLE, ComparisonFormat.MARKDOWN])
def test_the_first_line_is_the_answer(form: ComparisonFormat) -> None:
    first = render_comparison(revisions(), form).splitlines()[0]
    assert first.strip("*") == "slower: 1 of 4 rows; same: 2; not judged: 1"


@pytest.mark.parametrize("width", [40, 50, 60, 80, 100, 120, 200])
def test_the_table_of_verdicts_fits_the_terminal(width: int) -> None:
    text = render_comparison(revisions(), width=width)
    table = text.split("\n\n")[2]
    assert max(map(len, table.splitlines())) <= width
    assert all(header in table for header in ("variant", "state", "verdict", "ratio"))


def test_the_blamed_step_is_in_the_text_and_the_table_adds_up() -> None:
    text = render_comparison(revisions(), width=120)
    block = text.split("debian-12, cold: ")[1].split("\n\n")[0]
    assert "[3] RUN sleep 0.15 && make" in block
    shares = re.findall(rf"({MINUS}?)(\d+) %", block)
    assert "everything else" in block
    assert sum(-int(share) if sign else int(share) for sign, share in shares) == pytest.approx(100, abs=1)


def test_a_step_that_missed_is_told_with_why() -> None:
    text = render_comparison(revisions(), width=140)
    assert "cache hit → miss" in text
    assert "changed: assets/a.css" in text


def test_the_words_fit_the_metric() -> None:
    assert [verdict_word(Verdict.SLOWER, metric) for metric in ("wall_s", "phase_pull_s", "cpu_s", "image_layers")] == [
        *("slower", "slower", "more", "more")
    ]
    assert verdict_word(Verdict.SLOWER, "image_size_bytes") == "larger"
    assert verdict_word(Verdict.FASTER, "disk_written_bytes") == "smaller"
    assert verdict_word(Verdict.SLOWER, "hit_ratio") == "lower"
    assert verdict_word(Verdict.FASTER, "cache_saved_s") == "more"


@pytest.mark.parametrize("metric", ORDER)
def test_better_and_worse_never_share_a_word(metric: str) -> None:
    words = {verdict_word(verdict, metric) for verdict in Verdict}
    assert len(words) == len(Verdict)


@pytest.mark.parametrize("metric", ["image_size_bytes", "memory_peak_bytes", "cpu_s", "image_layers", "hit_ratio"])
def test_any_metric_can_be_rendered(metric: str) -> None:
    comparison = compare_axis(side(), "rev", Question(metric=metric))
    for form in ComparisonFormat:
        assert render_comparison(comparison, form).endswith("\n")


def test_every_kind_of_note_has_its_words() -> None:
    comparison = apart()
    for kind in ComparisonNoteKind:
        note = msgspec.structs.replace(comparison.notes[0], kind=kind, subjects=("one", "two"), detail="7200", count=2)
        (text, *_) = comparison_note_texts(msgspec.structs.replace(comparison, rows=(), notes=(note,)))
        assert text.endswith((".", "--keep-disturbed"))


HOSTILE = "a|b\x1b[31m`c` <img src=x> *d* [e](f)\nnew"


def hostile() -> Comparison:
    def change(trial: Trial) -> Trial:
        made = built(trial)
        steps = tuple(msgspec.structs.replace(step, name=f"RUN {HOSTILE} {step.name}") for step in made.steps)
        if made.status is TrialStatus.FAILED:
            return msgspec.structs.replace(made, reason=HOSTILE)
        return msgspec.structs.replace(made, steps=steps)

    plain = with_trials(make_side(axes=AXES, states=(State.COLD, State.WARM)), change)
    comparison = compare_axis(plain, "rev")
    rows = tuple(msgspec.structs.replace(row, name=f"{row.name} {HOSTILE}") for row in comparison.rows)
    label = msgspec.structs.replace(comparison.base, label=HOSTILE)
    return msgspec.structs.replace(comparison, rows=rows, base=label)


def test_hostile_names_stay_on_their_line_of_a_terminal() -> None:
    text = render_comparison(hostile(), width=120)
    assert "\x1b" not in text
    assert "\nnew" not in text


def test_hostile_names_are_no_markup() -> None:
    text = render_comparison(hostile(), ComparisonFormat.MARKDOWN)
    assert "\x1b" not in text
    assert "\nnew" not in text
    outside = "\n".join(line for line in text.splitlines() if "`` " not in line)
    assert "<img" not in outside
    assert "](f)" not in outside.replace("\\](f)", "")
    for table in (part for part in text.split("\n\n") if part.startswith("|")):
        widths = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(widths) == 1


def test_markdown_keeps_words_as_they_are() -> None:
    assert markdown_safe("debian-12 image_size_bytes 100 %") == "debian-12 image_size_bytes 100 %"
    assert markdown_code("RUN make") == "`RUN make`"
    assert markdown_code("RUN `a` ``b``") == "``` RUN `a` ``b`` ```"


def test_the_rows_of_the_slower_head_say_so() -> None:
    comparison = compare_axis(make_side(slower_head(0.1), axes=AXES), "rev")
    assert render_comparison(comparison).startswith("slower: 2 of 2 rows\n")
