"""ARG and ENV as BuildKit's Dockerfile frontend sees them: what is declared, and what `$NAME` becomes.

Follows the reference of the Dockerfile format, sections ARG, ENV and "Environment replacement". Neighbour:
`bench.pure.dockerfile_graph`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

_REFERENCE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?\})")


def names_used(text: str) -> tuple[str, ...]:
    """The variables that `text` refers to, each once, in order."""
    found = (match[1] or match[2] for match in _REFERENCE.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name))


def expanded(text: str, values: Mapping[str, str]) -> str:
    """`text` with `$NAME`, `${NAME}`, `${NAME:-else}` and `${NAME:+then}` filled in; what is not set is empty."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not name:
            return match[0]
        known, operator, word = values.get(name), match[3] or "", match[4] or ""
        is_set = known is not None and (bool(known) or not operator.startswith(":"))
        if operator.endswith("+"):
            return word if is_set else ""
        return (known or "") if is_set or not operator else word

    return _REFERENCE.sub(value, text)


def declared_args(
    rest: str, values: Mapping[str, str], given: Mapping[str, str], above: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """What `ARG rest` sets: the value that the build was given, else the default, else that of an ARG above all FROMs.

    An ARG with none of them sets nothing.
    """
    for word in _words(rest):
        name, has_default, default = word.partition("=")
        if name in given:
            yield name, given[name]
        elif has_default:
            yield name, expanded(default, values)
        elif name in above:
            yield name, above[name]


def declared_env(rest: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What `ENV rest` sets, in either form: `NAME=value …`, or `NAME value`."""
    first, _, value = rest.strip().partition(" ")
    if "=" not in first:
        yield first, expanded(value.strip(), values)
        return
    for word in _words(rest):
        name, _, text = word.partition("=")
        yield name, expanded(text, values)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is not closed: the builder refuses it, not we
        return text.split()
