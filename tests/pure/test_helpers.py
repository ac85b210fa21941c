"""The helpers of templates: run, packages, install."""

import pytest

from bench.errors import InputError
from bench.model.build import BuilderKind
from bench.model.scenario import Axis
from tests.pure.templates import AXES, axis, rendered

WITHOUT_LAYERS: tuple[Axis, ...] = tuple(each for each in AXES if each.name != "layers")


def classic(template: str, *, base: str = "debian-12", layers: str = "merged") -> str:
    return rendered(template, builder=BuilderKind.CLASSIC, base=base, layers=layers)


def test_split_gives_every_command_a_run_of_its_own_and_so_the_clean_up() -> None:
    assert rendered("{{ run(['a', 'b'], cleanup=['c', 'd']) }}", layers="split") == "RUN a\nRUN b\nRUN c \\\n && d"


def test_merged_puts_the_clean_up_into_the_same_layer() -> None:
    assert rendered("{{ run(['a', 'b'], cleanup='c') }}", layers="merged") == "RUN a \\\n && b \\\n && c"


def test_without_an_axis_called_layers_commands_are_merged_unless_the_call_says_otherwise() -> None:
    assert rendered("{{ run(['a', 'b']) }}", axes=WITHOUT_LAYERS) == "RUN a \\\n && b"
    assert rendered("{{ run(['a', 'b'], layers='split') }}", axes=WITHOUT_LAYERS) == "RUN a\nRUN b"
    assert rendered("{{ run(['a', 'b'], layers=layers) }}", layers="split") == "RUN a\nRUN b"


@pytest.mark.parametrize(
    "command",
    ["cd /src && make", "false || true", "a; b", "sleep 1 &", "X=1", "X=$(date)", "export X=1", "set -e", "f() { a; }"],
)
def test_a_command_that_would_reach_into_its_neighbours_keeps_to_itself(command: str) -> None:
    assert rendered(f"{{{{ run(['a', '{command}', 'b']) }}}}", layers="merged") == (
        f"RUN a \\\n && ( {command} ) \\\n && b"
    )
    assert rendered(f"{{{{ run(['{command}', 'b']) }}}}", layers="split") == f"RUN {command}\nRUN b"


