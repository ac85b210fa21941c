"""Finds and reads scenarios: by name in a row of folders, or by path.

`bench.pure.scenario_file` checks the text. Here is checked what needs the disk: that template and context exist, that
the template does not lead out of the scenario's folder, nor the context out of its project. What lies in the context is
checked where it is copied, `bench.ports.context`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from bench.errors import InputError, UsageError, did_you_mean
from bench.model.scenario import Scenario
from bench.ports.paths import shipped_scenarios
from bench.pure.scenario_file import parse_scenario
from bench.pure.scenario_wire import LEVEL_NAME
from bench.pure.toml_lines import line_of, locate

SCENARIO_FILE = "scenario.toml"
SCENARIOS = "scenarios"
NAMED_LIKE_A_DOCKERFILE = re.compile(
    r"(Dockerfile|Containerfile)([._-].*)?|.+\.(Dockerfile|Containerfile)", re.IGNORECASE
)


class FoundScenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario's name, which is its folder's, and its file."""

    name: str
    file: Path


def scenario_folders() -> tuple[Path, ...]:
    """Where names are looked for, in order: `./scenarios`, then the shipped ones."""
    return (Path(SCENARIOS), shipped_scenarios())


def find_scenarios(folders: Sequence[Path]) -> tuple[FoundScenario, ...]:
    """Every scenario in `folders`, sorted by name; the first folder that has a name wins. A missing folder has none."""
    found: dict[str, FoundScenario] = {}
    for folder in folders:
        for file in folder.glob(f"*/{SCENARIO_FILE}"):
            found.setdefault(file.parent.name, FoundScenario(name=file.parent.name, file=file))
    return tuple(found[name] for name in sorted(found))


def project_of(folder: Path) -> Path:
    """The project that a scenario's folder belongs to, out of which its build context may not lead.

    That is the git repository that holds it, else the folder that holds `scenarios/`, else the folder itself.
    """
    home = Path(os.path.realpath(folder))
    for above in (home, *home.parents):
        if (above / ".git").exists():
            return above
    return home.parent.parent if home.parent.name == SCENARIOS else home


def load_scenario(
    name_or_path: str, *, folders: Sequence[Path], known_bases: Collection[str], project: Path | None = None
) -> Scenario:
    """Load a scenario by name, or by the path of its folder or of its `scenario.toml`.

    A path has a slash, or is `.` or `..`. Its context may not lead out of `project`, that of `project_of` where it is
    None. Raises UsageError for an unknown name or a path without a scenario, and InputError when the file is wrong, or
    its template or context is missing or leads out of where it has to be.
    """
    file = _find_file(name_or_path, folders)
    folder = Path(os.path.abspath(file.parent))  # noqa: PTH100  (keeps a linked folder's own name, `resolve` would not)
    if not re.fullmatch(LEVEL_NAME, folder.name):
        raise InputError(
            f"{file}: a scenario cannot be called '{folder.name}'",
            remedy="rename its folder: letters, digits, '.', '_' and '-', and a letter or digit first",
        )
    text = read_text(file, "a scenario file")
    scenario = parse_scenario(text, name=folder.name, folder=folder, file=str(file), known_bases=known_bases)
    _check_files(scenario, text, file, project or project_of(folder))
    return scenario


def is_path(name_or_path: str) -> bool:
    """Whether that is taken for the path of a scenario, rather than for a name."""
    return "/" in name_or_path or name_or_path in {".", "..", SCENARIO_FILE}


def read_template(scenario: Scenario) -> str:
    """The text of the scenario's template. Raises InputError when it cannot be read."""
    return read_text(scenario.template, "a template")


def _find_file(name_or_path: str, folders: Sequence[Path]) -> Path:
    if is_path(name_or_path):
        return _file_at(Path(name_or_path))
    found = {scenario.name: scenario.file for scenario in find_scenarios(folders)}
    if name_or_path in found:
        return found[name_or_path]
    hint = did_you_mean(name_or_path, found)
    if not hint:
        _refuse_dockerfile(Path(name_or_path))
    raise UsageError(
        f"unknown scenario '{name_or_path}'{hint}",
        remedy=f"one of: {', '.join(found) or '(none)'}; or the path of a scenario's folder, such as ./{name_or_path}",
    )


def _refuse_dockerfile(path: Path) -> None:
    """Raise UsageError where a name must have meant a Dockerfile that is not there, or the folder of one."""
    if not path.exists() and NAMED_LIKE_A_DOCKERFILE.fullmatch(path.name):
        raise UsageError(
            f"the Dockerfile '{path}' is not there", remedy="give the path of a Dockerfile, or a scenario's name"
        )
    if (path / "Dockerfile").is_file() and not (path / SCENARIO_FILE).exists():
        _file_at(path)


def _file_at(path: Path) -> Path:
    if path.is_dir() and (path / SCENARIO_FILE).is_file():
        return path / SCENARIO_FILE
    if path.name == SCENARIO_FILE and path.is_file():
        return path
    if not path.exists():
        _refuse_dockerfile(path)
    what = f"has no {SCENARIO_FILE}" if path.is_dir() else f"is not a folder or a {SCENARIO_FILE}"
    remedy = "give the folder of a scenario, or `buildmark scenarios` for the names"
    dockerfile = path / "Dockerfile" if path.is_dir() else path
    if dockerfile.is_file() and dockerfile.suffix != ".toml":
        remedy = (
            f"make a scenario of the Dockerfile: buildmark init --from {dockerfile}; or give its path: {dockerfile}"
        )
    raise UsageError(f"'{path}' {what}", remedy=remedy)


def read_text(file: Path, kind: str, *, newline: str | None = None) -> str:
    """The text of a file, of which errors say that it is `kind`. Raises InputError (`FILE:LINE: …`).

    `newline` is that of `open`: None makes all line ends LF, an empty one leaves them as they are.
    """
    try:
        # The encoding tolerates the mark that some editors put first.
        with file.open(encoding="utf-8-sig", newline=newline) as opened:
            return opened.read()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            f"{file}:{line}: {kind} is UTF-8 text, and this is not", remedy="save the file as UTF-8"
        ) from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}", remedy="check its rights") from error


def _check_files(scenario: Scenario, text: str, file: Path, project: Path) -> None:
    """Raise InputError unless template and context are there, and nothing leads out of where it has to be."""
    lines = locate(text)
    home = Path(os.path.realpath(scenario.folder))
    for key, path in (("template", scenario.template), ("context", scenario.context)):
        where = f"{file}:{line_of(lines, (key,))}: {key}"
        outside = not path.is_relative_to(scenario.folder)
        shown = os.path.relpath(path, scenario.folder)
        if not _is_inside(path, project if outside else home):
            raise _leaves(where, shown, project if outside else None)
        present = path.is_file() if key == "template" else path.is_dir()
        if not present:
            kind = "file" if key == "template" else "folder"
            raise InputError(
                f"{where}: there is no {kind} '{shown}' in {scenario.folder}",
                remedy=f'make it, or name another with {key} = "…"',
            )


def _leaves(where: str, shown: str, project: Path | None) -> InputError:
    if project is None:
        return InputError(
            f"{where}: '{shown}' is a link that leaves the scenario's folder", remedy="put a copy into the folder"
        )
    return InputError(
        f"{where}: '{shown}' leaves the scenario's project, {project}",
        remedy="the project is the git repository, else the folder that holds scenarios/; put a copy into it",
    )


def _is_inside(path: Path, home: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(home))
