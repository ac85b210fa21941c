"""The catalogue of bases: what it means, and how a mistake in it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import InputError
from bench.model.scenario import BaseSource, Family, SourceKind
from bench.ports.base_catalogue import load_catalogue
from bench.ports.paths import shipped_scenarios
from bench.pure.catalogue import parse_catalogue

SHA = "0123456789abcdef" * 4
GOOD = f"""\
["mine-1.0"]
title = "Mine"
family = "apt"

[["mine-1.0".sources]]
kind = "registry"
ref = "mine:1"

[["mine-1.0".sources]]
kind = "archive"
location = "roots/mine.tar.gz"
sha256 = "{SHA}"
architecture = "amd64"
"""


def parse_error(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_catalogue(text, file="some/bases.toml")
    return caught.value.message


def test_an_entry_keeps_its_sources_in_order_and_finds_its_archive_beside_the_file() -> None:
    bases = parse_catalogue(GOOD, file="some/bases.toml")
    base = bases["mine-1.0"]
    assert base.family is Family.APT
    assert base.sources == (
        BaseSource(kind=SourceKind.REGISTRY, ref="mine:1"),
        BaseSource(kind=SourceKind.ARCHIVE, location="some/roots/mine.tar.gz", sha256=SHA, architecture="amd64"),
    )


def test_an_absolute_path_and_a_url_stay_as_they_are() -> None:
    for location in ("/roots/mine.tar.gz", "https://example.org/mine.tar.gz"):
        text = GOOD.replace("roots/mine.tar.gz", location)
        assert parse_catalogue(text, file="some/bases.toml")["mine-1.0"].sources[1].location == location


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('title = "Mine"', 'titel = "Mine"', "2: mine-1.0: a base has no key 'titel' (did you mean 'title'?)"),
        ('family = "apt"', 'family = "apd"', "3: mine-1.0.family: 'apd' is not known (did you mean 'apt'?)"),
        ('kind = "registry"', 'kind = "registri"', "6: mine-1.0.sources[1].kind: 'registri' is not known (did you"),
        ('ref = "mine:1"', 'reff = "mine:1"', "7: mine-1.0.sources[1]: a source has no key 'reff' (did you mean"),
        ('ref = "mine:1"', "", "5: mine-1.0.sources[1]: a source of kind 'registry' needs 'ref'"),
        ('ref = "mine:1"', 'ref = "mine:1"\nsuite = "x"', "8: mine-1.0.sources[1]: a source of kind 'registry' has no"),
        ('ref = "mine:1"', "ref = 1", "7: mine-1.0.sources[1].ref: Expected `str"),
        (f'sha256 = "{SHA}"', 'sha256 = "ABC"', "12: mine-1.0.sources[2]: sha256 must be 64"),
        ('["mine-1.0"]', "[mine-1.0]", "1: mine-1: a base has no key '0'; a name with a dot is"),
        ('["mine-1.0"]', '["Mine 1"]\nx = 1\n["mine-1.0"]', "1: 'Mine 1' cannot name a base"),
        ('family = "apt"', "family = apt", "3: not valid TOML"),
        ('family = "apt"', "", "1: mine-1.0: 'family' is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_the_way_out(old: str, new: str, expected: str) -> None:
    message = parse_error(GOOD.replace(old, new, 1))
    assert message.removeprefix("some/bases.toml:").startswith(expected)


def test_a_base_without_sources_is_refused() -> None:
    assert "has no source" in parse_error('[mine]\ntitle = "M"\nfamily = "none"\nsources = []\n')


def test_a_wheel_must_be_pinned() -> None:
    text = f'[[a.sources]]\nkind="alpine-wheel"\npackage="x"\nsha256="{SHA}"\nrelease="3"\n[a]\ntitle="A"\nfamily="apk"'
    assert "package must be pinned" in parse_error(text)


@given(st.text(max_size=60))
def test_no_text_gets_past_as_anything_but_a_catalogue_or_an_input_error(text: str) -> None:
    try:
        bases = parse_catalogue(text, file="f")
    except InputError as error:
        assert error.message.startswith("f:")  # noqa: PT017 - most examples raise, a few are empty catalogues
    else:
        assert all(base.sources for base in bases.values())


def test_the_shipped_catalogue_has_the_bases_that_scenarios_use() -> None:
    bases = parse_catalogue((shipped_scenarios() / "bases.toml").read_text(), file="bases.toml")
    assert [*bases] == [
        "ubuntu-24.04",
        "ubuntu-22.04",
        "debian-12",
        "debian-12-slim",
        "alpine-3.23",
        "alpine-3.22",
        "busybox",
    ]
    assert all(base.sources[0].kind is SourceKind.ENGINE for base in bases.values())


def test_slim_differs_from_its_sibling_only_in_what_it_leaves_out() -> None:
    bases = load_catalogue()
    full, slim = (bases[name].sources[-1] for name in ("debian-12", "debian-12-slim"))
    assert (full.suite, full.variant) == (slim.suite, slim.variant)
    assert not full.exclude
    assert "/usr/share/man/*" in slim.exclude
