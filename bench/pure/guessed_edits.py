"""Which file of a build context somebody would change, guessed from what a Dockerfile copies.

Only COPY and ADD count, since the proof of an edit goes by them. Neighbours: `bench.pure.dockerfile_graph` tells what
each step reads, `bench.pure.edits` says what an edit means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from bench.model.build import StepKind
from bench.model.scenario import TRIAL_TOKEN, Edit, EditAction, State
from bench.pure.context_use import covers
from bench.pure.dockerfile_graph import Place, StepNode, dockerfile_graph
from bench.pure.dockerfile_lines import logical_lines

MOST_STEPS = 2_000
MOST_LOOKS = 2_000_000
"""Pairs of a step that copies and a file: some seconds of work."""
MARK = f"edited in {TRIAL_TOKEN}"
_HASH, _SLASHES, _STARS, _ANGLES = f"# {MARK}", f"// {MARK}", f"/* {MARK} */", f"<!-- {MARK} -->"
_COMMENTS: Mapping[str, str] = {
    **dict.fromkeys([".py", ".sh", ".rb", ".pl", ".ex", ".exs", ".r"], _HASH),
    **dict.fromkeys([".go", ".rs", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".java", ".kt", ".swift"], _SLASHES),
    **dict.fromkeys([".scala", ".cs", ".cpp", ".cc", ".cxx", ".dart"], _SLASHES),
    **dict.fromkeys([".c", ".h", ".hpp", ".css", ".scss"], _STARS),
    **dict.fromkeys([".html", ".xml", ".md", ".vue", ".svelte"], _ANGLES),
    **dict.fromkeys([".yml", ".yaml", ".toml", ".cfg", ".conf", ".ini", ".txt"], _HASH),
}
"""A comment that can end a file, by suffix; those that are more likely to be somebody's source come first."""
_RANKS = {suffix: rank for rank, suffix in enumerate(_COMMENTS)}
_MANIFESTS: Mapping[str, str] = {
    **dict.fromkeys(["requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg"], _HASH),
    **dict.fromkeys(["Cargo.toml", "Gemfile", "environment.yml", "mix.exs"], _HASH),
    **dict.fromkeys(["go.mod", "build.gradle", "build.gradle.kts", "settings.gradle"], _SLASHES),
    "pom.xml": _ANGLES,
}
JSON_MANIFESTS = ("package.json", "composer.json")
_NAMED_LIKE_REQUIREMENTS = re.compile(r"(.*[-_.])?requirements([-_.].*)?\.(txt|in)")
_LIKELY = ("main", "app", "server", "index", "__init__", "lib", "cli", "wsgi")
_NOT_SOURCES = {"node_modules", "vendor", "target", "dist", "build", ".git", ".github", "docs", "results", "scenarios"}
_TESTS = re.compile(r"(^|[/_.-])(tests?|spec|examples?|bench(marks?)?|fixtures?)([/_.-]|$)")
_JSON_NAME = re.compile(r'"name"\s*:\s*"[^"\\]*"')


class GuessedEdits(msgspec.Struct, frozen=True, kw_only=True):
    """The edits by state, and in words where each comes from, or why there is none.

    `missing` says which sources of COPY and ADD are not in the context.
    """

    edits: Mapping[State, Edit] = {}
    guessed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def guess_edits(dockerfile: str, files: Sequence[str], texts: Mapping[str, str]) -> GuessedEdits:
    """The edits of a source file and of a manifest of dependencies.

    `files` are the paths in the build context that are sent to a builder; `texts` holds those of JSON manifests.
    """
    if sum(1 for _ in logical_lines(dockerfile)) > MOST_STEPS:
        return GuessedEdits(left=(f"no edits are guessed for a Dockerfile of more than {MOST_STEPS:,} instructions",))
    graph = dockerfile_graph(dockerfile, {})
    loose, followed = _copies(graph)
    if (len(loose) + len(followed)) * len(files) > MOST_LOOKS:
        return GuessedEdits(left=("no edits are guessed: the context has too many files for so many COPY and ADD",))
    source, deps = _source([*loose, *followed], files), _deps(followed, files, texts)
    together = source is not None and deps is not None and source[0].place == deps[0].place
    pairs = {State.EDIT_SOURCE: source, State.EDIT_DEPS: deps}
    found = {state: pair for state, pair in pairs.items() if pair is not None}
    return GuessedEdits(
        edits={state: _edit(path, texts) for state, (_, path) in found.items()},
        guessed=tuple(_words(state, node, path, together=together) for state, (node, path) in found.items()),
        left=tuple(_nothing(state) for state, pair in pairs.items() if pair is None),
        missing=tuple(_missing(graph, files)),
    )


_Pair = tuple[StepNode, str]


def _copies(graph: Mapping[Place, StepNode]) -> tuple[list[StepNode], list[StepNode]]:
    """The steps that copy from the context towards the final image: those that no RUN follows, and the others."""
    wanted, followed = _ancestry(graph)
    nodes = [
        node
        for node in graph.values()
        if node.place in wanted and node.kind in {StepKind.COPY, StepKind.ADD} and node.reads and not node.skips
    ]
    return (
        [node for node in nodes if node.place not in followed],
        [node for node in nodes if node.place in followed],
    )


