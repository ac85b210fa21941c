from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import InputError, UsageError
from bench.ports.scenario_files import find_scenarios, load_scenario, read_template

GOOD = 'title = "Toy"\n[axes]\nstages = ["single", "multi"]\n'


def make(folder: Path, text: str = GOOD) -> Path:
    (folder / "context").mkdir(parents=True)
    (folder / "Dockerfile.j2").write_text("FROM scratch\n")
    (folder / "scenario.toml").write_text(text)
    return folder


def test_a_name_is_looked_for_in_each_folder_and_the_first_wins(tmp_path: Path) -> None:
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    make(own / "toy", GOOD.replace("Toy", "Mine"))
    make(shipped / "toy")
    make(shipped / "other")
    folders = [tmp_path / "missing", own, shipped]
    assert [(found.name, found.file.parent.parent) for found in find_scenarios(folders)] == [
        ("other", shipped),
        ("toy", own),
    ]
    assert load_scenario("toy", folders=folders, known_bases=()).title == "Mine"
    assert load_scenario("other", folders=folders, known_bases=()).folder == shipped / "other"


def test_an_unknown_name_is_met_with_the_nearest_and_the_list(tmp_path: Path) -> None:
    make(tmp_path / "python-web")
    make(tmp_path / "quick")
    with pytest.raises(UsageError, match=r"unknown scenario 'pyton-web' \(did you mean 'python-web'\?\)") as caught:
        load_scenario("pyton-web", folders=[tmp_path], known_bases=())
    assert caught.value.remedy is not None
    assert "python-web, quick" in caught.value.remedy


@pytest.mark.parametrize("path", ["{}", "{}/", "{}/scenario.toml", "{}/../toy"])
def test_a_path_is_a_folder_or_its_scenario_file(tmp_path: Path, path: str) -> None:
    make(tmp_path / "toy")
    scenario = load_scenario(path.format(tmp_path / "toy"), folders=(), known_bases=())
    assert (scenario.name, scenario.folder) == ("toy", tmp_path / "toy")
    assert scenario.context == tmp_path / "toy" / "context"
    assert read_template(scenario) == "FROM scratch\n"


def test_the_current_folder_is_a_path_and_gives_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make(tmp_path / "toy"))
    for path in (".", "scenario.toml", "./scenario.toml"):
        assert load_scenario(path, folders=(), known_bases=()).folder == tmp_path / "toy"


def test_a_path_without_a_scenario_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no scenario\.toml"):
        load_scenario(f"{tmp_path}/", folders=(), known_bases=())
    with pytest.raises(UsageError, match="is not a folder"):
        load_scenario(f"{tmp_path}/nowhere", folders=(), known_bases=())


def test_a_folder_whose_name_cannot_name_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be called 'my toy'"):
        load_scenario(str(make(tmp_path / "my toy")), folders=(), known_bases=())


def test_a_missing_template_or_context_is_named_with_its_line(tmp_path: Path) -> None:
    toy = make(tmp_path / "toy", GOOD.replace("[axes]", 'context = "files"\n[axes]'))
    with pytest.raises(InputError, match=r"scenario\.toml:2: context: there is no folder 'files'"):
        load_scenario(str(toy), folders=(), known_bases=())
    (toy / "Dockerfile.j2").unlink()
    with pytest.raises(InputError, match=r"scenario\.toml:1: template: there is no file 'Dockerfile\.j2'"):
        load_scenario(str(toy), folders=(), known_bases=())


@pytest.mark.parametrize("key", ["template", "context"])
def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    toy = make(tmp_path / "toy", GOOD.replace("[axes]", f'{key} = "sub/link"\n[axes]'))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "link").write_text("FROM scratch\n")
    (toy / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match=rf"scenario\.toml:2: {key}: 'sub/link' is a link that leaves"):
        load_scenario(str(toy), folders=(), known_bases=())


def test_a_link_that_stays_inside_is_fine_and_so_is_a_linked_scenario(tmp_path: Path) -> None:
    toy = make(tmp_path / "toy", GOOD.replace("[axes]", 'template = "link"\n[axes]'))
    (toy / "link").symlink_to("Dockerfile.j2")
    (tmp_path / "alias").symlink_to(toy)
    scenario = load_scenario(str(tmp_path / "alias"), folders=(), known_bases=())
    assert scenario.name == "alias"
    assert read_template(scenario) == "FROM scratch\n"


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    toy = make(tmp_path / "toy", GOOD.replace("[axes]", 'template = "link"\n[axes]'))
    (toy / "link").symlink_to("link")
    with pytest.raises(InputError, match="there is no file 'link'"):
        load_scenario(str(toy), folders=(), known_bases=())


def test_a_file_that_is_not_text_is_refused_with_its_line(tmp_path: Path) -> None:
    toy = make(tmp_path / "toy")
    (toy / "scenario.toml").write_bytes(b'title = "x"\n\xff\n')
    with pytest.raises(InputError, match=r"scenario\.toml:2: a scenario file is UTF-8 text"):
        load_scenario(str(toy), folders=(), known_bases=())


def test_the_mark_that_some_editors_put_first_is_no_mistake(tmp_path: Path) -> None:
    toy = make(tmp_path / "toy")
    (toy / "scenario.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_scenario(str(toy), folders=(), known_bases=()).title == "Toy"


UPWARD = GOOD.replace("[axes]", 'context = "../.."\n[axes]')


def test_a_context_may_lie_anywhere_in_the_project(tmp_path: Path) -> None:
    inside = make(tmp_path / "one" / "scenarios" / "toy", UPWARD)
    assert load_scenario(f"{inside}/", folders=(), known_bases=()).context == tmp_path / "one"
    deep = make(tmp_path / "two" / "a" / "b", UPWARD)
    (tmp_path / "two" / ".git").mkdir()
    assert load_scenario(f"{deep}/", folders=(), known_bases=()).context == tmp_path / "two"


@pytest.mark.parametrize("context", ["../..", "../../..", "../toys"])
def test_a_context_outside_the_project_is_refused(tmp_path: Path, context: str) -> None:
    toy = make(tmp_path / "a" / "b" / "toy", UPWARD.replace("../..", context))
    (tmp_path / "a" / "b" / "toys").mkdir()
    with pytest.raises(InputError, match=rf"scenario\.toml:2: context: '{context}' leaves the scenario's project"):
        load_scenario(f"{toy}/", folders=(), known_bases=())


def test_a_context_outside_the_project_is_refused_behind_a_link_too(tmp_path: Path) -> None:
    toy = make(tmp_path / "one" / "scenarios" / "toy", UPWARD.replace("../..", "../../link"))
    (tmp_path / "one" / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="leaves the scenario's project"):
        load_scenario(f"{toy}/", folders=(), known_bases=())


def test_a_folder_with_a_dockerfile_alone_says_what_can_be_done_with_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(UsageError) as caught:
        load_scenario(f"{tmp_path}/", folders=(), known_bases=())
    assert "buildmark init --from" in str(caught.value.remedy)
