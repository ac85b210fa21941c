"""A private apt: the machine's mirror and keys, but lists, caches and package database in a folder of its own.

Signatures are checked as always; nothing of the machine's apt or dpkg is written. `bench.ports.debian` is
what others use.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from bench.errors import BuildmarkError, EngineError, NetworkError
from bench.ports.process import Completed, run

MIRROR_VARIABLE = "BUILDMARK_DEBIAN_MIRROR"
DPKG_STATUS = Path("/var/lib/dpkg/status")
OS_RELEASE = Path("/etc/os-release")
KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
# A suite for what should come from the machine's own release, on a machine that is not Debian.
FALLBACK_SUITE = "bookworm"
# How sources may name a release instead of by its code name.
ALIASES = frozenset({"stable", "oldstable", "testing", "unstable", "sid"})
# What comes beside a release on its machines, and holds newer builds of installed packages.
COMPANIONS = ("-updates", "-security")
TIMEOUT_S = 900.0

# Hooks of the machine's configuration are cleared, since they would clean the machine's own folders.
CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "/nonexistent";
Dir::Etc::Preferences "/nonexistent";
Dir::Etc::PreferencesParts "/nonexistent";
Dir::State "{folder}/state";
Dir::State::Lists "{folder}/state/lists";
Dir::State::Status "{folder}/dpkg/status";
Dir::Cache "{folder}/cache";
Dir::Cache::Archives "{folder}/cache/archives";
Dir::Log "{folder}/log";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
APT::Default-Release "";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Dpkg::Use-Pty "false";
quiet "2";
"""

_UNREACHABLE = re.compile(
    r"Could not resolve|Temporary failure|Unable to connect|Could not connect|Cannot initiate|Connection (failed|timed)"
    r"|Connection refused|Network is unreachable|No route to host|Could not handshake|Certificate verification"
    r"|^Err:|Failed to fetch|does not have a Release file|\b(403|404|407|50[0-9])\s"
)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the machine's own apt: an archive's address and the release there (`bookworm-security`)."""

    site: str
    release: str


def own_suite(os_release: Path = OS_RELEASE) -> str:
    """The code name of this machine's Debian release; that of Debian 12 on other distributions."""
    values = os_release_values(os_release)
    return values.get("VERSION_CODENAME", FALLBACK_SUITE) if values.get("ID") == "debian" else FALLBACK_SUITE


def os_release_values(os_release: Path = OS_RELEASE) -> Mapping[str, str]:
    """The fields of os-release(5), unquoted; empty where there is no such file."""
    if not os_release.is_file():
        return {}
    pairs = (line.split("=", 1) for line in os_release.read_text().splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def require_apt(environment: Mapping[str, str]) -> None:
    """Raise EngineError where apt-get or dpkg-deb is missing: only Debian and its children can fetch packages."""
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program, path=environment.get("PATH")) is None:
            raise EngineError(
                f"{program} is not on this machine, so packages of the Debian archive cannot be fetched",
                remedy="run on Debian, or start a Docker engine yourself and use `--engine host`",
            )


def keyring() -> Path:
    """The file with the keys of the Debian archive; raises EngineError where the machine has none."""
    for path in KEYRINGS:
        if path.is_file():
            return path
    raise EngineError(
        f"the keys of the Debian archive are missing ({KEYRINGS[0]}), so its packages could not be checked",
        remedy="install the package debian-archive-keyring, or start a Docker engine yourself and use `--engine host`",
    )


def machine_sources(environment: Mapping[str, str]) -> tuple[Source, ...]:
    """The archives that the machine's apt reads, best known first: those with lists at hand, else those configured."""
    known = _apt_text(
        ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"], environment
    )
    found = [tuple(line.split()) for line in known.splitlines()]
    if not found:
        planned = _apt_text(["apt-get", "update", "--print-uris"], environment)
        found = re.findall(r"'(\S+?)/dists/(\S+?)/InRelease'", planned)
    unique = dict.fromkeys(pair for pair in found if len(pair) == 2)  # noqa: PLR2004 - a site and a release
    sources = (Source(site=site.rstrip("/"), release=release) for site, release in unique)
    return tuple(source for source in sources if not source.site.startswith("cdrom:"))


