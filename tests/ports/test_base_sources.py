"""Root filesystems from archives and disks: verified, kept, reused, and refused with a reason."""

import gzip
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.errors import BaseUnavailableError, NetworkError, StorageError
from bench.model.scenario import Base, BaseSource, Family, SourceKind
from bench.ports.apt import Source
from bench.ports.base_sources import RootfsSources, bootstrap
from bench.ports.base_sources.alpine_wheel import KEPT, base_entries
from bench.ports.base_sources.bootstrap import path_rules, settings, sources_file
from bench.ports.base_sources.download import download
from bench.ports.base_sources.pip import pip_command
from bench.ports.base_sources.rootfs_tar import TarEntry, edit_tar, write_tar
from bench.ports.base_sources.workshop import Workshop
from bench.ports.clock import SystemClock


def make_tar(*names: str) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
    return plain.getvalue()


ROOTFS = gzip.compress(make_tar("./bin/sh", "./etc/os-release"))
SHA256 = hashlib.sha256(ROOTFS).hexdigest()


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing":
            self.send_error(404)
            return
        body = ROOTFS[: len(ROOTFS) // 2] if self.path == "/cut-off" else ROOTFS
        self.send_response(200)
        self.send_header("Content-Length", str(len(ROOTFS)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def sources(tmp_path: Path) -> RootfsSources:
    return RootfsSources(environment={}, cache=tmp_path / "cache", architecture="amd64", clock=SystemClock())


def base_of(location: object, *, sha256: str = SHA256, architecture: str | None = None) -> Base:
    source = BaseSource(kind=SourceKind.ARCHIVE, location=str(location), sha256=sha256, architecture=architecture)
    return Base(name="mine", title="Mine", family=Family.NONE, sources=(source,))


def prepare(base: Base, sources: RootfsSources) -> str:
    return sources.prepare(base, base.sources[0]).digest


def test_an_archive_is_verified_unpacked_and_kept(tmp_path: Path, sources: RootfsSources) -> None:
    packed = tmp_path / "mine.tar.gz"
    packed.write_bytes(ROOTFS)
    base = base_of(packed)
    assert sources.find(base, base.sources[0]) is None
    made = sources.prepare(base, base.sources[0])
    kept = sources.archive(base, base.sources[0])
    assert kept.read_bytes() == gzip.decompress(ROOTFS)
    assert made.digest == f"sha256:{hashlib.sha256(kept.read_bytes()).hexdigest()}"
    assert (made.size_bytes, made.origin) == (6, str(packed))
    assert sources.find(base, base.sources[0]) == made


def test_a_kept_archive_needs_its_source_no_more(tmp_path: Path, sources: RootfsSources) -> None:
    packed = tmp_path / "mine.tar.gz"
    packed.write_bytes(ROOTFS)
    first = prepare(base_of(packed), sources)
    packed.unlink()
    assert prepare(base_of(packed), sources) == first


def test_a_changed_definition_never_finds_the_old_archive(tmp_path: Path, sources: RootfsSources) -> None:
    packed = tmp_path / "mine.tar.gz"
    packed.write_bytes(ROOTFS)
    prepare(base_of(packed), sources)
    other = base_of(packed, sha256="0" * 64)
    assert sources.find(other, other.sources[0]) is None


def test_a_kept_archive_that_was_cut_off_is_made_again(tmp_path: Path, sources: RootfsSources) -> None:
    packed = tmp_path / "mine.tar.gz"
    packed.write_bytes(ROOTFS)
    base = base_of(packed)
    first = prepare(base, sources)
    sources.archive(base, base.sources[0]).write_bytes(b"half")
    assert prepare(base, sources) == first
    assert sources.archive(base, base.sources[0]).read_bytes() == gzip.decompress(ROOTFS)


def test_another_file_than_the_pinned_one_is_refused_and_not_kept(tmp_path: Path, sources: RootfsSources) -> None:
    packed = tmp_path / "mine.tar.gz"
    packed.write_bytes(gzip.compress(make_tar("./bin/sh")))
    with pytest.raises(BaseUnavailableError, match="it is another file"):
        prepare(base_of(packed), sources)
    assert [path.suffix for path in (tmp_path / "cache" / "bases").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ROOTFS[:-9], "is cut off or damaged"),
        (b"this is no archive" * 100, "is not a tar archive"),
        (make_tar("./readme.txt"), "holds no root filesystem"),
    ],
)
def test_an_archive_that_holds_no_root_filesystem_is_refused(
    tmp_path: Path, sources: RootfsSources, content: bytes, reason: str
) -> None:
    packed = tmp_path / "mine.tar.gz"
    packed.write_bytes(content)
    with pytest.raises(BaseUnavailableError, match=reason):
        prepare(base_of(packed, sha256=hashlib.sha256(content).hexdigest()), sources)


def test_a_missing_file_and_a_foreign_architecture_are_told_before_anything_is_fetched(
    tmp_path: Path, sources: RootfsSources
) -> None:
    missing, foreign = base_of(tmp_path / "none.tar"), base_of("https://example.org/x.tar", architecture="arm64")
    assert sources.obstacle(missing.sources[0]) == f"there is no file {tmp_path / 'none.tar'}"
    assert sources.obstacle(foreign.sources[0]) == "it holds arm64 only, and amd64 is needed"
    for base in (missing, foreign):
        with pytest.raises(BaseUnavailableError):
            prepare(base, sources)


def test_an_archive_comes_over_http(site: str, sources: RootfsSources) -> None:
    assert prepare(base_of(f"{site}/mine.tar.gz"), sources).startswith("sha256:")


@pytest.mark.parametrize(("path", "reason"), [("cut-off", "was cut off"), ("missing", "answered 404")])
def test_a_failed_download_says_why(site: str, sources: RootfsSources, path: str, reason: str) -> None:
    with pytest.raises(NetworkError, match=reason):
        prepare(base_of(f"{site}/{path}"), sources)


def test_a_server_that_is_not_there_is_told(sources: RootfsSources) -> None:
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1 does not give it: Connection refused"):
        prepare(base_of("http://127.0.0.1:9/x.tar"), sources)


def test_a_download_does_not_take_for_ever(site: str, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="had not come whole"):
        download(f"{site}/x", tmp_path / "x", environment={}, clock=SystemClock(), total_s=0.0)


def test_a_cache_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    sources = RootfsSources(environment={}, cache=tmp_path / "cache", architecture="amd64", clock=SystemClock())
    with pytest.raises(StorageError, match="cannot keep the base mine"):
        prepare(base_of(tmp_path / "mine.tar"), sources)


def test_the_same_entries_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    entries = [
        TarEntry(path="bin", mode=0o755, mtime=5),
        TarEntry(path="bin/sh", mode=0o4755, mtime=5, uid=1, gid=2, content=b"#!"),
        TarEntry(path="bin-link", mode=0o777, mtime=5, link="bin"),
    ]
    write_tar(entries, tmp_path / "one.tar")
    write_tar(reversed(entries), tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as archive:
        assert [(member.name, oct(member.mode), member.uid) for member in archive] == [
            ("bin", "0o755", 0),
            ("bin/sh", "0o4755", 1),
            ("bin-link", "0o777", 0),
        ]


def test_what_is_of_the_host_goes_and_the_rest_keeps_its_modes(tmp_path: Path) -> None:
    old, new = tmp_path / "old.tar", tmp_path / "new.tar"
    write_tar(
        [
            TarEntry(path="./etc/resolv.conf", mode=0o644, mtime=1, content=b"nameserver of the host"),
            TarEntry(path="./bin/su", mode=0o4755, mtime=1, content=b"su"),
            TarEntry(path="./etc/motd", mode=0o644, mtime=1, content=b"old"),
        ],
        old,
    )
    edit_tar(
        old,
        new,
        drop=frozenset({"etc/resolv.conf"}),
        add=[TarEntry(path="etc/motd", mode=0o644, mtime=1, content=b"new")],
    )
    with tarfile.open(new) as archive:
        assert {member.name: oct(member.mode) for member in archive} == {"./bin/su": "0o4755", "etc/motd": "0o644"}
        motd = archive.extractfile("etc/motd")
        assert motd is not None
        assert motd.read() == b"new"


def test_a_bootstrapped_base_has_the_mirror_of_this_machine_without_its_password() -> None:
    sources = [
        Source(site="https://me:secret@mirror.example/debian", release="bookworm"),
        Source(site="https://me:secret@mirror.example/debian", release="bookworm-updates"),
        Source(site="http://other.example/security", release="bookworm-security"),
    ]
    text = sources_file(sources)
    assert "URIs: https://mirror.example/debian\nSuites: bookworm bookworm-updates\n" in text
    assert "URIs: http://other.example/security\nSuites: bookworm-security\n" in text
    assert "secret" not in text


def test_a_slim_base_keeps_its_rule_for_packages_that_come_later() -> None:
    source = BaseSource(
        kind=SourceKind.BOOTSTRAP, suite="bookworm", exclude=("!/usr/share/doc/*/copyright", "/usr/share/doc/*")
    )
    rules = next(entry for entry in settings(source, ()) if entry.path == bootstrap.SLIM_SETTINGS)
    # dpkg lets the last match win, so what is kept comes last
    assert rules.content == b"path-exclude=/usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n"
    assert path_rules(()) == ""
    plain = BaseSource(kind=SourceKind.BOOTSTRAP, suite="bookworm")
    assert bootstrap.SLIM_SETTINGS not in {entry.path for entry in settings(plain, ())}


def test_a_machine_without_apt_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.ports.base_sources.workshop.SYSTEM_FOLDERS", ())
    workshop = Workshop(environment={"PATH": str(tmp_path)}, cache=tmp_path, architecture="amd64", clock=SystemClock())
    source = BaseSource(kind=SourceKind.BOOTSTRAP, suite="bookworm")
    assert bootstrap.obstacle(source, workshop) == "apt-get is not on this machine"


def test_pip_is_found_on_path_or_in_python_itself_where_the_environment_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("bench.ports.base_sources.pip.DISTRIBUTION_WHEELS", tmp_path)
    assert pip_command({"PATH": str(tmp_path)}) is None
    (tmp_path / "pip-24.0-py3-none-any.whl").touch()
    found = pip_command({"PATH": str(tmp_path)})
    assert found is not None
    assert found[1] == str(tmp_path / "pip-24.0-py3-none-any.whl" / "pip")
    (tmp_path / "pip3").touch(mode=0o755)
    assert pip_command({"PATH": str(tmp_path)}) == [str(tmp_path / "pip3")]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The unpacked disk of a small system: the kept packages, one more, a user who was added."""
    root = tmp_path / "disk"
    for folder in ("etc/apk", "etc/busybox-paths.d", "lib/apk/db", "bin", "home/somebody"):
        (root / folder).mkdir(parents=True)
    (root / "bin/busybox").write_bytes(b"\x7fELF")
    (root / "bin/bash").write_bytes(b"\x7fELF")
    (root / "etc/passwd").write_text("root:x:0:0\nsomebody:x:1000:1000\n")
    (root / "etc/busybox-paths.d/busybox").write_text("bin/ls\nsbin/modprobe\n")
    (root / "etc/apk/world").write_text("bash\nbusybox\n")
    (root / "lib/apk/db/triggers").write_text("Q1busybox= /bin\nQ1bash= /sbin\n")
    with tarfile.open(root / "lib/apk/db/scripts.tar.gz", "w:gz") as scripts:
        for name in ("busybox-1-r0.Q1.trigger", "bash-1-r0.Q1.trigger"):
            scripts.addfile(tarfile.TarInfo(name), io.BytesIO())
    passwd = hashlib.sha1(b"root:x:0:0\n", usedforsecurity=False).digest()
    blocks = [f"C:Q1{name}=\nP:{name}\nV:1-r0\nt:7\n" for name in sorted({*KEPT, "bash"})]
    files = {
        "alpine-baselayout": f"F:etc\nR:passwd\nZ:{_q1(passwd)}\nF:tmp\nM:0:0:1777\n",
        "busybox": "F:bin\nR:busybox\na:0:0:755\n",
    }
    files["bash"] = "F:bin\nR:bash\n"
    text = "\n".join(block + files.get(block.split("P:")[1].split("\n")[0], "") for block in blocks)
    (root / "lib/apk/db/installed").write_text(text)
    return root


def _q1(digest: bytes) -> str:
    import base64  # noqa: PLC0415 - used here alone

    return "Q1" + base64.b64encode(digest).decode()


def test_of_a_disk_only_the_files_of_the_base_are_kept(disk: Path) -> None:
    entries = {entry.path: entry for entry in base_entries(disk)}
    assert "bin/bash" not in entries
    assert not [path for path in entries if path.startswith("home/somebody")]
    assert entries["etc/passwd"].content == b"root:x:0:0\n"
    assert entries["etc/apk/world"].content == b"busybox\n"
    assert entries["lib/apk/db/triggers"].content == b"Q1busybox= /bin\n"
    assert oct(entries["tmp"].mode) == "0o1777"
    assert entries["sbin/modprobe"].link == "/bin/busybox"
    assert entries["sbin"].content is None
    assert b"bash" not in (entries["lib/apk/db/installed"].content or b"")


def test_a_disk_with_a_changed_system_file_is_refused(disk: Path) -> None:
    (disk / "etc/passwd").write_text("root:changed:0:0\n")
    with pytest.raises(BaseUnavailableError, match="/etc/passwd on the disk is not what the package alpine-baselayout"):
        base_entries(disk)


def test_a_disk_without_one_of_the_packages_is_refused(disk: Path) -> None:
    database = disk / "lib/apk/db/installed"
    database.write_text(database.read_text().replace("P:musl\n", "P:other\n"))
    with pytest.raises(BaseUnavailableError, match="the disk lacks the packages musl"):
        base_entries(disk)
