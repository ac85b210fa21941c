"""The shipped scenarios load, render for every variant and builder, and stay what they promise to be."""

import os
import re
from itertools import product
from pathlib import Path

import pytest

from bench.model.build import BuilderKind
from bench.model.scenario import Family, Scenario, Variant
from bench.ports.base_catalogue import load_catalogue
from bench.ports.context import stage_context
from bench.ports.paths import shipped_scenarios
from bench.ports.scenario_files import find_scenarios, load_scenario, read_template
from bench.pure.dockerfile import foreign_cache_mounts, render
from bench.pure.planning import expand

SNAPSHOTS = Path(__file__).parent / "pure" / "snapshots"
CATALOGUE = load_catalogue()
SCENARIOS = {
    found.name: load_scenario(found.name, folders=[shipped_scenarios()], known_bases=CATALOGUE)
    for found in find_scenarios([shipped_scenarios()])
}
INSTRUCTIONS = {"FROM", "ARG", "ENV", "WORKDIR", "COPY", "RUN", "EXPOSE", "USER", "ENTRYPOINT", "CMD", "LABEL"}
LONGEST_CONTEXT_BYTES = 100_000
REGISTRY_HOSTS = re.compile(
    r"(deb|security|archive|ports)\.(debian|ubuntu)\.|dl-cdn\.alpinelinux|pypi\.|pythonhosted|registry\.(npmjs|yarnpkg)"
    r"|docker\.(io|com)|ghcr\.io|quay\.io|nodesource",
    re.IGNORECASE,
)


def variants(scenario: Scenario) -> tuple[Variant, ...]:
    return expand(scenario, scenario.axes)


def dockerfile(scenario: Scenario, variant: Variant, builder: BuilderKind = BuilderKind.BUILDKIT) -> str:
    base = CATALOGUE[variant.levels["base"]]
    return render(scenario, read_template(scenario), scenario.axes, variant, base, builder=builder)


def instructions(text: str) -> list[str]:
    """The instruction words of a Dockerfile, in order."""
    found, continued = [], False
    for line in text.splitlines():
        if not continued and re.match(r"[A-Z]+ ", line):
            found.append(line.split()[0])
        continued = line.endswith("\\")
    return found


def chosen(name: str, base: str, stages: str, layers: str) -> tuple[Scenario, Variant]:
    levels = {"base": base, "stages": stages, "layers": layers}
    return SCENARIOS[name], Variant(id="-".join(levels.values()), levels=levels)


def test_the_four_scenarios_are_shipped() -> None:
    assert set(SCENARIOS) == {"quick", "python-web", "c-native", "node-api"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_variant_renders_for_both_builders_the_same_each_time(name: str) -> None:
    scenario = SCENARIOS[name]
    for variant, builder in product(variants(scenario), BuilderKind):
        text = dockerfile(scenario, variant, builder)
        assert text == dockerfile(scenario, variant, builder)
        assert text.endswith("\n")
        assert foreign_cache_mounts(text) == ()
        assert instructions(text).count("FROM") == (2 if variant.levels["stages"] == "multi" else 1)
        assert builder is BuilderKind.BUILDKIT or "--mount" not in text


@pytest.mark.parametrize("name", SCENARIOS)
def test_merged_has_fewer_runs_than_split_and_otherwise_the_same_instructions(name: str) -> None:
    for base, stages in product((level.name for level in SCENARIOS[name].axes[0].levels), ("single", "multi")):
        split, merged = (
            instructions(dockerfile(*chosen(name, base, stages, layers))) for layers in ("split", "merged")
        )
        assert split.count("RUN") > merged.count("RUN")
        assert [word for word in split if word != "RUN"] == [word for word in merged if word != "RUN"]


def test_together_they_use_the_instructions_that_people_use() -> None:
    used = {
        word
        for scenario in SCENARIOS.values()
        for each in variants(scenario)
        for word in instructions(dockerfile(scenario, each))
    }
    assert used == INSTRUCTIONS | {"HEALTHCHECK"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_has_a_smoke_test_a_title_and_its_reasons(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.smoke is not None
    assert scenario.smoke.output is not None
    assert scenario.description.strip()
    assert (scenario.folder / "scenario.toml").read_text().count("\n# ") >= 3


def test_quick_runs_on_every_base_and_fetches_nothing() -> None:
    scenario = SCENARIOS["quick"]
    assert {level.name for level in scenario.axes[0].levels} == set(CATALOGUE)
    assert "buildmark-ca" not in "".join(dockerfile(scenario, each) for each in variants(scenario))


@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - {"quick"}))
def test_what_needs_packages_leaves_out_bases_without_a_package_manager(name: str) -> None:
    scenario = SCENARIOS[name]
    without = {name for name, base in CATALOGUE.items() if base.family is Family.NONE}
    assert without <= {base for combination in scenario.exclude for base in combination["base"]}
    assert without.isdisjoint(level.name for level in scenario.axes[0].levels)
    for variant in variants(scenario):
        assert "--mount=type=secret,id=buildmark-ca" in dockerfile(scenario, variant)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_context_is_small_and_can_be_staged(name: str, tmp_path: Path) -> None:
    facts = stage_context(SCENARIOS[name].context, tmp_path / "context")
    assert 0 < facts.size_bytes < LONGEST_CONTEXT_BYTES


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_shipped_file_names_the_host_of_a_registry(name: str) -> None:
    for file in (path for path in SCENARIOS[name].folder.rglob("*") if path.is_file()):
        assert not REGISTRY_HOSTS.search(file.read_text()), file


def test_the_lock_files_pin_what_they_fetch() -> None:
    lock = (SCENARIOS["node-api"].context / "package-lock.json").read_text()
    assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')
    requirements = (SCENARIOS["python-web"].context / "requirements.txt").read_text()
    pinned = re.findall(r"^[a-z0-9-]+==\S+ \\\n    --hash=sha256:", requirements, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z]", requirements, re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "base", "stages", "layers", "builder"),
    [
        ("quick", "debian-12", "multi", "merged", "buildkit"),
        ("quick", "busybox", "single", "split", "classic"),
        ("python-web", "debian-12-slim", "multi", "split", "buildkit"),
        ("python-web", "alpine-3.23", "single", "merged", "classic"),
        ("c-native", "debian-12", "single", "merged", "buildkit"),
        ("c-native", "alpine-3.22", "multi", "split", "buildkit"),
        ("node-api", "ubuntu-24.04", "multi", "merged", "classic"),
        ("node-api", "alpine-3.23", "single", "split", "buildkit"),
    ],
)
def test_the_dockerfile_is_the_one_that_was_read_and_approved(
    name: str, base: str, stages: str, layers: str, builder: str
) -> None:
    """`BUILDMARK_SNAPSHOTS=write pytest tests/test_shipped_scenarios.py` stores what is made now."""
    scenario, variant = chosen(name, base, stages, layers)
    text = dockerfile(scenario, variant, BuilderKind(builder))
    file = SNAPSHOTS / f"{name}-{variant.id}-{builder}.Dockerfile"
    if os.environ.get("BUILDMARK_SNAPSHOTS") == "write":
        file.write_text(text)
    assert text == file.read_text()
