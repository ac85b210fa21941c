"""What a `scenario.toml` says, word for word: the types that its text is checked against.

`bench.pure.scenario_file` turns them into what a scenario means; `bench.pure.schema` makes the JSON Schema of them, so
the descriptions and examples here are what editors show, and what docs/SCENARIO-REFERENCE.md is made of.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from bench.model.scenario import DEFAULT_STATES, State

AXIS_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
LEVEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
ARG_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
LONGEST_TIMEOUT_S = 604_800.0

PLATFORM = r"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?$"

# The patterns are for editors: `scenario_file` checks the same things, with clearer words.
LevelName = Annotated[str, Meta(extra_json_schema={"pattern": LEVEL_NAME})]
Levels = Annotated[list[LevelName], Meta(extra_json_schema={"minItems": 1, "uniqueItems": True})]
NonEmpty = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(gt=0, le=LONGEST_TIMEOUT_S)]


class WireSmoke(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command that is run once in each variant's image, without network, and what it must give."""

    command: Annotated[
        list[str],
        Meta(
            min_length=1,
            description=(
                "The program and its arguments. It replaces the image's entrypoint, and runs as the image's user in "
                "its working directory."
            ),
            examples=[["python3", "-c", "import web; print('fine')"]],
        ),
    ]
    exit_code: Annotated[int, Meta(ge=0, le=255, description="The exit code that it must end with.", examples=[3])] = 0
    output: Annotated[
        str | None,
        Meta(
            description="A regular expression (Python) that its output must match somewhere. Left out: any output.",
            examples=["^fine"],
        ),
    ] = None
    timeout_s: Annotated[Seconds, Meta(description="Seconds until it is stopped.", examples=[30])] = 60.0


class WireLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a build may take."""

    timeout_s: Annotated[
        Seconds, Meta(description="Seconds until a build is stopped and recorded as a timeout.", examples=[600])
    ] = 1800.0


class WireEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change to a copy of the build context: exactly one of append, replace, touch, copy, delete and shell."""

    file: Annotated[
        NonEmpty | None,
        Meta(
            description="The file that is changed, relative to the build context. All but `shell` need it.",
            examples=["web/__init__.py"],
        ),
    ] = None
    append: Annotated[
        NonEmpty | None,
        Meta(
            description=(
                "Text put at the file's end; @TRIAL@ becomes the trial's name, so that each round makes an edit that "
                "no cache knows. Without it, each such trial begins with an empty cache and takes a whole build more."
            ),
            examples=["\n# edited in @TRIAL@\n"],
        ),
    ] = None
    replace: Annotated[
        NonEmpty | None,
        Meta(
            description="Text of the file that gives way to `with`, wherever it stands.",
            examples=['"name": "web"'],
        ),
    ] = None
    with_: Annotated[
        str | None,
        Meta(
            description="What takes the place of `replace`; @TRIAL@ becomes the trial's name.",
            examples=['"edited": "@TRIAL@", "name": "web"'],
        ),
    ] = msgspec.field(default=None, name="with")
    touch: Annotated[
        bool, Meta(description="Change nothing but the file's time, which no builder minds.", examples=[True])
    ] = False
    copy: Annotated[
        NonEmpty | None,
        Meta(
            description="Where the file is copied to, relative to the build context.",
            examples=["web/another.py"],
        ),
    ] = None
    delete: Annotated[bool, Meta(description="Remove the file.", examples=[True])] = False
    shell: Annotated[
        NonEmpty | None,
        Meta(
            description="A shell command, run in the copy of the context; @TRIAL@ becomes the trial's name.",
            examples=["date > web/build-date.txt"],
        ),
    ] = None


class WireEdits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The edits behind the states edit-source and edit-deps."""

    source: Annotated[
        WireEdit | None, Meta(description="A changed source file: what the state edit-source builds.")
    ] = None
    deps: Annotated[
        WireEdit | None, Meta(description="A changed list of dependencies: what the state edit-deps builds.")
    ] = None


class WireScenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Buildmark scenario: one application, and the axes along which its Dockerfile varies."""

    title: Annotated[
        str, Meta(min_length=1, description="One line that says what is built.", examples=["A small web service"])
    ]
    description: Annotated[
        str,
        Meta(
            description="What the scenario stands for, and why it is made this way.",
            examples=["A service of three packages, as most are: dependencies change seldom, sources often."],
        ),
    ] = ""
    template: Annotated[
        str,
        Meta(
            min_length=1,
            description="The Dockerfile template (Jinja), relative to the scenario's folder.",
            examples=["service.Dockerfile.j2"],
        ),
    ] = "Dockerfile.j2"
    context: Annotated[
        str,
        Meta(
            min_length=1,
            description=(
                "The folder of the build context, relative to the scenario's folder. It may lead out of that folder "
                "(../..), but not out of the project: the git repository, else the folder that holds scenarios/."
            ),
            examples=["../.."],
        ),
    ] = "context"
    states: Annotated[
        list[State],
        Meta(
            min_length=1,
            description="The cache states to measure. Left out: cold and warm.",
            examples=[["cold", "warm", "edit-source"]],
        ),
    ] = msgspec.field(default_factory=lambda: list(DEFAULT_STATES))
    platform: Annotated[
        str | None,
        Meta(
            description="The platform to build for, such as linux/arm64. Left out: the engine's own.",
            examples=["linux/amd64", "linux/arm64"],
        ),
    ] = None
    axes: Annotated[
        dict[str, Levels],
        Meta(
            description=(
                "One list of level names per axis. The first level is the reference that effects are measured against. "
                "The level of each axis is a variable of the template, so an axis is named with letters, digits and "
                "underscores, no digit first. A level may have '.', '_' and '-' behind a letter or digit. The axis "
                "`base` names base images (`buildmark bases`)."
            ),
            examples=[{"base": ["debian-12", "alpine-3.23"], "server": ["gunicorn", "waitress"]}],
            extra_json_schema={"propertyNames": {"pattern": AXIS_NAME}},
        ),
    ] = {}
    levels: Annotated[
        dict[str, dict[str, dict[str, Any]]],
        Meta(
            description="[levels.AXIS.LEVEL]: values that the template reads as AXIS.KEY when that level is chosen.",
            examples=[{"server": {"gunicorn": {"package": "gunicorn==23.0.0", "workers": 2}}}],
        ),
    ] = {}
    exclude: Annotated[
        list[Annotated[dict[str, str | list[str]], Meta(min_length=1)]],
        Meta(
            description="Combinations to leave out: a level, or a list of levels, for some of the axes.",
            examples=[[{"base": "alpine-3.23", "server": ["gunicorn", "waitress"]}]],
        ),
    ] = []
    include: Annotated[
        list[dict[str, str]],
        Meta(
            description="Combinations to put back after the excludes: one level for every axis.",
            examples=[[{"base": "alpine-3.23", "server": "waitress"}]],
        ),
    ] = []
    args: Annotated[
        dict[str, str],
        Meta(
            description="Build args passed to every variant.",
            examples=[{"VERSION": "1.0.0"}],
            extra_json_schema={"propertyNames": {"pattern": ARG_NAME}},
        ),
    ] = {}
    smoke: Annotated[
        WireSmoke | None,
        Meta(description="Left out: no image is tried. A variant whose image fails it counts in no number."),
    ] = None
    edits: Annotated[
        WireEdits, Meta(description="What the states edit-source and edit-deps change in a copy of the context.")
    ] = WireEdits()
    limits: Annotated[WireLimits, Meta(description="The limits of each build.")] = WireLimits()
