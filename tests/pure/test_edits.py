from pathlib import Path

import pytest

from bench.errors import InputError
from bench.model.build import Step, StepKind, StepStatus
from bench.model.scenario import Edit, EditAction, Scenario, State
from bench.pure.dockerfile_steps import read_instructions
from bench.pure.edits import steps_that_hit, steps_that_miss
from bench.pure.scenario_file import parse_scenario

HEAD = 'title = "x"\n'


def parse(text: str) -> Scenario:
    return parse_scenario(HEAD + text, name="x", folder=Path("/x"), file="scenario.toml", known_bases=())


def test_an_edit_means_what_its_file_says() -> None:
    scenario = parse(
        'states = ["warm", "edit-source"]\n[edits.source]\nfile = "a.c"\nreplace = "old"\nwith = "@TRIAL@"\n'
        '[edits.deps]\nshell = "date > stamp"\n'
    )
    assert scenario.edits == {
        State.EDIT_SOURCE: Edit(action=EditAction.REPLACE, file="a.c", text="old", new="@TRIAL@"),
        State.EDIT_DEPS: Edit(action=EditAction.SHELL, text="date > stamp"),
    }
    assert scenario.edits[State.EDIT_SOURCE].is_unique
    assert not scenario.edits[State.EDIT_DEPS].is_unique
    assert scenario.states == (State.WARM, State.EDIT_SOURCE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('states = ["edit-deps"]', "scenario.toml:2: states[0]: the state edit-deps needs an edit"),
        ('[edits.source]\nfile = "a"', "exactly one of append, replace, touch, copy, delete, shell; this one has none"),
        ('[edits.source]\nfile = "a"\ntouch = true\ndelete = true', "this one has touch and delete"),
        ('[edits.source]\nfile = "a"\nreplace = "x"', "`replace` and `with` go together"),
        ("[edits.source]\ntouch = true", "touch needs a file"),
        ('[edits.source]\nfile = "a"\nshell = "true"', "a shell command names no file"),
        ('[edits.source]\nfile = "../a"\ntouch = true', "edits.source.file: '../a' leaves the build context"),
        ('[edits.source]\nfile = "a"\ncopy = "/etc/x"', "'/etc/x' leaves the build context"),
        ('[edits.sauce]\nfile = "a"', "unknown key 'edits.sauce' (did you mean 'source'?)"),
    ],
)
def test_a_wrong_edit_is_refused_by_name_and_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert words in caught.value.message


DOCKERFILE = """FROM base AS deps
WORKDIR /app
COPY package.json .
RUN install
FROM deps AS build
COPY lib/ lib/
RUN compile
FROM base AS docs
COPY manual/ .
RUN render
FROM base
RUN useradd app
COPY --from=build /app/out /srv
COPY --link server.js /srv/
RUN finish
"""


def steps() -> list[Step]:
    return [
        Step(
            digest="",
            name=instruction.text,
            kind=instruction.kind,
            stage=instruction.stage,
            position=instruction.position,
            status=StepStatus.EXECUTED,
            start_s=None,
            duration_s=None,
        )
        for instruction in read_instructions(DOCKERFILE)
        if instruction.kind is not StepKind.FROM
    ]


def names(found: tuple[Step, ...]) -> list[str]:
    return [step.name for step in found]


@pytest.mark.parametrize(
    ("edited", "misses", "hits"),
    [
        (
            "package.json",
            ["COPY package.json .", "RUN install", "COPY lib/ lib/", "RUN compile"],
            ["WORKDIR /app", "COPY manual/ .", "RUN render", "RUN useradd app"],
        ),
        (
            "lib/deep/a.js",
            ["COPY lib/ lib/", "RUN compile"],
            ["WORKDIR /app", "COPY package.json .", "RUN install", "COPY manual/ .", "RUN render", "RUN useradd app"],
        ),
        (
            "server.js",
            ["COPY --link server.js /srv/", "RUN finish"],
            [
                *("WORKDIR /app", "COPY package.json .", "RUN install", "COPY lib/ lib/", "RUN compile"),
                *("COPY manual/ .", "RUN render", "RUN useradd app"),
            ],
        ),
        ("README.md", [], None),
    ],
)
def test_what_an_edit_makes_stale_and_what_it_leaves(edited: str, misses: list[str], hits: list[str] | None) -> None:
    found = steps_that_miss(DOCKERFILE, steps(), [edited])
    assert names(found) == misses
    if hits is not None:
        assert names(steps_that_hit(DOCKERFILE, steps(), found)) == hits
