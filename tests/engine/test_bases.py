"""The bases themselves: made for real, imported into a real engine, and looked at from inside."""

import os
from collections.abc import Iterator

import pytest

from bench.app.bases import BasesInEngine, bases_in_engine, prepare_bases
from bench.model.scenario import Base, PreparedBase, SourceKind, base_ref
from bench.ports.base_catalogue import load_catalogue
from bench.ports.base_sources import ARCHIVE_LIKE, RootfsSources, debian_architecture
from bench.ports.clock import SystemClock
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine

pytestmark = pytest.mark.engine

NAMES = ("alpine-3.23", "debian-12", "debian-12-slim")


def offline(environment: os._Environ[str]) -> dict[str, str]:
    """An environment in which every fetch fails at once."""
    dead = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return {**environment, **dead, "PATH": "/nonexistent"}


def made_here(base: Base) -> Base:
    """The same base without an engine's or a registry's image, so that what is tested is what Buildmark makes."""
    return Base(
        name=base.name,
        title=base.title,
        family=base.family,
        sources=tuple(source for source in base.sources if source.kind in ARCHIVE_LIKE),
    )


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Base]:
    return {name: made_here(base) for name, base in load_catalogue().items()}


@pytest.fixture(scope="module")
def bases(engine: Engine, catalogue: dict[str, Base]) -> Iterator[BasesInEngine]:
    """Prepared once for this module; kept in the user's cache folder, so that later runs of the tests are fast."""
    with bases_in_engine(
        NAMES, catalogue, engine, environment=os.environ, clock=SystemClock(), cache=cache_folder(os.environ)
    ) as ready:
        yield ready


def base(bases: BasesInEngine, name: str) -> PreparedBase:
    assert bases.unavailable == ()
    return next(one for one in bases.prepared if one.name == name)


def inside(engine: Engine, name: str, script: str) -> list[str]:
    result = engine.run_container(
        base_ref(name), ["sh", "-c", script], labels={"buildmark.run": "test-bases"}, timeout_s=60
    )
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_alpine_is_the_size_and_the_release_of_the_official_one(engine: Engine, bases: BasesInEngine) -> None:
    alpine = base(bases, "alpine-3.23")
    assert 8_000_000 < alpine.size_bytes < 10_500_000
    release, packages, *changed = inside(
        engine,
        "alpine-3.23",
        "grep VERSION_ID /etc/os-release; apk info --no-network 2>/dev/null | wc -l; apk audit --no-network --system",
    )
    assert release.startswith("VERSION_ID=3.23.")
    assert int(packages) == 17
    assert changed == []


def test_alpine_has_every_applet_and_nobody_else_s_accounts(engine: Engine, bases: BasesInEngine) -> None:
    assert bases.prepared
    lines = inside(
        engine,
        "alpine-3.23",
        "busybox --list | wc -l; for a in $(busybox --list); do command -v $a >/dev/null || echo $a; done",
    )
    assert int(lines[0]) > 250
    assert lines[1:] == []
    assert inside(engine, "alpine-3.23", "awk -F: '$3 >= 1000 && $3 < 60000' /etc/passwd") == []


def test_debian_is_the_release_it_says_and_is_whole(engine: Engine, bases: BasesInEngine) -> None:
    assert base(bases, "debian-12").source is SourceKind.BOOTSTRAP
    script = ". /etc/os-release; echo $ID $VERSION_CODENAME; dpkg --verify; dpkg --audit; ls /usr/share/perl; true"
    release, *changed_or_perl = inside(engine, "debian-12", f"{script} 2>/dev/null")
    assert release == "debian bookworm"
    assert [line for line in changed_or_perl if "No such file" not in line] == []


def test_slim_leaves_out_the_manuals_and_keeps_the_licences(engine: Engine, bases: BasesInEngine) -> None:
    assert base(bases, "debian-12-slim").size_bytes < base(bases, "debian-12").size_bytes * 0.75
    script = (
        "find /usr/share/man /usr/share/locale -type f -name '*.gz' -o -name '*.mo' | wc -l; ls /usr/share/doc/bash"
    )
    assert inside(engine, "debian-12-slim", script) == ["0", "copyright"]


@pytest.mark.parametrize("name", NAMES)
def test_special_modes_are_kept(name: str, engine: Engine, bases: BasesInEngine) -> None:
    assert bases.prepared
    assert inside(engine, name, "stat -c %a /tmp /var/tmp /root") == ["1777", "1777", "700"]
    if name.startswith("debian"):
        assert inside(engine, name, "stat -c %a /usr/bin/su /usr/bin/passwd") == ["4755", "4755"]


def test_nothing_of_this_machine_is_in_a_bootstrapped_base(engine: Engine, bases: BasesInEngine) -> None:
    assert bases.prepared
    found = inside(
        engine,
        "debian-12",
        "ls /etc/apt/apt.conf.d /etc/dpkg/dpkg.cfg.d; grep -ril proxy /etc/apt /etc/environment; true",
    )
    assert not [line for line in found if "99mmdebstrap" in line or "proxy" in line.lower()]
    assert "docker-clean" in found


def test_a_second_time_needs_no_network_and_no_import(
    engine: Engine, catalogue: dict[str, Base], bases: BasesInEngine
) -> None:
    before = engine.find_image(base_ref("debian-12"))
    sources = RootfsSources(
        environment=offline(os.environ),
        cache=cache_folder(os.environ),
        architecture=debian_architecture(engine.info.architecture),
        clock=SystemClock(),
    )
    assert prepare_bases(NAMES, catalogue, engine, sources).prepared == bases.prepared
    assert engine.find_image(base_ref("debian-12")) == before