def _missing(graph: Mapping[Place, StepNode], files: Sequence[str]) -> Iterator[str]:
    """COPY and ADD of what is not there, but for names made of variables."""
    for node in graph.values():
        if node.kind in {StepKind.COPY, StepKind.ADD} and "$" not in node.text:
            for pattern in node.reads:
                if not any(covers(pattern, path) for path in files):
                    yield f"`{_step(node)}`: the context has no file {pattern}; --context names another"


def _step(node: StepNode) -> str:
    return " ".join(node.text.split())[:60]


def _ancestry(graph: Mapping[Place, StepNode]) -> tuple[set[Place], set[Place]]:
    """The steps that the final image needs, and those of them that a needed RUN follows."""
    wanted, followed = set(list(graph)[-1:]), set[Place]()
    for node in reversed(list(graph.values())):
        if node.place in wanted:
            wanted.update(node.parents)
            if node.kind is StepKind.RUN or node.place in followed:
                followed.update(node.parents)
    return wanted, followed


def _source(copies: Sequence[StepNode], files: Sequence[str]) -> _Pair | None:
    for node in reversed(copies):
        read = [path for path in files if _is_source(path) and node.reads_path(path)]
        if read:
            return node, min(read, key=_unlikely)
    return None


def _is_source(path: str) -> bool:
    pure = PurePosixPath(path)
    hidden = any(part.startswith(".") or part in _NOT_SOURCES for part in pure.parts[:-1])
    return pure.suffix in _COMMENTS and not hidden and not pure.name.startswith(".") and not _is_manifest(path)


def _unlikely(path: str) -> tuple[bool, int, bool, int, str]:
    """What sorts the most likely source first: no test, in a language, called main or the like, near the top."""
    pure = PurePosixPath(path)
    prose = _RANKS[pure.suffix] >= _RANKS[".c"] and pure.suffix not in {".c", ".h", ".hpp"}
    named = pure.name.split(".")[0].lower() in _LIKELY
    header = pure.suffix in {".h", ".hpp"} or ".min." in pure.name or ".config." in pure.name
    return bool(_TESTS.search(path.lower())), 2 * prose + header, not named, len(pure.parts), path


def _deps(copies: Sequence[StepNode], files: Sequence[str], texts: Mapping[str, str]) -> _Pair | None:
    """A manifest, from the first step that names one, else from the first that brings one along with other files."""
    manifests = [path for path in files if _is_manifest(path) and _can_edit(path, texts)]
    for node in sorted(copies, key=_breadth):
        read = [path for path in manifests if node.reads_path(path)]
        if read:
            return node, min(read, key=lambda path: (path.count("/"), _manifest_rank(path), path))
    return None


def _breadth(node: StepNode) -> bool:
    """Whether a step copies whole folders: a manifest that is named says more than one that comes along."""
    return not any(_is_manifest(pattern.replace("*", "")) or "*" in pattern for pattern in node.reads)


def _is_manifest(path: str) -> bool:
    name = PurePosixPath(path).name
    return name in _MANIFESTS or name in JSON_MANIFESTS or bool(_NAMED_LIKE_REQUIREMENTS.fullmatch(name))


def _manifest_rank(path: str) -> int:
    names = [*JSON_MANIFESTS, *_MANIFESTS]
    name = PurePosixPath(path).name
    return names.index(name) if name in names else len(names)


def _can_edit(path: str, texts: Mapping[str, str]) -> bool:
    return PurePosixPath(path).name not in JSON_MANIFESTS or _json_name(texts.get(path, "")) is not None


def _json_name(text: str) -> str | None:
    """The first `"name": "…"` of a JSON text, where it stands there only once."""
    found = _JSON_NAME.search(text)
    return found[0] if found and text.count(found[0]) == 1 else None


def _edit(path: str, texts: Mapping[str, str]) -> Edit:
    name = PurePosixPath(path).name
    if name in JSON_MANIFESTS:
        old = _json_name(texts.get(path, "")) or ""
        return Edit(action=EditAction.REPLACE, file=path, text=old, new=f'"edited": "{TRIAL_TOKEN}", {old}')
    comment = _MANIFESTS.get(name) or _COMMENTS.get(PurePosixPath(path).suffix, _HASH)
    return Edit(action=EditAction.APPEND, file=path, text=f"\n{comment}\n")


def _words(state: State, node: StepNode, path: str, *, together: bool) -> str:
    step = _step(node)
    if state is State.EDIT_SOURCE:
        return f"{state}: {path} stands for a changed source file; `{step}` copies it"
    if together:
        return f"{state}: {path}, which `{step}` copies along with the sources: each changed source installs anew"
    return f"{state}: {path} stands for changed dependencies; `{step}` copies it"


def _nothing(state: State) -> str:
    what = "source file" if state is State.EDIT_SOURCE else "manifest of dependencies"
    return f"no {state}: no COPY or ADD brings a {what} that could be changed without harm"
