"""A Dockerfile that somebody else wrote becomes a scenario that renders to the same text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import InputError
from bench.model.draft import Draft
from bench.model.scenario import Base, BaseSource, EditAction, Family, SourceKind, State, base_ref
from bench.pure.dockerfile_lines import logical_lines
from bench.pure.dockerfile_stages import Place
from bench.pure.known_images import known_image
from bench.pure.own_template import own_template
from bench.pure.scenario_draft import draft_scenario
from bench.pure.scenario_file import parse_scenario
from bench.pure.scenario_text import quoted, scenario_toml
from tests.own_projects import PROJECTS
from tests.pure.templates import axis, rendered


def base(name: str, family: Family, ref: str) -> Base:
    return Base(name=name, title=name, family=family, sources=(BaseSource(kind=SourceKind.REGISTRY, ref=ref),))


CATALOGUE: Mapping[str, Base] = {
    one.name: one
    for one in (
        base("ubuntu-24.04", Family.APT, "ubuntu:24.04"),
        base("debian-12", Family.APT, "debian:12"),
        base("debian-12-slim", Family.APT, "debian:12-slim"),
        base("alpine-3.23", Family.APK, "alpine:3.23"),
        base("alpine-3.22", Family.APK, "alpine:3.22"),
        base("busybox", Family.NONE, "busybox:1.37"),
    )
}


def draft(text: str, *files: str, **texts: str) -> Draft:
    return draft_scenario(text, file="Dockerfile", files=[*files, *texts], texts=texts, catalogue=CATALOGUE)


def rendering(made: Draft) -> str:
    """What the first variant's Dockerfile says: the Dockerfile's own base, or the one variant that there is."""
    if not made.bases:
        return rendered(made.template, axes=(), without_base=True)
    return rendered(made.template, axes=(axis("base", "debian-12"),))


def said(sentences: tuple[str, ...]) -> str:
    return "\n".join(sentences)


# -- the text stays


@pytest.mark.parametrize("name", PROJECTS)
def test_a_projects_dockerfile_comes_back_word_for_word_but_for_its_base(name: str) -> None:
    text = PROJECTS[name]["Dockerfile"]
    made = draft(text, *PROJECTS[name])
    images = re.compile(r"(?im)^(FROM )(?:docker\.io/library/)?(debian|alpine):\S+")
    assert rendering(made) == images.sub(rf"\g<1>{base_ref('debian-12')}", text)


PIECES = st.sampled_from(
    [
        *[
            "{{",
            "{%",
            "{#",
            "}}",
            "%}",
            "#}",
            "{",
            "}",
            "-",
            "raw",
            "endraw",
            "base.ref",
            "#",
            "\\",
            "é",
            '"',
            "'",
            "RUN",
            "<<E",
        ],
        "{% endraw %}",
        "{% raw %}",
        *" \n\r\t\x0c\u2028",
        "\\\n",
        "{%- endraw -%}",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_a_dockerfile_holds_its_template_gives_back(noise: str) -> None:
    text = f"FROM stranger\n{noise}".replace("\r\n", "\n")
    assert rendered(own_template(text, ()), axes=(), without_base=True) == text


@given(st.lists(PIECES, max_size=20).map("".join))
def test_beside_a_replaced_base_as_well(noise: str) -> None:
    flat = noise.replace("\n", " ")
    text = f"FROM debian:12 AS {flat}\n{noise}".replace("\r\n", "\n")
    made = own_template(text, [Place(line=1, start=5, end=14)])
    assert rendered(made, axes=(axis("base", "debian-12"),)) == text.replace("debian:12", base_ref("debian-12"), 1)


def test_directives_comments_and_continued_lines_stay() -> None:
    directives = "# syntax=docker/dockerfile:1\n# escape=`\n\n# why\n"
    text = f"{directives}FROM `\n  # in between\n  debian:12 `\n  AS x\nRUN a `\n b\n"
    made = draft(text)
    assert made.bases[0] == "debian-12"
    assert rendering(made) == text.replace("debian:12", base_ref("debian-12"))
    assert "docker/dockerfile:1" in said(made.warned)


def test_line_ends_of_another_system_become_lf_and_that_is_told() -> None:
    text = "FROM debian:12\r\nRUN a \\\r\n  && b\r\nRUN <<EOF\r\n{{ x }}\r\nEOF\r\n"
    made = draft(text)
    assert rendering(made) == text.replace("\r\n", "\n").replace("debian:12", base_ref("debian-12"))
    assert "CRLF" in said(made.left)


def test_a_megabyte_of_instructions_is_no_trouble() -> None:
    text = "FROM debian:12\n" + "RUN echo {{ x }} && \\\n  echo y\n" * 33_000
    made = draft(text)
    assert rendering(made) == text.replace("debian:12", base_ref("debian-12"))
    assert "2,000" in said(made.left)


def test_a_line_of_a_megabyte_is_none_either() -> None:
    text = f"FROM debian:12\nRUN echo {'{{ ' * 300_000}\nCOPY a b\n"
    assert rendering(draft(text)) == text.replace("debian:12", base_ref("debian-12"))


def test_thousands_of_stages_and_of_files_are_none_either() -> None:
    stages = "".join(f"FROM s{number} AS s{number + 1}\n" for number in range(3_000))
    assert draft(f"FROM debian:12 AS s0\n{stages}").bases[0] == "debian-12"
    copies = draft("FROM debian:12\n" + "COPY a b\n" * 1_900, *(f"f{number}" for number in range(2_000)))
    assert "too many files" in said(copies.left)


def test_lines_end_where_builders_end_them() -> None:
    found = list(logical_lines("FROM a\nRUN x\x0cy\u2028z\nRUN <<E\nb\x0bc\nE\nCMD d"))
    assert [(line.numbers, line.bodies) for line in found] == [
        ((1,), ()),
        ((2,), ()),
        ((3,), ("b\x0bc", "E")),
        ((6,), ()),
    ]


# -- what cannot be built


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Dockerfile:1: there is no FROM"),
        ("# nothing\n\nARG X=1\n", "Dockerfile:3: there is no FROM"),
        ("\n\nRUN make\n", "Dockerfile:3: 'RUN' stands before any FROM"),
        ("FROM\n", "Dockerfile:1: FROM names no image"),
        ("FROM a\nFROM b c d\n", "Dockerfile:2: FROM 'b c d' cannot be read"),
        ("FROM debian:12 AS\n", "Dockerfile:1: FROM 'debian:12 AS' cannot be read"),
        ("RUN <<EOF\nFROM debian:12\nEOF\n", "Dockerfile:1: 'RUN' stands before any FROM"),
    ],
)
def test_a_file_that_no_builder_could_begin_with_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        draft(text)
    assert caught.value.message.startswith(words)
    assert caught.value.remedy


def test_an_unknown_instruction_stays_and_is_told() -> None:
    made = draft("FROM debian:12\nRUNN make\n")
    assert "line 2: 'RUNN' is no instruction known here" in said(made.left)
    assert "RUNN make" in made.template


# -- the base


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("debian:12", "debian-12"),
        ("debian:12-slim", "debian-12-slim"),
        ("docker.io/library/debian:bookworm-slim", "debian-12-slim"),
        ("library/ubuntu:noble", "ubuntu-24.04"),
        ("debian:12.9", "debian-12"),
        ("debian:bookworm-20250407-slim", "debian-12-slim"),
        ("alpine:3.23.2", "alpine-3.23"),
        ("busybox:1.37", "busybox"),
        ("debian", None),
        ("alpine:latest", None),
        ("alpine:3", None),
        ("debian:11", None),
        ("debian:bookworm-backports", None),
        ("python:3.12-slim", None),
        ("ghcr.io/somebody/debian:12", None),
        ("debian:12@sha256:0000", None),
        ("scratch", None),
        ("", None),
    ],
)
def test_an_image_is_a_base_only_where_that_is_certain(image: str, name: str | None) -> None:
    found = known_image(image, CATALOGUE)
    assert (found.base if found else None) == name


def test_the_first_level_is_the_dockerfiles_own_and_the_family_follows() -> None:
    made = draft("FROM debian:12-slim\n")
    assert made.bases == ("debian-12-slim", "ubuntu-24.04", "debian-12")
    assert made.template == "FROM {{ base.ref }}\n"


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("FROM debian:12 AS a\nFROM debian:12\n", "FROM {{ base.ref }} AS a\nFROM {{ base.ref }}\n"),
        ("FROM debian:12 AS a\nFROM A\n", "FROM {{ base.ref }} AS a\nFROM A\n"),
        ("FROM golang:1.22 AS a\nFROM alpine:3.23\n", "FROM golang:1.22 AS a\nFROM {{ base.ref }}\n"),
        ("FROM debian:12 AS a\nFROM scratch\n", "FROM {{ base.ref }} AS a\nFROM scratch\n"),
        ("FROM debian:12 AS a\nFROM debian:12-slim\n", "FROM debian:12 AS a\nFROM {{ base.ref }}\n"),
        ("ARG B=debian:12\nFROM $B\n", "ARG B=debian:12\nFROM {{ base.ref }}\n"),
        ("ARG T=12\nFROM debian:${T}-slim AS x\n", "ARG T=12\nFROM {{ base.ref }} AS x\n"),
        ("FROM debian:${T:-12}\n", "FROM {{ base.ref }}\n"),
        (
            "FROM --platform=$BUILDPLATFORM debian:12 AS a\nFROM a\n",
            "FROM --platform=$BUILDPLATFORM {{ base.ref }} AS a\nFROM a\n",
        ),
        ("from\tdebian:12\tas\tx\n", "from\t{{ base.ref }}\tas\tx\n"),
        ('FROM "debian:12"\n', "FROM {{ base.ref }}\n"),
    ],
)
def test_the_stages_of_the_final_base_stand_on_the_axis(text: str, template: str) -> None:
    made = draft(text)
    assert made.template == template
    assert made.bases


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FROM scratch\nCOPY a /\n", "no axis base: FROM scratch starts from nothing"),
        ("FROM python:3.12-slim\n", "FROM python:3.12-slim stays as it is, and comes from its registry"),
        ("FROM node:20-bookworm AS a\nFROM a\n", "line 1: FROM node:20-bookworm stays"),
        ("ARG B\nFROM $B\n", "ARG B has no default"),
        ("FROM debian:12@sha256:00\n", "pinned by its digest"),
        ("FROM --platform=linux/arm64 debian:12\n", "bound to linux/arm64"),
        ("FROM alpine\n", "by that name, which says no release"),
        ("FROM deb\\\nian:12\n", "FROM debian:12 stays"),
    ],
)
def test_where_the_base_is_not_the_catalogues_nothing_stands_in_for_it(text: str, words: str) -> None:
    made = draft(text)
    assert made.bases == ()
    assert made.template == text
    assert words in said(made.left)


def test_no_level_clashes_with_an_image_of_the_same_bare_name() -> None:
    made = draft("FROM busybox AS a\nFROM busybox:1.37\n")
    assert made.bases == ()
    assert made.template == "FROM busybox AS a\nFROM busybox:1.37\n"


# -- edits


def test_a_source_is_one_that_a_run_follows_and_a_manifest_is_copied_before_the_install() -> None:
    files = ["requirements.txt", "app/__init__.py", "app/views.py", "tests/test_app.py", "README.md"]
    made = draft("FROM debian:12\nCOPY requirements.txt .\nRUN pip install\nCOPY . .\nRUN make\n", *files)
    assert made.edits[State.EDIT_SOURCE].file == "app/__init__.py"
    assert made.edits[State.EDIT_DEPS].file == "requirements.txt"
    assert "@TRIAL@" in made.edits[State.EDIT_SOURCE].text


def test_a_copy_that_the_final_image_does_not_need_counts_for_nothing() -> None:
    unused, build = "FROM debian:12 AS unused\nCOPY b.py /\nRUN b\n", "FROM debian:12 AS build\nCOPY a.c /\nRUN a\n"
    text = f"{unused}{build}FROM debian:12\nCOPY --from=build /a /\n"
    assert draft(text, "a.c", "b.py").edits[State.EDIT_SOURCE].file == "a.c"


def test_a_manifest_that_comes_with_the_sources_is_told_to_be_so() -> None:
    made = draft("FROM debian:12\nCOPY . .\nRUN go build\n", "go.mod", "main.go", "main_test.go")
    assert {state: edit.file for state, edit in made.edits.items()} == {
        State.EDIT_SOURCE: "main.go",
        State.EDIT_DEPS: "go.mod",
    }
    assert made.edits[State.EDIT_DEPS].text == "\n// edited in @TRIAL@\n"
    assert "each changed source installs anew" in said(made.guessed)


def test_a_json_manifest_stays_json() -> None:
    text = '{"name": "web", "author": {"name": "Ada"}}'
    made = draft("FROM debian:12\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n", "server.js", **{"package.json": text})
    edit = made.edits[State.EDIT_DEPS]
    assert edit.action is EditAction.REPLACE
    assert text.replace(edit.text, edit.new) == '{"edited": "@TRIAL@", "name": "web", "author": {"name": "Ada"}}'
    nameless = draft("FROM debian:12\nCOPY package.json ./\nRUN npm ci\n", **{"package.json": "{}"})
    assert State.EDIT_DEPS not in nameless.edits


def test_what_is_not_known_to_be_harmless_is_not_edited() -> None:
    made = draft("FROM debian:12\nCOPY . .\nRUN x\n", "data.bin", ".env", "node_modules/a.js", "vendor/b.go")
    assert made.edits == {}
    assert "no edit-source" in said(made.left)


def test_a_source_that_the_context_does_not_have_is_told() -> None:
    made = draft("FROM debian:12\nCOPY app/ /app/\nCOPY --from=x /y /\nCOPY $Z /\nCOPY b* /\n", "app2/x.py", "bb.py")
    assert [line for line in made.warned if "has no file" in line] == [
        "`COPY app/ /app/`: the context has no file app/; --context names another"
    ]


# -- smoke tests


@pytest.mark.parametrize(
    ("end", "command"),
    [
        ('CMD ["gunicorn", "app:app"]', "command -v gunicorn"),
        ("CMD exec make serve", "command -v make"),
        ("CMD PORT=80 ./server --now", "command -v ./server"),
        ('ENTRYPOINT ["/bin/sh", "-c", "exec java -jar x.jar"]', "command -v java"),
        ('CMD ["x"]\nENTRYPOINT ["/start.sh"]\nCMD ["serve"]', "command -v /start.sh"),
        ("CMD cd /app && ./run", "command -v cd"),
        ("CMD $START", "true"),
        ('CMD ["a;b"]', "true"),
        ("", "true"),
    ],
)
def test_a_smoke_test_asks_for_the_program_and_starts_nothing(end: str, command: str) -> None:
    made = draft(f"FROM debian:12\n{end}\n")
    assert made.smoke is not None
    assert made.smoke.command == ("sh", "-c", command)


def test_an_image_that_may_have_no_shell_gets_a_proposal_only() -> None:
    made = draft('FROM debian:12 AS b\nCMD ["not-this"]\nFROM scratch\nCOPY --from=b /a /a\nENTRYPOINT ["/a"]\n')
    assert made.smoke is None
    assert made.smoke_idea == ("/a", "--version")
    shell = draft("FROM python:3.12-slim AS a\nRUN pip install x\nFROM a\nCMD python\n")
    assert shell.smoke is not None


# -- the file


@pytest.mark.parametrize("name", PROJECTS)
def test_the_scenario_file_reads_back_as_what_was_understood(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = draft(PROJECTS[name]["Dockerfile"], *PROJECTS[name], **json_of(name))
    text = scenario_toml(made, title='It\'s "quoted"', context="../..")
    folder = tmp_path_factory.getbasetemp() / "scenarios" / name
    read = parse_scenario(text, name=name, folder=folder, file="scenario.toml", known_bases=CATALOGUE)
    assert tuple(level.name for axis_ in read.axes for level in axis_.levels) == made.bases
    assert (dict(read.edits), read.smoke) == (dict(made.edits), made.smoke)
    assert read.context == folder.parent.parent


def json_of(name: str) -> dict[str, str]:
    return {path: text for path, text in PROJECTS[name].items() if path == "package.json"}


def test_build_args_without_a_default_are_listed_and_those_of_the_builder_are_not() -> None:
    made = draft("ARG TAG=1\nFROM debian:12\nARG VERSION\nARG TARGETARCH\nARG HTTP_PROXY\nARG TAG\n")
    assert made.args == ("VERSION",)
    assert '# VERSION = ""' in scenario_toml(made, title="x", context="context")


@given(st.text())
def test_any_text_survives_as_a_toml_string(text: str) -> None:
    assert tomllib.loads(f"x = {quoted(text)}")["x"] == text


def test_mounts_that_get_nothing_and_caches_of_the_users_own_are_told() -> None:
    made = draft("FROM debian:12\nRUN --mount=type=secret,id=t a\nRUN --mount=type=cache,target=/c b\n")
    assert "passes no secret" in said(made.warned)
    assert "the cache mount '/c' stays" in said(made.warned)
