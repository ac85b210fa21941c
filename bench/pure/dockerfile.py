"""Template + variant → Dockerfile, deterministic to the byte, in Jinja's sandbox.

Neighbours: `bench.pure.helpers` holds what a template can call, `bench.pure.cache_mounts` reads Dockerfiles back.
docs/SCENARIOS.md says the same to those who write templates.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any, NoReturn, Self

from jinja2 import DictLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, Undefined
from jinja2.exceptions import SecurityError, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from bench.errors import BuildmarkError, InputError, did_you_mean
from bench.model.build import BuilderKind
from bench.model.scenario import BASE_AXIS, Axis, Base, Level, Scenario, Variant, base_ref
from bench.pure.cache_mounts import foreign_cache_mounts
from bench.pure.from_lines import from_line_naming
from bench.pure.helpers import HELPER_NAMES, Helpers, TemplateMistakeError

__all__ = ["RESERVED_NAMES", "AxisLevel", "foreign_cache_mounts", "render"]

VARIABLE_NAMES = frozenset({"builder", "scenario"})
RESERVED_NAMES = HELPER_NAMES | VARIABLE_NAMES
"""Names that a template finds besides its axes, so no axis may be called by them."""


class AxisLevel(str):
    """What a template sees of an axis: the name of its level, which also offers the level's values as attributes.

    Comparing it with a name that is no level of the axis is an error: a misspelt `stages == 'mutli'` would otherwise
    be false for ever, in silence. `levels` is None where any name may be asked for (bases come from a catalogue).
    """

    __slots__ = ("_axis", "_levels", "_values")

    _axis: str
    _levels: tuple[str, ...] | None
    _values: Mapping[str, Any]

    def __new__(cls, axis: str, level: str, values: Mapping[str, Any], levels: tuple[str, ...] | None) -> Self:
        """Make the variable of `axis` at `level`."""
        self = super().__new__(cls, level)
        self._axis, self._levels, self._values = axis, levels, values
        return self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str) and not isinstance(other, AxisLevel) and self._levels is not None:
            name = str(other)
            if name not in self._levels:
                raise TemplateMistakeError(
                    f"the axis '{self._axis}' has no level '{name}'{did_you_mean(name, self._levels)}",
                    remedy=f"its levels are {', '.join(self._levels)}",
                )
        return str(self) == other if isinstance(other, str) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def render(
    scenario: Scenario,
    template_text: str,
    axes: tuple[Axis, ...],
    variant: Variant,
    base: Base | None,
    *,
    builder: BuilderKind,
) -> str:
    """Return the Dockerfile of `variant`.

    `axes` are those of the campaign (the scenario's own, or a choice of them); `base` is the catalogue's entry of the
    variant's base. Raises InputError, which starts with `FILE:LINE:`, when the template is wrong, uses something
    undefined, leaves the sandbox, renders to nothing, or has a FROM with the base's bare name.
    """
    variables = _variables(scenario, axes, variant, base)
    layers = variables.get("layers", "merged")
    helpers = Helpers(builder=builder, base=base, layers=str(layers))
    names = {
        **{name: getattr(helpers, name) for name in HELPER_NAMES},
        "builder": builder.value,
        "scenario": scenario.name,
        **variables,
    }
    text = _rendered(template_text, names, file=str(scenario.template))
    if not text.strip():
        raise InputError(f"{scenario.template}: the variant {variant.id} renders to an empty Dockerfile")
    if base is not None and (line := from_line_naming(text, base.name)):
        raise InputError(
            f"{scenario.template}: the variant {variant.id} has '{line}', which is not the base {base.name} but "
            "whatever image a registry has by that name",
            remedy="write FROM {{ base.ref }}",
        )
    return text


def _variables(scenario: Scenario, axes: tuple[Axis, ...], variant: Variant, base: Base | None) -> dict[str, AxisLevel]:
    """Return one variable per axis of the variant."""
    return {
        axis: AxisLevel(
            axis,
            level,
            {**_values((*axes, *scenario.axes), axis, level), **(_base_values(base) if axis == BASE_AXIS else {})},
            None if axis == BASE_AXIS else _level_names((*scenario.axes, *axes), axis, level),
        )
        for axis, level in variant.levels.items()
    }


def _values(axes: Iterable[Axis], axis: str, level: str) -> Mapping[str, Any]:
    found: Iterable[Level] = (known for each in axes if each.name == axis for known in each.levels)
    return next((known.values for known in found if known.name == level), {})


def _level_names(axes: Iterable[Axis], axis: str, level: str) -> tuple[str, ...]:
    names = (known.name for each in axes if each.name == axis for known in each.levels)
    return tuple(dict.fromkeys((*names, level)))


def _base_values(base: Base | None) -> Mapping[str, Any]:
    return {} if base is None else {"ref": base_ref(base.name), "family": base.family.value, "name": base.name}


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with the values of a level before the methods of its name, and with nothing random."""

    def __init__(self, undefined: type[StrictUndefined]) -> None:
        super().__init__(
            undefined=undefined,
            finalize=_printable,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
            loader=DictLoader({}),
        )
        del self.filters["random"]
        del self.globals["lipsum"]

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up `obj.attribute`."""
        if isinstance(obj, AxisLevel) and attribute in obj._values:  # noqa: SLF001 -- hidden from templates only
            return obj._values[attribute]  # noqa: SLF001 -- the same
        return super().getattr(obj, attribute)


def _printable(value: Any) -> Any:
    """Refuse to print what has no one right text: a list, a mapping, none, a helper that was not called."""
    if isinstance(value, str | int | float | Undefined):
        return value
    kind = "a helper that is not called" if callable(value) else f"a {type(value).__name__}"
    raise TemplateMistakeError(f"the template prints {kind}, not a text", remedy="join a list, call a helper")


def _undefined_for(names: Iterable[str]) -> type[StrictUndefined]:
    """Return the undefined value of one rendering; it knows the names that are defined."""
    known = sorted(names)

    class Unknown(StrictUndefined):
        @property
        def _undefined_message(self) -> str:
            name, owner = str(self._undefined_name), self._undefined_obj
            if self._undefined_hint:
                return self._undefined_hint
            if owner is missing:
                return f"'{name}' is undefined{did_you_mean(name, known)}; the template knows {', '.join(known)}"
            if isinstance(owner, AxisLevel):
                values = sorted(owner._values)  # noqa: SLF001 -- hidden from templates only
                offers = ", ".join(values) or "none"
                return f"{owner._axis} ({owner}) has no value '{name}'{did_you_mean(name, values)}; it has {offers}"  # noqa: SLF001 -- the same
            return f"a {type(owner).__name__} has no '{name}'"

    return Unknown


@lru_cache(maxsize=8)
def _compiled(text: str, file: str) -> CodeType:
    """Compile a template once for all of its variants; it is bound to its names only when it is rendered."""
    return _Sandbox(StrictUndefined).compile(text, "template", file)


def _rendered(text: str, names: Mapping[str, Any], *, file: str) -> str:
    environment = _Sandbox(_undefined_for(names))
    try:
        code = _compiled(text, file)
        template = environment.template_class.from_code(environment, code, environment.make_globals(None))
        return template.render(names)
    except TemplateSyntaxError as error:
        raise InputError(f"{file}:{error.lineno}: {error.message}") from error
    except BuildmarkError:
        raise
    except Exception as error:  # noqa: BLE001 -- a template can raise whatever Python can
        _blame(error, file)


def _blame(error: Exception, file: str) -> NoReturn:
    """Turn what a template raised into an InputError that names its line."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f"{file}:{lines[-1]}" if lines else file
    if isinstance(error, TemplateMistakeError):
        raise InputError(f"{where}: {error}", remedy=error.remedy) from error
    if isinstance(error, UndefinedError):
        raise InputError(f"{where}: {error.message}") from error
    if isinstance(error, SecurityError):
        raise InputError(f"{where}: templates run in a sandbox: {error.message}") from error
    if isinstance(error, TemplateNotFound):
        raise InputError(f"{where}: a template is one file; it cannot read '{error.name}'") from error
    if isinstance(error, TemplateError):
        raise InputError(f"{where}: {error.message}") from error
    raise InputError(f"{where}: {type(error).__name__}: {str(error).removeprefix('Helpers.')}") from error