def choose_sources(
    suites: Iterable[str], *, own: str, machine: Sequence[Source], override: str | None, companions: bool
) -> tuple[Source, ...]:
    """Where each suite is fetched from: the machine's own Debian mirror, or `override`.

    With `companions` the machine's updates and security archives of its own release come too. Raises EngineError when
    the machine's apt has no Debian mirror and there is no override.
    """
    mirror = override or next((source.site for source in machine if source.release in {own, *ALIASES}), None)
    if mirror is None:
        raise EngineError(
            f"apt on this machine has no mirror of the Debian archive (no source for {own})",
            remedy=f"set {MIRROR_VARIABLE} to the address of one, or start Docker yourself and use `--engine host`",
        )
    wanted = tuple(dict.fromkeys(suites))
    sources = [Source(site=mirror.rstrip("/"), release=suite) for suite in wanted]
    if companions and override is None and own in wanted:
        names = {own + suffix for suffix in COMPANIONS}
        sources += [source for source in machine if source.release in names]
    return tuple(sources)


class PrivateApt:
    """apt-get with its state below `folder`. `installed` is the dpkg status that it believes in (None: nothing)."""

    def __init__(
        self, folder: Path, *, sources: Sequence[Source], installed: Path | None, environment: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._environment = {**environment, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        self.archives = folder / "cache" / "archives"
        for part in ("state/lists/partial", "cache/archives/partial", "dpkg", "log"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "apt.conf").write_text(CONFIGURATION.format(folder=folder))
        status = folder / "dpkg" / "status"
        status.write_bytes(b"" if installed is None else installed.read_bytes())
        self.set_sources(sources)

    def set_sources(self, sources: Sequence[Source]) -> None:
        """Read these archives from the next update on, each checked against the Debian keyring."""
        keys = keyring()
        lines = [f"deb [signed-by={keys} target=Packages] {source.site} {source.release} main\n" for source in sources]
        (self._folder / "sources.list").write_text("".join(lines))

    def update(self) -> None:
        """Fetch the package lists. Raises NetworkError when the mirror does not answer."""
        self._apt("update")

    def download(self, names: Sequence[str]) -> None:
        """Fetch exactly these packages (`NAME/SUITE`, `NAME=VERSION`) into `archives`."""
        self._apt("download", *names, cwd=self.archives)

    def download_with_dependencies(self, names: Sequence[str]) -> None:
        """Fetch these packages, and what they need that is not installed, into `archives`."""
        self._apt("install", "--download-only", "--reinstall", *names)

    def _apt(self, *arguments: str, cwd: Path | None = None) -> None:
        argv = ["apt-get", "-c", str(self._folder / "apt.conf"), *arguments]
        done = run(argv, env=self._environment, cwd=cwd or self._folder, timeout_s=TIMEOUT_S, check=False)
        if done.returncode != 0:
            raise failure_of(done)


def failure_of(done: Completed) -> BuildmarkError:
    """The error for a failed apt-get: NetworkError when a mirror could not be reached, else EngineError."""
    lines = [line for line in done.error_text.splitlines() if line.startswith(("E:", "Err:"))]
    said = " / ".join(lines[:3]) or done.error_text[-300:] or f"exit status {done.returncode}"
    if done.timed_out or _UNREACHABLE.search(done.error_text):
        return NetworkError(
            f"the Debian mirror could not be read: {said}",
            remedy=f"check the network and the proxy settings, or set {MIRROR_VARIABLE} to another mirror",
        )
    return EngineError(f"apt-get {done.argv[3]} failed: {said}", remedy=f"try another mirror: {MIRROR_VARIABLE}")


def _apt_text(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    done = run(argv, env={**environment, "LC_ALL": "C"}, timeout_s=60, check=False)
    return done.text if done.returncode == 0 else ""
