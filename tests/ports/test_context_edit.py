import os
from pathlib import Path

import pytest

from bench.errors import InputError
from bench.model.scenario import Edit, EditAction
from bench.ports.context_edit import changed_files, check_edit, edited_context
from bench.ports.run_folder import RunFolder
from bench.ports.scratch_context import kept_context

SHELL = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context" / "buildmark-1"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "a.txt").write_text("one two\n")
    (folder / "src" / "a.txt").chmod(0o755)
    (folder / "b.txt").write_text("b\n")
    (folder / "link").symlink_to("b.txt")
    os.utime(folder / "b.txt", (1, 1))
    return folder


A = "src/a.txt"


@pytest.mark.parametrize(
    ("edit", "changed", "content"),
    [
        (Edit(action=EditAction.APPEND, file=A, text="// @TRIAL@\n"), (A,), "one two\n// run-7\n"),
        (Edit(action=EditAction.REPLACE, file=A, text="two", new="@TRIAL@"), (A,), "one run-7\n"),
        (Edit(action=EditAction.TOUCH, file=A), (), "one two\n"),
        (Edit(action=EditAction.COPY, file=A, text="new/c-@TRIAL@.txt"), ("new/c-run-7.txt",), "one two\n"),
        (Edit(action=EditAction.SHELL, text="echo $((6*7)) > src/a.txt; rm link"), ("link", A), "42\n"),
    ],
)
def test_an_edit_lasts_as_long_as_its_block(context: Path, edit: Edit, changed: tuple[str, ...], content: str) -> None:
    inode = context.stat().st_ino
    with edited_context(context, edit, "run-7", SHELL) as files:
        assert files == changed
        assert (context / A).read_text() == content
        assert os.access(context / A, os.X_OK)
        assert (context / "b.txt").stat().st_mtime == 1
    assert (context / A).read_text() == "one two\n"
    assert (context / "link").is_symlink()
    assert context.stat().st_ino == inode
    assert [path.name for path in context.parent.iterdir()] == [context.name]


def test_a_deleted_file_comes_back(context: Path) -> None:
    with edited_context(context, Edit(action=EditAction.DELETE, file=A), "t", SHELL) as files:
        assert files == (A,)
        assert not (context / A).exists()
    assert (context / A).exists()


def test_the_untouched_context_comes_back_when_the_build_fails(context: Path) -> None:
    edit = Edit(action=EditAction.APPEND, file=A, text="x")
    with pytest.raises(KeyboardInterrupt), edited_context(context, edit, "t", SHELL):
        raise KeyboardInterrupt
    assert (context / A).read_text() == "one two\n"


def test_a_killed_run_finds_its_untouched_context_again(context: Path, tmp_path: Path) -> None:
    context.rename(context.with_name(".pristine"))
    (context / "src").mkdir(parents=True)
    (context / A).write_text("edited")
    found = kept_context(RunFolder(tmp_path))
    assert (found / A).read_text() == "one two\n"
    assert [path.name for path in found.parent.iterdir()] == [found.name]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit(action=EditAction.DELETE, file="gone.txt"), "gone.txt is not in the build context"),
        (Edit(action=EditAction.REPLACE, file=A, text="three", new="x"), "does not hold 'three'"),
        (Edit(action=EditAction.SHELL, text="echo oh >&2; exit 3"), "exited with 3: oh"),
        (Edit(action=EditAction.SHELL, text=":"), "changes no file"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused_before_any_build(
    context: Path, tmp_path: Path, edit: Edit, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        check_edit(edit, context, tmp_path / "scratch", SHELL)
    assert not (tmp_path / "scratch").exists()


def test_a_mode_is_content_too(context: Path, tmp_path: Path) -> None:
    check_edit(Edit(action=EditAction.SHELL, text="chmod 600 b.txt"), context, tmp_path / "scratch", SHELL)
    assert changed_files(context, context) == ()
