"""What the tests of rendering share: a small scenario, and one call that renders a template for it."""

from pathlib import Path

from bench.model.build import BuilderKind
from bench.model.scenario import Axis, Base, Family, Level, Limits, Scenario, State, Variant
from bench.pure.dockerfile import render

FAMILIES = {"debian-12": Family.APT, "alpine-3.23": Family.APK, "busybox": Family.NONE}


def axis(name: str, *levels: str, **values: object) -> Axis:
    return Axis(name=name, levels=tuple(Level(name=level, values=values) for level in levels))


AXES = (
    axis("base", *FAMILIES),
    axis("stages", "single", "multi"),
    axis("layers", "split", "merged"),
    axis("python", "old", "new", image="python:3", title="The interpreter"),
)


def scenario(axes: tuple[Axis, ...] = AXES) -> Scenario:
    folder = Path("/scenarios/web")
    return Scenario(
        name="web",
        title="A service",
        description="",
        folder=folder,
        template=folder / "Dockerfile.j2",
        context=folder / "context",
        axes=axes,
        exclude=(),
        include=(),
        states=(State.COLD, State.WARM),
        args={},
        platform=None,
        smoke=None,
        limits=Limits(),
    )


def rendered(
    template: str,
    *,
    builder: BuilderKind = BuilderKind.BUILDKIT,
    axes: tuple[Axis, ...] = AXES,
    without_base: bool = False,
    **chosen: str,
) -> str:
    """Render `template`; axes that are not chosen stand at their first level."""
    levels = {each.name: chosen.get(each.name, each.levels[0].name) for each in axes}
    if without_base:
        levels.pop("base", None)
    name = levels.get("base")
    base = None if name is None else Base(name=name, title=name, family=FAMILIES[name], sources=())
    variant = Variant(id="-".join(levels.values()), levels=levels)
    return render(scenario(axes), template, axes, variant, base, builder=builder)
