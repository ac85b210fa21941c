"""Templates become Dockerfiles: variables, determinism, and a clear word for every mistake."""

from pathlib import Path

import pytest

from bench.errors import InputError
from bench.model.build import BuilderKind
from bench.pure.dockerfile import RESERVED_NAMES
from bench.pure.scenario_file import RESERVED_NAMES as NAMES_THAT_NO_AXIS_MAY_HAVE
from bench.pure.scenario_file import parse_scenario
from tests.pure.templates import axis, rendered

AT = "/scenarios/web/Dockerfile.j2"


def test_an_axis_is_the_name_of_its_level() -> None:
    template = "FROM x\n{% if stages == 'multi' %}\nFROM y\n{% endif %}\n# {{ stages }}-{{ layers }}\n"
    assert rendered(template, stages="multi") == "FROM x\nFROM y\n# multi-split\n"
    assert rendered(template, stages="single") == "FROM x\n# single-split\n"


def test_an_axis_offers_the_values_of_its_level_even_under_the_names_of_text_methods() -> None:
    assert rendered("FROM {{ python.image }} # {{ python.title }}\n") == "FROM python:3 # The interpreter\n"


def test_a_value_of_any_kind_can_be_used() -> None:
    axes = (axis("web", "a", modules=["x", "y"], options={"port": 80}),)
    template = "FROM x\n{% for m in web.modules %}\nRUN {{ m }}\n{% endfor %}\nEXPOSE {{ web.options.port }}\n"
    assert rendered(template, axes=axes) == "FROM x\nRUN x\nRUN y\nEXPOSE 80\n"


@pytest.mark.parametrize(
    ("base", "line"),
    [
        ("debian-12", "FROM buildmark.invalid/debian-12:base # apt debian-12 debian-12"),
        ("busybox", "FROM buildmark.invalid/busybox:base # none busybox busybox"),
    ],
)
def test_a_base_offers_what_from_needs_and_its_family(base: str, line: str) -> None:
    assert rendered("FROM {{ base.ref }} # {{ base.family }} {{ base.name }} {{ base }}\n", base=base) == f"{line}\n"


def test_the_template_knows_builder_and_scenario() -> None:
    assert rendered("# {{ builder }} {{ scenario }}", builder=BuilderKind.CLASSIC) == "# classic web"


def test_a_condition_without_else_prints_nothing() -> None:
    assert rendered("FROM x{{ ' AS build' if stages == 'multi' }}\n") == "FROM x\n"


def test_the_last_line_break_is_kept_and_windows_ones_are_not() -> None:
    assert rendered("FROM x\r\nRUN y\r\n") == "FROM x\nRUN y\n"


