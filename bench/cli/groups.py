"""Options that several commands take alike, written once: a struct of them is one parameter of a command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import msgspec

Command = Callable[..., None]


def with_groups(command: Command) -> Command:
    """The command as typer is to see it: each parameter whose type is a struct gives way to the struct's fields.

    They stand where it stood. A field is annotated as an option is, and its default is the option's. A struct may hold
    another one. Below `@app.command(…)`.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if _is_group(hint)}

    @functools.wraps(command)
    def called(**given: Any) -> None:
        made = {name: _made(group, given) for name, group in groups.items()}
        own = {name: value for name, value in given.items() if name in hints}
        command(**own, **made)

    signature = inspect.signature(command)
    parameters = [
        each
        for parameter in signature.parameters.values()
        for each in _in_its_place(parameter.replace(annotation=hints[parameter.name]))
    ]
    called.__dict__["__signature__"] = signature.replace(parameters=parameters)
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _is_group(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _in_its_place(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    if not _is_group(parameter.annotation):
        yield parameter
        return
    hints = get_type_hints(parameter.annotation, include_extras=True)
    for field in msgspec.structs.fields(parameter.annotation):
        default = inspect.Parameter.empty if field.default is msgspec.NODEFAULT else field.default
        keyword = inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default)
        yield from _in_its_place(keyword.replace(annotation=hints[field.name]))


def _made(group: Any, given: dict[str, Any]) -> Any:
    """The struct, of what was given for its fields."""
    hints = get_type_hints(group, include_extras=True)
    return group(**{name: _made(hint, given) if _is_group(hint) else given[name] for name, hint in hints.items()})
