"""The text of a `scenario.toml` for a Draft, with comments that say what may be changed; and a scenario to start from.

`bench.pure.scenario_file` reads it back. Neighbour: `bench.pure.scenario_draft`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bench.model.draft import Draft
from bench.model.scenario import Edit, EditAction, SmokeTest, State

_TABLES = {State.EDIT_SOURCE: "source", State.EDIT_DEPS: "deps"}

STARTER_TEMPLATE = """\
{# A Jinja template: one Dockerfile is made of it for each combination of the axes in scenario.toml.
   `buildmark render` shows them. #}
FROM {{ base.ref }}{{ " AS build" if stages == "multi" }}
COPY hello.sh /usr/local/bin/hello
{{ run(["chmod +x /usr/local/bin/hello", "hello > /tmp/said"], cleanup=["rm /tmp/said"]) }}
{% if stages == "multi" %}

FROM {{ base.ref }}
COPY --from=build /usr/local/bin/hello /usr/local/bin/hello
{% endif %}
CMD ["hello"]
"""
STARTER_FILES = {"hello.sh": "#!/bin/sh\necho hello\n", ".dockerignore": ".git\n"}
STARTER_TOML = """\
# What is built, and along which axes it varies. `buildmark schema` is for editors that check this file.
title = "A first scenario"
description = "Says hello. Put your own application in its place."

# Each axis is a list of levels; the first is what effects are measured against. Templates read its level by its name.
[axes]
base = ["debian-12", "alpine-3.23"]   # any of `buildmark bases`
stages = ["single", "multi"]

# Run once in each variant's image, without network.
[smoke]
command = ["hello"]
output = "^hello"

# What the state edit-source changes in a copy of the context: `--state warm,edit-source` measures what that costs.
[edits.source]
file = "hello.sh"
append = "\\n# edited in @TRIAL@\\n"

# [[exclude]]            # combinations to leave out
# base = "alpine-3.23"
# stages = "single"

# [args]                 # build args, the same for every variant
# VERSION = "1.0.0"

[limits]
timeout_s = 600          # seconds until a build is stopped and recorded as a timeout
"""


def scenario_toml(draft: Draft, *, title: str, context: str) -> str:
    """The text. `context` is the folder of the build context, relative to the scenario's."""
    return "\n".join(
        (
            "# Made by `buildmark init` from a Dockerfile; what is marked as a guess is one.",
            f"title = {quoted(title)}",
            f"context = {quoted(context)}",
            *_axes(draft.bases),
            *_args(draft.args),
            *_smoke(draft.smoke, draft.smoke_idea),
            *(line for state, edit in draft.edits.items() for line in _edit(_TABLES[state], edit)),
            "",
            "[limits]",
            "timeout_s = 1800         # seconds until a build is stopped and recorded as a timeout",
            "",
        )
    )


def quoted(text: str) -> str:
    """A TOML string of one line. JSON's escapes are TOML's, which in addition has no bare DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _axes(bases: Sequence[str]) -> Iterator[str]:
    yield ""
    if bases:
        yield "# The first is the Dockerfile's own; the others are of its family. `buildmark bases` lists all."
        yield "[axes]"
        yield f"base = {_list(bases)}"
    else:
        yield "# No axis yet: there is one variant, the Dockerfile as it is. An axis of your own:"
        yield "# [axes]"
        yield '# layers = ["split", "merged"]     # and in the template: {% if layers == "merged" %} … {% endif %}'


def _args(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield ""
        yield "# Build args without a default; give those a value that the build needs."
        yield "# [args]"
        for name in names:
            yield f'# {name} = ""'


def _smoke(test: SmokeTest | None, idea: Sequence[str]) -> Iterator[str]:
    yield ""
    yield "# Run once in each variant's image, without network. A guess: better is what shows that the program works."
    if test is not None:
        yield "[smoke]"
        yield f"command = {_list(test.command)}"
        if idea:
            yield f"# command = {_list(idea)}"
    else:
        yield "# [smoke]"
        yield f"# command = {_list(idea)}"


def _edit(table: str, edit: Edit) -> Iterator[str]:
    what = "source file" if table == "source" else "list of dependencies"
    yield ""
    yield f"# A guess: the {what} that the state edit-{table} changes in a copy of the context."
    yield f"[edits.{table}]"
    yield f"file = {quoted(edit.file or '')}"
    yield f"{edit.action} = {quoted(edit.text)}"
    if edit.action is EditAction.REPLACE:
        yield f"with = {quoted(edit.new)}"


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(quoted(word) for word in words)}]"
