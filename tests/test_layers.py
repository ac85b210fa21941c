"""Imports point downward only: words < pure < ports < app < faces."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "bench"
RANKS = {"errors": 0, "model": 0, "pure": 1, "ports": 2, "app": 3, "report": 4, "cli": 5}
PURE_FORBIDDEN = {"subprocess", "socket", "os", "time", "shutil", "tempfile", "threading", "docker", "psutil", "urllib"}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_imports_point_downward(path: Path) -> None:
    here = RANKS.get(room(module_name(path)), 9)
    upward = {name for name in imports(path) if name.startswith("bench.") and RANKS.get(room(name), -1) > here}
    assert upward == set()


@pytest.mark.parametrize("path", [p for p in modules() if "pure" in p.parts], ids=module_name)
def test_pure_rooms_do_not_touch_the_world(path: Path) -> None:
    assert {name.split(".")[0] for name in imports(path)} & PURE_FORBIDDEN == set()


def test_every_room_has_a_rank() -> None:
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert rooms <= RANKS.keys()
