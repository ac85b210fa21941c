"""Alpine's package database: read, cut down, and used to prove what a package ships."""

import base64
import hashlib

import pytest

from bench.pure.apk_database import join_installed, parse_installed, shipped_content

DATABASE = """\
C:Q1aaaa=
P:layout
V:1-r0
t:1700000000
F:etc
R:motd
Z:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=
R:shadow
a:0:42:640
F:tmp
M:0:0:1777

C:Q1bbbb=
P:box
V:2-r1
t:1700000001
F:bin
R:box
a:0:0:755
"""


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()  # noqa: S324 - it is what apk's database holds


def test_owners_and_modes_come_from_the_database() -> None:
    layout, box = parse_installed(DATABASE)
    assert [(entry.path, entry.is_folder, entry.gid, oct(entry.mode)) for entry in layout.entries] == [
        ("etc", True, 0, "0o755"),
        ("etc/motd", False, 0, "0o644"),
        ("etc/shadow", False, 42, "0o640"),
        ("tmp", True, 0, "0o1777"),
    ]
    assert layout.entries[1].sha1 == base64.b64decode("AAAAAAAAAAAAAAAAAAAAAAAAAAA=").hex()
    assert (box.name, box.version, box.checksum, box.built_at) == ("box", "2-r1", "Q1bbbb=", 1700000001)


def test_the_database_cut_down_is_a_database_again() -> None:
    packages = parse_installed(DATABASE)
    assert parse_installed(join_installed(packages[1:])) == packages[1:]
    assert parse_installed(join_installed(packages)) == packages


def test_a_block_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks P"):
        parse_installed("C:Q1aaaa=\nV:1\nt:1\n")


def test_lines_that_a_system_added_are_taken_off_again() -> None:
    shipped = b"root:x:0:0\nnobody:x:65534:65534\n"
    assert shipped_content("etc/passwd", shipped + b"somebody:x:1000:1000\n", sha1(shipped)) == shipped


def test_the_root_account_stays_shut() -> None:
    opened = b"root:::0:::::\nbin:!::0:::::\n"
    shut = b"root:*::0:::::\nbin:!::0:::::\n"
    assert shipped_content("etc/shadow", shut + b"somebody:!::0:::::\n", sha1(opened)) == shut


def test_a_changed_file_is_not_taken_for_what_the_package_ships() -> None:
    assert shipped_content("etc/passwd", b"root:x:0:0:changed\n", sha1(b"root:x:0:0\n")) is None
    assert shipped_content("bin/box", b"\x7fELF changed", sha1(b"\x7fELF")) is None


def test_files_that_containers_fill_in_are_known() -> None:
    assert shipped_content("etc/hostname", b"", sha1(b"localhost\n")) == b"localhost\n"