@pytest.mark.parametrize(
    "command", ["a | b", "a && b", "awk -F ';' x", "a 2>&1 > /dev/null", "X=1 a", "echo $((1 + 2))", "echo ${x#y}"]
)
def test_a_command_that_stays_by_itself_is_left_as_it_is(command: str) -> None:
    assert rendered(f'{{{{ run(["a", "{command}"]) }}}}', layers="merged") == f"RUN a \\\n && {command}"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("run([])", "run() needs at least one command"),
        ("run([''])", "a command is empty"),
        ("run([1])", "commands must be a text or a list of texts"),
        ("run(none)", "commands must be a text or a list of texts"),
        ("run('a\\nb')", "a command may only break its line after a backslash"),
        ("run('a # b')", "a comment inside a command would swallow what follows it"),
        ("run('echo \"a')", "a quote is not closed in the command"),
        ("run('a', cleanup=['b # c'])", "a comment inside a command"),
        ("run('a', layers='spilt')", "run() knows split and merged (did you mean 'split'?)"),
        ("run('a', fetch='piip')", "fetch does not know 'piip' (did you mean 'pip'?)"),
        ("run('a', cache=['/root'])", "cache maps a name to a folder"),
        ("install(apk='x')", "no apt packages are named for this base"),
        ("packages(apt='a', apk='b').instal", "a Packages has no 'instal'"),
    ],
)
def test_a_wrong_call_gets_a_clear_word(call: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        rendered("FROM x\n{{ " + call + " }}")
    assert caught.value.message.startswith("/scenarios/web/Dockerfile.j2:2: ")
    assert words in caught.value.message


def test_a_level_of_layers_that_run_does_not_know_is_refused() -> None:
    with pytest.raises(InputError, match="layers is 'squashed'; run\\(\\) knows split and merged"):
        rendered("{{ run('a') }}", axes=(axis("layers", "squashed"),))


def test_a_base_without_a_package_manager_says_how_to_leave_it_out() -> None:
    with pytest.raises(InputError, match="needs a package manager, and the base busybox has none") as caught:
        rendered("{{ install(apt='gcc', apk='gcc') }}", base="busybox")
    assert caught.value.remedy == 'exclude it in scenario.toml: [[exclude]] with base = "busybox"'


def test_packages_without_a_base_axis_are_refused() -> None:
    with pytest.raises(InputError, match="packages need an axis called 'base'"):
        rendered("{{ install(apt='gcc', apk='gcc') }}", without_base=True)


def test_install_writes_apt_as_its_community_does() -> None:
    assert classic("{{ install(apt=['gcc', 'make'], apk='build-base') }}") == (
        "RUN apt-get update \\\n"
        " && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc make \\\n"
        " && apt-get clean \\\n"
        " && rm -rf /var/lib/apt/lists/*"
    )


def test_install_writes_apk_as_its_community_does() -> None:
    for layers in ("split", "merged"):
        assert classic("{{ install(apt='gcc', apk='gcc make') }}", base="alpine-3.23", layers=layers) == (
            "RUN apk add --no-cache gcc make"
        )


def test_build_packages_are_removed_again_in_the_layer_that_brought_them() -> None:
    template = (
        "{% set t = packages(apt='gcc', apk='gcc', build=true) %}{{ run(t.install + ['make'], cleanup=t.remove) }}"
    )
    assert classic(template, base="alpine-3.23") == (
        "RUN apk add --no-cache --virtual .build-deps gcc \\\n && make \\\n && apk del .build-deps"
    )
    assert classic(template).endswith(
        " && make \\\n && DEBIAN_FRONTEND=noninteractive apt-get purge -y --auto-remove gcc \\\n && apt-get clean \\\n"
        " && rm -rf /var/lib/apt/lists/*"
    )


def test_a_package_name_cannot_smuggle_in_a_command() -> None:
    assert (
        classic("{{ install(apt=['gcc;reboot'], apk='x') }}", layers="split").splitlines()[1].endswith("'gcc;reboot'")
    )


def test_fetching_trusts_the_bundle_when_it_is_there_and_only_in_that_run() -> None:
    assert rendered("{{ run(['make', 'pip install flask'], fetch='pip') }}", layers="split") == (
        "RUN make\n"
        "RUN --mount=type=secret,id=buildmark-ca,mode=0444 \\\n"
        "    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \\\n"
        "      export PIP_CERT=$ca; fi; \\\n"
        "    pip install flask"
    )


@pytest.mark.parametrize("builder", BuilderKind)
def test_only_buildkit_has_mounts(builder: BuilderKind) -> None:
    text = rendered("{{ run('pip install x', fetch=true, cache={'pip': '/root/.cache'}) }}", builder=builder)
    assert ("--mount" in text) == (builder is BuilderKind.BUILDKIT)
    if builder is BuilderKind.CLASSIC:
        assert text == "RUN pip install x"


def test_a_tool_that_no_command_names_may_be_used_by_any() -> None:
    text = rendered("{{ run(['./bootstrap.sh', 'curl x'], fetch=['git', 'curl']) }}", layers="split")
    script, curl = text.split("RUN ")[1:]
    assert "GIT_SSL_CAINFO" in script
    assert "CURL_CA_BUNDLE" not in script
    assert "CURL_CA_BUNDLE=$ca GIT_SSL_CAINFO=$ca" in curl


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        ("apt", "DEBIAN_FRONTEND=noninteractive apt-get install -y x"),
        ("apk", "apk add --no-cache x"),
        ("pip", "/opt/venv/bin/pip install x"),
        ("pip", "python3 -m pip install x"),
        ("npm", "cd /app && npm ci"),
        ("git", "git clone x"),
    ],
)
def test_a_command_that_fetches_is_known_by_its_words(tool: str, command: str) -> None:
    text = rendered(f"{{{{ run(['true', '{command}'], fetch='{tool}') }}}}", layers="split")
    quiet, fetching = text.split("RUN ")[1:]
    assert "--mount" not in quiet
    assert "--mount=type=secret,id=buildmark-ca" in fetching


def test_apt_removing_packages_fetches_nothing() -> None:
    template = "{{ run(['apt-get update'], cleanup='apt-get purge -y x', fetch='apt') }}"
    assert rendered(template, layers="split").splitlines()[-1] == "RUN apt-get purge -y x"


def test_cache_mounts_have_ids_of_our_own() -> None:
    assert rendered("{{ run('a', cache={'pip': '/root/.cache/pip', 'buildmark-x': '/x'}) }}") == (
        "RUN --mount=type=cache,id=buildmark-pip,target=/root/.cache/pip,sharing=locked \\\n"
        "    --mount=type=cache,id=buildmark-x,target=/x,sharing=locked \\\n"
        "    a"
    )
