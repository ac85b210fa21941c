"""A private engine's control groups, on hierarchies that are plain folders here."""

from pathlib import Path

import pytest

from bench.ports import cgroups


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    """A table of mounts with version 1 hierarchies, as on Debian 12 booted without the unified one."""
    rows = [f"cgroup {tmp_path}/{name} cgroup rw,relatime,{name} 0 0" for name in ("cpu", "memory", "freezer")]
    rows += [f"cgroup2 {tmp_path}/unified cgroup2 rw 0 0", "proc /proc proc rw 0 0"]
    for name in ("cpu", "memory", "freezer", "unified"):
        (tmp_path / name).mkdir()
    table = tmp_path / "mounts"
    table.write_text("\n".join(rows) + "\n")
    return table


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    """The same with the unified hierarchy alone; the files that the kernel would give a new group are put there."""
    top = tmp_path / "unified"
    for group in (top, top / "buildmark-x", top / "buildmark-x" / "steps"):
        group.mkdir()
        (group / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
        (group / "cgroup.subtree_control").write_text("cpu io memory pids\n")
    table = tmp_path / "mounts"
    table.write_text(f"cgroup2 {top} cgroup2 rw 0 0\n")
    return table


def test_version_1_groups_are_made_where_something_is_metered(tmp_path: Path, version_1: Path) -> None:
    groups = cgroups.create("buildmark-x", version_1)
    assert (groups.steps, groups.daemon, groups.absent) == ("buildmark-x/steps", "buildmark-x/daemon", None)
    assert set(groups.join) == {tmp_path / name / "buildmark-x/daemon/cgroup.procs" for name in ("cpu", "memory")}
    assert not (tmp_path / "freezer/buildmark-x").exists()


def test_all_groups_of_the_name_go_and_others_stay(tmp_path: Path, version_1: Path) -> None:
    cgroups.create("buildmark-x", version_1)
    cgroups.create("buildmark-y", version_1)
    (tmp_path / "freezer/buildmark-x/steps/buildkit/abc").mkdir(parents=True)  # the engine makes such by itself
    assert cgroups.step_ids("buildmark-x", version_1) == {"abc"}
    cgroups.remove("buildmark-x", version_1)
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.glob("*/*")) == [
        Path("cpu/buildmark-y"),
        Path("memory/buildmark-y"),
    ]


def test_version_2_daemon_and_steps_are_siblings(tmp_path: Path, version_2: Path) -> None:
    groups = cgroups.create("buildmark-x", version_2)
    assert (groups.steps, groups.daemon) == ("buildmark-x/steps", "buildmark-x/daemon")
    assert groups.join == (tmp_path / "unified/buildmark-x/daemon/cgroup.procs",)


def test_a_root_that_lets_nothing_be_made_is_a_reason_and_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "unified").write_text("not a folder")
    (tmp_path / "mounts").write_text(f"cgroup2 {tmp_path}/unified cgroup2 rw 0 0\n")
    groups = cgroups.create("buildmark-x", tmp_path / "mounts")
    assert (groups.steps, groups.daemon, groups.join) == (None, None, ())
    assert groups.absent is not None
    assert "Not a directory" in groups.absent


def test_no_hierarchy_at_all_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text("proc /proc proc rw 0 0\n")
    assert cgroups.create("buildmark-x", tmp_path / "mounts").absent == "no cgroup hierarchy is mounted"