def test_no_axis_may_hide_what_a_template_finds_besides_its_axes() -> None:
    assert RESERVED_NAMES <= NAMES_THAT_NO_AXIS_MAY_HAVE


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        ("FROM x\n{{ stagez }}\n", 2, "'stagez' is undefined (did you mean 'stages'?)"),
        (
            "FROM x\n\n{% if unheard_of %}\n{% endif %}",
            3,
            "'unheard_of' is undefined; the template knows base, builder",
        ),
        ("{{ python.imag }}", 1, "python (old) has no value 'imag' (did you mean 'image'?); it has image, title"),
        ("{{ stages.image }}", 1, "stages (single) has no value 'image'; it has none"),
        ("{% if stages == 'mutli' %}{% endif %}", 1, "the axis 'stages' has no level 'mutli' (did you mean 'multi'?)"),
        ("{% if 'merge' != layers %}{% endif %}", 1, "the axis 'layers' has no level 'merge' (did you mean 'merged'?)"),
        ("FROM x\n{% if stages %}\n", 2, "Unexpected end of template"),
        ("FROM x\n{{ 'a' | uper }}", 2, "No filter named 'uper'"),
        ("FROM x\n{{ base.__class__ }}", 2, "templates run in a sandbox: access to attribute '__class__'"),
        ("{{ [].append(1) }}", 1, "templates run in a sandbox"),
        ("{{ run.__globals__ }}", 1, "templates run in a sandbox"),
        ("{% for n in range(10000000) %}{% endfor %}", 1, "Range too big"),
        ("FROM x\n{% include 'secrets' %}", 2, "a template is one file; it cannot read 'secrets'"),
        ("FROM x\n{{ ['a'] }}", 2, "the template prints a list, not a text"),
        ("FROM x\n{{ run }}", 2, "the template prints a helper that is not called"),
        ("{{ 1 / 0 }}", 1, "ZeroDivisionError: division by zero"),
        ("{{ run() }}", 1, "run() missing 1 required positional argument: 'commands'"),
        ("{{ run('x', layer='split') }}", 1, "run() got an unexpected keyword argument 'layer'"),
    ],
)
def test_a_mistake_is_named_with_its_line(template: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        rendered(template)
    assert caught.value.message.startswith(f"{AT}:{line}: ")
    assert words in caught.value.message


def test_a_base_may_be_compared_with_any_name() -> None:
    assert rendered("{{ 'a' if base == 'fedora-99' else 'b' }}") == "b"


def test_without_a_base_axis_there_is_no_base() -> None:
    with pytest.raises(InputError, match="'base' is undefined"):
        rendered("FROM {{ base.ref }}", without_base=True)


@pytest.mark.parametrize("nothing", ["", "\n  \n", "{% if stages == 'multi' %}FROM x{% endif %}\n"])
def test_an_empty_dockerfile_is_refused(nothing: str) -> None:
    with pytest.raises(InputError, match="the variant debian-12-single-split-old renders to an empty Dockerfile"):
        rendered(nothing)


@pytest.mark.parametrize("name", ["{{ base }}", "{{ base.name }}:latest", "--platform=linux/arm64 {{ base }} AS build"])
def test_a_from_with_the_bases_name_is_refused_before_it_pulls_a_strangers_image(name: str) -> None:
    with pytest.raises(InputError) as caught:
        rendered(f"FROM {{{{ base.ref }}}}\nFROM {name}\n", base="busybox")
    said = name.replace("{{ base }}", "busybox").replace("{{ base.name }}", "busybox")
    assert caught.value.message.startswith(f"{AT}: the variant busybox-single-split-old has 'FROM {said}'")
    assert caught.value.remedy == "write FROM {{ base.ref }}"


def test_an_image_of_ones_own_in_from_is_ones_own_business() -> None:
    template = "FROM golang:1.22 AS build\nFROM busybox\nFROM build\n"
    assert rendered(template, base="debian-12") == template
    assert rendered("FROM busybox\n", without_base=True) == "FROM busybox\n"


@pytest.mark.parametrize("random", ["{{ [1, 2, 3] | random }}", "{{ lipsum() }}"])
def test_nothing_random_is_at_hand(random: str) -> None:
    with pytest.raises(InputError):
        rendered(random)


def test_what_an_undefined_test_asks_for_may_be_undefined() -> None:
    assert rendered("{{ 'yes' if compiler is defined else 'no' }}") == "no"


def test_the_documents_examples_are_what_the_templates_give() -> None:
    """Each example in docs/SCENARIOS.md is a template followed by what it renders to on debian-12, merged."""
    text = (Path(__file__).parents[2] / "docs" / "SCENARIOS.md").read_text()
    pairs = [
        (block.partition("```\n")[0], block.partition("```dockerfile\n")[2].partition("```")[0])
        for block in text.split("```jinja\n")[1:]
    ]
    assert len(pairs) >= 5
    for template, dockerfile in pairs:
        assert rendered(template, layers="merged", stages="multi") == dockerfile


def test_the_documents_scenario_file_is_a_scenario() -> None:
    text = (Path(__file__).parents[2] / "docs" / "SCENARIOS.md").read_text()
    toml = text.partition("```toml\n")[2].partition("```")[0]
    known = {"debian-12", "alpine-3.23"}
    parsed = parse_scenario(toml, name="web", folder=Path("/web"), file="scenario.toml", known_bases=known)
    assert [axis.name for axis in parsed.axes] == ["base", "stages", "layers", "server"]
    assert parsed.axes[3].levels[0].values == {"package": "gunicorn==23.0.0", "workers": 2}
