"""What `compare --rev`, `gate` and `bisect` refuse before anything is built: no engine is asked for here."""

from pathlib import Path

import pytest

from bench.app.asked import Campaign
from bench.errors import ExitCode, UsageError
from tests.cli.command import Buildmark
from tests.ports.test_git_revisions import ENVIRONMENT, git

COMMANDS = (("compare", "--rev", "HEAD~1", "--rev", "HEAD"), ("gate", "--head", "HEAD"), ("bisect", "HEAD~1", "HEAD"))


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, ENVIRONMENT[name])
    return Buildmark(monkeypatch, capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own repository of three commits; only the last has a scenario, `app`."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for number in (1, 2):
        (folder / "README").write_text(f"{number}\n")
        commit(folder, f"change {number}")
    write_scenario(folder / "scenarios" / "app")
    commit(folder, "a scenario")
    monkeypatch.chdir(folder)
    return folder


def commit(folder: Path, subject: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", subject)


def write_scenario(home: Path, context: str = "../..") -> None:
    home.mkdir(parents=True)
    (home / "scenario.toml").write_text(f'title = "An app"\ncontext = "{context}"\n')
    (home / "Dockerfile.j2").write_text("FROM scratch\nCOPY . /\n")


@pytest.mark.parametrize("words", COMMANDS)
def test_a_name_never_leads_to_the_revisions_of_another_repository(
    words: tuple[str, ...], project: Path, buildmark: Buildmark
) -> None:
    said = buildmark(*words, "--scenario", "quick")
    assert said.code == ExitCode.USAGE
    assert "this folder has no scenario 'quick'" in said.err
    assert f"not those of {project}" in said.err
    assert "buildmark init" in said.err


@pytest.mark.parametrize("words", COMMANDS)
def test_nor_does_it_from_a_folder_without_a_repository(
    words: tuple[str, ...], tmp_path: Path, buildmark: Buildmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = buildmark(*words, "--scenario", "quick")
    assert said.code == ExitCode.USAGE
    assert "this folder has no scenario 'quick'" in said.err


def test_a_path_may_lead_to_another_repository(
    project: Path, tmp_path: Path, buildmark: Buildmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = buildmark("gate", "--scenario", f"{project}/scenarios/app", "--against", "nowhere")
    assert f"'nowhere' is no commit of the repository {project}" in said.err


def test_a_name_is_found_from_anywhere_in_its_own_repository(project: Path, buildmark: Buildmark) -> None:
    said = buildmark("gate", "--scenario", "app", "--against", "nowhere")
    assert f"'nowhere' is no commit of the repository {project}" in said.err


@pytest.mark.parametrize("words", COMMANDS)
def test_a_scenario_in_no_repository_is_told_how_it_gets_revisions(
    words: tuple[str, ...], tmp_path: Path, buildmark: Buildmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_scenario(tmp_path / "scenarios" / "app")
    monkeypatch.chdir(tmp_path)
    said = buildmark(*words, "--scenario", "app")
    assert said.code == ExitCode.USAGE
    assert "the scenario app lies in no git repository" in said.err
    assert "git init" in said.err
    assert "rev-parse" not in said.err


def test_it_is_told_which_repository_the_revisions_are_of(
    project: Path, buildmark: Buildmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "README").write_text("3\n")
    commit(project, "a fourth")
    first, head = git(project, "rev-list", "--reverse", "HEAD").split()[-2:]
    stop_before_building(monkeypatch)
    said = buildmark("compare", "--rev", first, "--rev", "HEAD", "--rev", ".", "--scenario", "app")
    assert said.err.splitlines()[:3] == [
        f"revision: {first} of {project}",
        f"revision: HEAD is {head} of {project}",
        f"revision: working-tree is what lies in {project} now",
    ]


@pytest.mark.parametrize("words", [("compare", "--rev", "HEAD~2", "--rev", "HEAD"), ("bisect", "HEAD~2", "HEAD")])
def test_a_revision_without_the_scenario_is_named(words: tuple[str, ...], project: Path, buildmark: Buildmark) -> None:
    said = buildmark(*words, "--scenario", "app")
    assert said.code == ExitCode.USAGE
    name = "HEAD~2" if words[0] == "compare" else git(project, "rev-parse", "HEAD~2")[:12]
    assert f"{name} has no scenario scenarios/app" in said.err
    assert "git log --oneline -- scenarios/app" in said.err
    assert "buildmark-revisions-" not in said.err


def test_a_mistake_in_a_revisions_scenario_is_told_with_the_revision(project: Path, buildmark: Buildmark) -> None:
    file = project / "scenarios" / "app" / "scenario.toml"
    good = file.read_text()
    file.write_text(f"{good}colour = 1\n")
    commit(project, "a mistake")
    file.write_text(good)
    commit(project, "mended")
    said = buildmark("compare", "--rev", "HEAD~1", "--rev", "HEAD", "--scenario", "app")
    assert said.code == ExitCode.USAGE
    assert said.err.startswith("error: HEAD~1:scenarios/app/scenario.toml:3: ")


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [("HEAD", "HEAD", "the commit "), ("HEAD", "main", "the commit "), (".", ".", "the working tree")],
)
@pytest.mark.usefixtures("project")
def test_a_commit_is_not_held_against_itself(first: str, second: str, what: str, buildmark: Buildmark) -> None:
    said = buildmark("compare", "--rev", first, "--rev", second, "--scenario", "app")
    assert said.code == ExitCode.USAGE
    assert f"'{first}' and '{second}' are both {what}" in said.err


@pytest.mark.parametrize(
    "words",
    [("compare", "--rev", "HEAD~1", "--rev", "HEAD"), ("gate", "--against", "HEAD~1"), ("bisect", "HEAD~1", "HEAD")],
)
def test_what_disturbs_a_trial_can_be_said_where_revisions_are_measured(
    words: tuple[str, ...], project: Path, buildmark: Buildmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "README").write_text("3\n")
    commit(project, "a fourth")
    campaigns = stop_before_building(monkeypatch)
    buildmark(*words, "--scenario", "app", "--disturbed-above", "0.5", "--keep-disturbed")
    assert [one.disturbed_above for one in campaigns] == [0.5]


def stop_before_building(monkeypatch: pytest.MonkeyPatch) -> list[Campaign]:
    """Let no campaign begin; what would have begun is in the list that this returns."""
    campaigns: list[Campaign] = []

    def stop(campaign: Campaign, _: object) -> None:
        campaigns.append(campaign)
        raise UsageError("nothing is built here")

    monkeypatch.setattr("bench.app.revision_campaign.start_run", stop)
    return campaigns
