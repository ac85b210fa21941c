"""`buildmark bases`, as a user calls it, on a machine without an engine."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a catalogue of the user's own: one base that can be had, one that cannot."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("bin/sh"), io.BytesIO())
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "root.tar").write_bytes(plain.getvalue())
    sha256 = hashlib.sha256(plain.getvalue()).hexdigest()
    (tmp_path / "scenarios" / "bases.toml").write_text(
        f'[mine]\ntitle="Mine"\nfamily="none"\n[[mine.sources]]\nkind="archive"\nlocation="root.tar"\nsha256="{sha256}"\n'
        f'[gone]\ntitle="Gone"\nfamily="none"\n[[gone.sources]]\nkind="archive"\nlocation="no.tar"\nsha256="{sha256}"\n'
    )
    return tmp_path


def buildmark(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    nowhere = {"DOCKER_HOST": f"unix://{folder}/no.sock", "BUILDMARK_CACHE": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, "-c", "from bench.cli.main import main; main()", "bases", *arguments],
        cwd=folder,
        env={**os.environ, **nowhere, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_list_needs_no_engine_and_shows_the_user_s_own_bases(folder: Path) -> None:
    done = buildmark(folder)
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "registry" in lines["debian-12"]
    assert "archive" in lines["mine"]
    assert "nowhere" in lines["gone"]


def test_a_prepared_base_is_at_hand_from_then_on(folder: Path) -> None:
    made = buildmark(folder, "prepare", "mine")
    assert made.returncode == 0, made.stderr
    listed = json.loads(buildmark(folder, "--format", "json").stdout)
    mine = next(base for base in listed if base["name"] == "mine")
    assert mine["cached"] is True
    assert mine["digest"] in made.stdout
    assert mine["comes_from"] == ["archive"]
    gone = next(base for base in listed if base["name"] == "gone")
    assert (gone["digest"], gone["size_bytes"]) == (None, None)
    assert gone["sources"][0]["outlook"] == "impossible"


def test_an_unknown_base_is_a_usage_error_with_the_nearest_name(folder: Path) -> None:
    done = buildmark(folder, "prepare", "debain-12")
    assert done.returncode == 2
    assert "there is no base 'debain-12' (did you mean 'debian-12'?)" in done.stderr


def test_a_base_that_cannot_be_had_says_why_and_the_others_are_prepared(folder: Path) -> None:
    done = buildmark(folder, "prepare", "gone", "mine")
    assert done.returncode == 5
    assert "the base gone cannot be had: archive no.tar: there is no file" in done.stderr
    assert done.stdout.startswith("mine: archive")


def test_a_mistake_in_the_user_s_catalogue_names_its_line(folder: Path) -> None:
    (folder / "scenarios" / "bases.toml").write_text('[mine]\ntitel = "x"\n')
    done = buildmark(folder)
    assert done.returncode == 2
    assert "scenarios/bases.toml:2: mine: a base has no key 'titel' (did you mean 'title'?)" in done.stderr
