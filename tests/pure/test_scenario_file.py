from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.errors import ExitCode, InputError
from bench.model.scenario import Axis, Level, Limits, Scenario, SmokeTest, State
from bench.pure import dockerfile
from bench.pure.scenario_file import RESERVED_NAMES, parse_scenario

BASES = {"debian-12", "alpine-3.23", "busybox"}
GOOD = """\
title = "Toy"
template = "Dockerfile.j2"
[axes]
base = ["debian-12", "alpine-3.23"]
stages = ["single", "multi"]
[levels.stages.multi]
copies = 2
[[exclude]]
base = ["alpine-3.23", "busybox"]
stages = "multi"
[[include]]
base = "alpine-3.23"
stages = "multi"
[args]
VERSION = "3"
[smoke]
command = ["/app", "--version"]
output = '^3\\.'
timeout_s = 5
[limits]
timeout_s = 90
"""


def parse(text: str) -> Scenario:
    return parse_scenario(text, name="toy", folder=Path("/toy"), file="toy/scenario.toml", known_bases=BASES)


def test_a_scenario_means_what_its_file_says() -> None:
    assert parse(GOOD) == Scenario(
        name="toy",
        title="Toy",
        description="",
        folder=Path("/toy"),
        template=Path("/toy/Dockerfile.j2"),
        context=Path("/toy/context"),
        axes=(
            Axis(name="base", levels=(Level(name="debian-12"), Level(name="alpine-3.23"))),
            Axis(name="stages", levels=(Level(name="single"), Level(name="multi", values={"copies": 2}))),
        ),
        exclude=({"base": ("alpine-3.23", "busybox"), "stages": ("multi",)},),
        include=({"base": "alpine-3.23", "stages": "multi"},),
        states=(State.COLD, State.WARM),
        args={"VERSION": "3"},
        platform=None,
        smoke=SmokeTest(command=("/app", "--version"), output=r"^3\.", timeout_s=5.0),
        limits=Limits(timeout_s=90.0),
    )


def test_a_title_is_all_that_a_scenario_needs() -> None:
    scenario = parse('title = "Bare"')
    assert scenario.axes == ()
    assert scenario.states == (State.COLD, State.WARM)
    assert scenario.template == Path("/toy/Dockerfile.j2")


def test_states_keep_their_own_order_whatever_the_file_says() -> None:
    assert parse('title = "x"\nstates = ["warm", "cold", "warm"]').states == (State.COLD, State.WARM)


