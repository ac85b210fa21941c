from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bench.errors import ExitCode, IncomparableError, UsageError
from bench.model.build import BuilderKind
from bench.model.comparison import ComparisonNote, ComparisonNoteKind
from bench.model.environment import Fact
from bench.model.scenario import Edit, EditAction, State
from bench.pure.comparability import OWN_FIELDS, check_comparable
from bench.pure.sides import Side, match_sides
from tests.builders import make_base, make_engine
from tests.sides import make_side


def check(
    head: Side, *across: str, base: Side | None = None, states: tuple[State, ...] = (State.COLD,)
) -> tuple[ComparisonNote, ...]:
    base = base or make_side(id="base")
    return check_comparable(base, head, match_sides(base, head), states, across)


OTHERS: dict[str, dict[str, Any]] = {
    "storage_driver": {"engine": make_engine(storage_driver="btrfs")},
    "docker_version": {"engine": make_engine(server_version="27.0.0")},
    "builder": {"builder": BuilderKind.CLASSIC},
    "drop_page_cache": {"drop_page_cache": True},
    "platform": {"platform": "linux/arm64"},
    "bases": {"bases": (msgspec.structs.replace(make_base(), digest="sha256:" + "cd" * 32),)},
}


@pytest.mark.parametrize("field", OTHERS)
def test_what_must_match_is_refused_by_its_name_and_allowed_when_that_is_the_point(field: str) -> None:
    head = make_side(id="head", **OTHERS[field])
    with pytest.raises(IncomparableError, match=f"they differ in {field}") as refused:
        check(head)
    assert refused.value.exit_code is ExitCode.USAGE
    assert refused.value.remedy is not None
    assert refused.value.remedy.endswith(f"--across {field}")
    for across in (field, "all"):
        assert [(note.kind, note.subjects) for note in check(head, across)] == [(ComparisonNoteKind.ACROSS, (field,))]


def test_every_field_that_differs_is_named_in_one_go() -> None:
    head = make_side(id="head", **OTHERS["builder"], **OTHERS["storage_driver"])
    with pytest.raises(IncomparableError) as refused:
        check(head)
    assert "builder (builder: buildkit, classic)" in refused.value.message
    assert "storage_driver (storage driver: overlay2, btrfs)" in refused.value.message
    assert str(refused.value.remedy).endswith("--across builder,storage_driver")
    with pytest.raises(IncomparableError, match=r"differ in storage_driver \("):
        check(head, "builder")


def test_runs_of_other_scenarios_are_refused() -> None:
    head = make_side(id="head")
    plan = msgspec.structs.replace(head.run.plan, scenario="other")
    with pytest.raises(IncomparableError, match=r"scenario \(scenario: quick, other\)"):
        check(msgspec.structs.replace(head, run=msgspec.structs.replace(head.run, plan=plan)))


def test_a_base_that_only_one_side_uses_may_be_another() -> None:
    head = make_side(id="head", axes={"base": ("debian-12", "alpine-3.23")})
    other = msgspec.structs.replace(make_base("alpine-3.23"), digest="sha256:00")
    head = msgspec.structs.replace(head, run=msgspec.structs.replace(head.run, bases=(make_base(), other)))
    assert check(head) == ()


def test_where_bases_are_pulled_from_matters_only_where_they_are() -> None:
    head = make_side(id="head", local_registry=True)
    assert check(head) == ()
    with pytest.raises(IncomparableError, match="local_registry"):
        check(head, states=(State.COLD, State.PULL))


def test_what_may_matter_is_a_note_and_what_is_not_known_too() -> None:
    base = make_side(id="base", fingerprint={"kernel": Fact(value="6.1"), "cpu_model": Fact(value="A CPU")})
    machine = msgspec.structs.replace(base.run.machine, hostname="other")
    edits = {State.EDIT_SOURCE: Edit(action=EditAction.TOUCH, file="a")}
    head = make_side(
        id="head",
        fingerprint={"kernel": Fact(value="6.12"), "cpu_model": Fact(absent="unreadable")},
        context_sha256="another",
        args={"TOKEN": "secret"},
        machine=machine,
        edits=edits,
    )
    notes = check(head, base=base)
    assert {note.kind for note in notes} == {ComparisonNoteKind.DIFFERS}
    assert [note.subjects[0] for note in notes] == [
        "cpu_model",
        "kernel",
        "hostname",
        "context_sha256",
        "args",
        "edits",
    ]
    assert "secret" not in str(notes)


def test_two_sides_of_one_run_differ_in_nothing() -> None:
    base, head = (make_side(axes={"base": ("a", "b")}, variant=variant) for variant in ("a", "b"))
    assert check(head, base=base) == ()


def test_when_runs_were_made_is_no_difference() -> None:
    base = make_side(id="base")
    assert check(make_side(id="head", created_at=base.run.created_at + timedelta(days=9)), base=base) == ()


def test_a_field_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no field 'storage_drivr' \\(did you mean 'storage_driver'"):
        check(make_side(id="head"), "storage_drivr")


def test_the_fields_are_named_as_in_the_record() -> None:
    assert set(OWN_FIELDS) - {"scenario"} <= set(make_side().run.__struct_fields__)