# (what to replace, by what, the line that the error names, what it says)
WRONG: Mapping[str, tuple[str, str, int, str]] = {
    "no title": ('title = "Toy"', "", 1, "title: this key is missing"),
    "empty title": ('title = "Toy"', 'title = ""', 1, "title: expected a string that is not empty"),
    "unknown key": ("title", "titel", 1, r"unknown key 'titel' \(did you mean 'title'\?\)"),
    "unknown table": ("[smoke]", "[smok]", 16, r"unknown key 'smok' \(did you mean 'smoke'\?\)"),
    "unknown key in smoke": ("command", "comand", 17, r"unknown key 'smoke.comand' \(did you mean 'command'\?\)"),
    "unknown key in limits": ("timeout_s = 90", "timeout = 90", 21, r"'limits.timeout' \(did you mean 'timeout_s'\?\)"),
    "malformed": ("copies = 2", "copies = ", 7, "not valid TOML"),
    "title of the wrong type": ('"Toy"', "3", 1, "title: expected a string, got a whole number"),
    "axis of the wrong type": ('["single", "multi"]', '"single"', 5, "axes.stages: expected a list, got a string"),
    "level of the wrong type": (
        '"single", ',
        '"single", 2.5, ',
        5,
        r"axes.stages\[1\]: expected a string, got a number",
    ),
    "value table of the wrong type": (
        "[levels.stages.multi]\ncopies = 2",
        "[levels.stages]\nsingle = {}\nmulti = 3",
        8,
        "levels.stages.multi: expected a table, got a whole number",
    ),
    "arg of the wrong type": (
        'VERSION = "3"',
        "VERSION = 3",
        15,
        "args.VERSION: expected a string, got a whole number",
    ),
    "limit of the wrong type": ("= 90", '= "90"', 21, "limits.timeout_s: expected a number, got a string"),
    "limit that is none": ("= 90", "= inf", 21, "limits.timeout_s: expected a number <= 604800"),
    "limit that is no number": ("= 90", "= nan", 21, "limits.timeout_s: expected a number > 0"),
    "exclude of the wrong type": (
        'stages = "multi"\n[[include',
        "stages = 1\n[[include",
        10,
        r"exclude\[0\].stages: exp",
    ),
    "unknown state": ("[axes]", 'states = ["cold", "wram"]\n[axes]', 3, r"unknown state 'wram' \(did you mean 'warm'"),
    "no state": ("[axes]", "states = []\n[axes]", 3, "states: expected a list that is not empty"),
    "axis with no level": ('["single", "multi"]', "[]", 5, "the axis 'stages' has no level"),
    "level twice": (
        '"single", ',
        '"multi", ',
        5,
        r"axes.stages\[1\]: the level 'multi' of the axis 'stages' is there tw",
    ),
    "level that is no name": ('"single", ', '"-x", ', 5, "'-x' cannot be the name of a level"),
    "level with a newline": ('"single", ', '"x\\n", ', 5, "cannot be the name of a level"),
    "axis that is no name": (
        "[levels",
        '"a b" = ["x"]\n[levels',
        6,
        "axes.\"a b\": 'a b' cannot be the name of an axis",
    ),
    "axis that templates use": ("[levels", 'run = ["x"]\n[levels', 6, "templates use it for something else"),
    "axis that Python uses": ("[levels", 'if = ["x"]\n[levels', 6, "templates use it for something else"),
    "unknown base": ('"debian-12", ', '"debain-12", ', 4, r"unknown base 'debain-12' \(did you mean 'debian-12'\?\)"),
    "values of an unknown axis": ("levels.stages", "levels.stage", 6, r"unknown axis 'stage' \(did you mean 'stages'"),
    "values of an unknown level": ("stages.multi]", "stages.mutli]", 6, "unknown level of the axis stages 'mutli'"),
    "value that cannot be read": ("copies = 2", "no-copies = 2", 7, "'no-copies' cannot be the name of a value"),
    "value that the catalogue gives": (
        "stages.multi]\ncopies",
        "base.debian-12]\nfamily",
        7,
        "comes from the catalogue",
    ),
    "exclude of an unknown axis": (
        'stages = "multi"\n[[i',
        'stage = "multi"\n[[i',
        10,
        "exclude.0..stage: unknown axis",
    ),
    "exclude of an unknown level": ('"multi"\n[[i', '"mutli"\n[[i', 10, r"'mutli' \(did you mean 'multi'\?\)"),
    "exclude of everything": (
        'base = ["alpine-3.23", "busybox"]\nstages = "multi"',
        "",
        8,
        "a table that is not empty",
    ),
    "exclude of no level": ('["alpine-3.23", "busybox"]', "[]", 9, "an empty list names no level"),
    "include of an unknown level": ('"multi"\n[args', '"mutli"\n[args', 13, "include.0..stages: unknown level"),
    "include of a base that is no level": (
        'base = "alpine-3.23"',
        'base = "busybox"',
        12,
        "unknown level of the axis base",
    ),
    "include without an axis": ('stages = "multi"\n[args', "[args", 11, "names every axis; missing here: stages"),
    "template outside": (
        '"Dockerfile.j2"',
        '"../Dockerfile.j2"',
        2,
        "template: the template '../D.* leaves the scenario's",
    ),
    "template outside, hidden": ('"Dockerfile.j2"', '"a/../../b"', 2, "leaves the scenario's folder"),
    "template absolute": ('"Dockerfile.j2"', '"/etc/passwd"', 2, "leaves the scenario's folder"),
    "context outside": (
        "[axes]",
        'context = "/etc"\n[axes]',
        3,
        "context: the context '/etc' leaves the scenario's folder",
    ),
    "platform": ("[axes]", 'platform = "linux"\n[axes]', 3, "platform: 'linux' is not a platform"),
    "arg that is no name": ("VERSION", '"a b"', 15, "cannot be the name of a build arg"),
    "smoke without command": ('command = ["/app", "--version"]', "", 16, "smoke.command: this key is missing"),
    "smoke with an empty command": (
        '["/app", "--version"]',
        "[]",
        17,
        "smoke.command: expected a list that is not empty",
    ),
    "smoke with an empty program": ('["/app", "--version"]', '[""]', 17, "the command's first word is empty"),
    "smoke with a command line": ('["/app", "--version"]', '"/app -v"', 17, "expected a list, got a string"),
    "smoke with a bad pattern": (r"'^3\.'", "'('", 18, "not a regular expression"),
    "smoke with an impossible exit code": ("timeout_s = 5", "exit_code = 256", 19, "expected a whole number <= 255"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named_with_its_line(case: str) -> None:
    old, new, line, words = WRONG[case]
    assert old in GOOD
    with pytest.raises(InputError, match=words) as caught:
        parse(GOOD.replace(old, new, 1))
    assert caught.value.message.startswith(f"toy/scenario.toml:{line}: ")
    assert caught.value.exit_code == ExitCode.USAGE


def test_the_culprit_is_named_among_many_keys_of_the_same_table() -> None:
    tables = "".join(f"[levels.stages.l{number}]\nx = 1\n" for number in range(20))
    levels = ", ".join(f'"l{number}"' for number in range(20))
    text = f'title = "x"\n[axes]\nstages = [{levels}]\n{tables}[levels.other]\nfine = {{}}\nwrong = 1\nworse = 2\n'
    with pytest.raises(InputError, match=r"scenario.toml:46: levels.other.wrong: expected a table"):
        parse(text)


def test_a_command_line_in_place_of_a_list_is_shown_as_one() -> None:
    with pytest.raises(InputError) as caught:
        parse(GOOD.replace('["/app", "--version"]', '"cat x"', 1))
    assert caught.value.remedy == 'write a list: command = ["sh", "-c", "cat x"]'


def test_the_remedy_lists_what_there_is() -> None:
    with pytest.raises(InputError) as caught:
        parse(GOOD.replace('"debian-12"', '"slackware"'))
    assert caught.value.remedy == "one of: alpine-3.23, busybox, debian-12"


def test_no_axis_can_hide_a_name_that_templates_use() -> None:
    assert dockerfile.RESERVED_NAMES <= RESERVED_NAMES
