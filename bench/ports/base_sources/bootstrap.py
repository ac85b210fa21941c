"""A Debian root filesystem made by mmdebstrap from the mirror that this machine's apt uses.

What comes out behaves in builds as the official image does: that one is a bootstrap of the same packages with the
settings in `settings` below (debuerreotype, scripts/debuerreotype-minimizing-config), and they change how long a RUN
step takes and what it leaves in the layer, so a base without them would measure something else.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bench.errors import BaseUnavailableError
from bench.model.scenario import BaseSource
from bench.ports import apt
from bench.ports.apt import Source
from bench.ports.base_sources.rootfs_tar import TarEntry, edit_tar
from bench.ports.base_sources.workshop import Workshop, machine_architecture
from bench.ports.process import run

DEFAULT_VARIANT = "minbase"
TIMEOUT_S = 900.0
# Every time stamp after this is set back to it, so that the same packages give the same bytes. Any constant would do;
# this is the day on which Debian 12 was released.
EPOCH_S = 1686355200
# The umask of this process would end up in the modes of what install scripts make.
PLAIN_UMASK = ("sh", "-c", 'umask 022; exec "$@"', "sh")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Of this machine, or of the making: the name and the name servers of the host, and mmdebstrap's settings, among them
# the host's proxy.
FOREIGN = frozenset(
    {
        "etc/hostname",
        "etc/resolv.conf",
        "etc/apt/sources.list",
        "etc/apt/apt.conf.d/99mmdebstrap",
        "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
        "var/cache/apt/archives/lock",
        "var/lib/apt/lists/lock",
    }
)
# Their owner is apt's user or root, as the rights on the way to the cache folder allowed; apt sets it when it runs.
APT_FOLDERS = ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial")
_CLEAN = '"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"'
SETTINGS: Mapping[str, str] = {
    # Downloaded packages and apt's own caches would stay in the layer.
    "etc/apt/apt.conf.d/docker-clean": (
        f"DPkg::Post-Invoke {{ {_CLEAN}; }};\nAPT::Update::Post-Invoke {{ {_CLEAN}; }};\n"
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
    ),
    # Package lists that a Dockerfile does not delete stay compressed.
    "etc/apt/apt.conf.d/docker-gzip-indexes": 'Acquire::GzipIndexes "true";\n',
    # Translated descriptions of packages are not even fetched.
    "etc/apt/apt.conf.d/docker-no-languages": 'Acquire::Languages "none";\n',
    # `apt-get purge --auto-remove` after a build step removes what was only suggested by something else.
    "etc/apt/apt.conf.d/docker-autoremove-suggests": 'Apt::AutoRemove::SuggestsImportant "false";\n',
    # dpkg does not wait for the disk after each package: a layer that a power cut spoils is built again anyway.
    "etc/dpkg/dpkg.cfg.d/docker-apt-speedup": "force-unsafe-io\n",
    # Services are not started when their package is installed.
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
}
_NOT_SERVED = re.compile(r"(-updates|-security)\b.*(404|does not have a Release file)")
# What mmdebstrap says after the message that counts.
_ECHO = re.compile(r"E: (command failed|mmdebstrap failed|Some index files failed|apt-get update|.* failed to run)")
EXECUTABLE = frozenset({"usr/sbin/policy-rc.d"})
SLIM_SETTINGS = "etc/dpkg/dpkg.cfg.d/docker"


def obstacle(source: BaseSource, workshop: Workshop) -> str | None:
    """Why this machine cannot bootstrap, as far as it can be told without asking the mirror; None when it may."""
    del source
    for program in ("apt-get", "dpkg"):
        if workshop.find(program) is None:
            return f"{program} is not on this machine"
    if machine_architecture() != workshop.architecture:
        return f"this machine is {machine_architecture()}, and {workshop.architecture} is needed"
    if not Path(KEYRING).is_file():
        return f"the keys of the Debian archive are missing ({KEYRING}, package debian-archive-keyring)"
    return None


def make(source: BaseSource, workshop: Workshop, work: Path, target: Path) -> str:
    """Bootstrap into `target`; returns the origin. Raises NetworkError, EngineError or BaseUnavailableError."""
    if reason := obstacle(source, workshop):
        raise BaseUnavailableError(reason)
    suite, variant = source.suite or "", source.variant or DEFAULT_VARIANT
    sources = choose_sources(suite, workshop)
    raw = work / "bootstrap.tar"
    try:
        _bootstrap(source, workshop, work, raw, sources)
    except BaseUnavailableError as error:
        if len(sources) == 1 or not _NOT_SERVED.search(error.message):
            raise
        sources = sources[:1]  # a mirror without updates and security still gives the release
        _bootstrap(source, workshop, work, raw, sources)
    edit_tar(raw, target, drop=FOREIGN, add=settings(source, sources))
    return f"Debian {_version(target)} ({suite}, {variant}) from {_public(sources[0].site)}"


def choose_sources(suite: str, workshop: Workshop) -> tuple[Source, ...]:
    """The archives to bootstrap from: the suite on the machine's own mirror, with the updates and security it has."""
    own, override = apt.own_suite(), workshop.environment.get(apt.MIRROR_VARIABLE)
    machine = _configured(workshop.environment) or apt.machine_sources(workshop.environment)
    main = apt.choose_sources([suite], own=own, machine=machine, override=override, companions=False)
    companions = [
        Source(site=found.site, release=suite + suffix)
        for suffix in apt.COMPANIONS
        for found in machine
        if found.release == own + suffix and not override
    ]
    sources = (*main, *dict.fromkeys(companions))
    for found in sources:
        if not found.site.startswith(("http://", "https://")):
            raise BaseUnavailableError(f"apt's mirror here is {found.site}, which containers cannot read")
    return sources


def settings(source: BaseSource, sources: Sequence[Source]) -> list[TarEntry]:
    """The files that the official image has on top of its packages."""
    files = {**SETTINGS, "etc/apt/sources.list.d/debian.sources": sources_file(sources)}
    if source.exclude:
        files[SLIM_SETTINGS] = path_rules(source.exclude)
    return [
        *(TarEntry(path=path, mode=0o700, mtime=EPOCH_S) for path in APT_FOLDERS),
        *(
            TarEntry(path=path, mode=0o755 if path in EXECUTABLE else 0o644, mtime=EPOCH_S, content=text.encode())
            for path, text in files.items()
        ),
    ]


def path_rules(patterns: Sequence[str]) -> str:
    """Dpkg's settings for a slim base: `!PATTERN` is kept although another pattern leaves it out."""
    out = [f"path-exclude={pattern}\n" for pattern in patterns if not pattern.startswith("!")]
    kept = [f"path-include={pattern[1:]}\n" for pattern in patterns if pattern.startswith("!")]
    return "".join([*out, *kept])


def sources_file(sources: Sequence[Source]) -> str:
    """The base's own `debian.sources`: the mirror that this machine uses, without a password in its address."""
    sites: dict[str, list[str]] = {}
    for found in sources:
        sites.setdefault(_public(found.site), []).append(found.release)
    return "\n".join(
        f"Types: deb\nURIs: {site}\nSuites: {' '.join(releases)}\nComponents: main\nSigned-By: {KEYRING}\n"
        for site, releases in sites.items()
    )


def arguments(
    source: BaseSource,
    *,
    architecture: str,
    hooks: Path,
    options: Path,
    rules: Path,
    target: Path,
    sources: Sequence[Source],
) -> list[str]:
    """What mmdebstrap is told. `options` and `rules` are files with settings of apt and dpkg, for the making alone."""
    return [
        f"--variant={source.variant or DEFAULT_VARIANT}",
        "--format=tar",
        f"--architectures={architecture}",
        # Without it apt takes the package usrmerge for the merged /usr, and with it all of Perl: 50 MB more than the
        # official image, which has usr-is-merged.
        f"--hook-dir={hooks / 'maybe-merged-usr'}",
        f"--aptopt={options}",
        f"--dpkgopt={rules}",
        source.suite or "",
        str(target),
        *(f"deb [signed-by={KEYRING}] {found.site} {found.release} main" for found in sources),
    ]


def _bootstrap(source: BaseSource, workshop: Workshop, work: Path, target: Path, sources: Sequence[Source]) -> None:
    program, environment = workshop.tool("mmdebstrap", "mmdebstrap")
    options, rules, scratch = work / "apt.conf", work / "dpkg.cfg", work / "tmp"
    options.write_text(_acquire_options(workshop.environment))
    rules.write_text(path_rules(source.exclude))
    scratch.mkdir(exist_ok=True)
    argv = arguments(
        source,
        architecture=workshop.architecture,
        hooks=program.parent.parent / "share/mmdebstrap/hooks",
        options=options,
        rules=rules,
        target=target,
        sources=sources,
    )
    own = {"SOURCE_DATE_EPOCH": str(EPOCH_S), "TMPDIR": str(scratch), "LC_ALL": "C"}
    argv = [*PLAIN_UMASK, str(program), *argv]
    done = run(argv, env={**environment, **own}, cwd=work, timeout_s=TIMEOUT_S, check=False)
    if done.timed_out or done.returncode != 0:
        lines = [line[3:] for line in done.error_text.splitlines() if line.startswith("E: ") and not _ECHO.match(line)]
        said = " / ".join(lines[:2]) or done.error_text[-300:]
        raise BaseUnavailableError(f"mmdebstrap {'did not end in time' if done.timed_out else 'failed'}: {said}")


def _configured(environment: Mapping[str, str]) -> tuple[Source, ...]:
    """The archives that apt is set up for, also those whose lists it has not fetched yet."""
    argv = ["apt-get", "indextargets", "--no-release-info", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"]
    done = run(argv, env={**environment, "LC_ALL": "C"}, timeout_s=60, check=False)
    pairs = dict.fromkeys(re.findall(r"^(\S+) (\S+)$", done.text, re.MULTILINE)) if done.returncode == 0 else {}
    return tuple(Source(site=site.rstrip("/"), release=release) for site, release in pairs)


def _acquire_options(environment: Mapping[str, str]) -> str:
    """How this machine's apt reaches its mirror (proxy, certificates, timeouts): for the making only."""
    dump = run(["apt-config", "dump", "--no-empty"], env={**environment, "LC_ALL": "C"}, timeout_s=60, check=False).text
    wanted = re.compile(r"Acquire::(https?|Check-|Retries|ForceIPv|Max-ValidTime|Min-ValidTime|AllowReleaseInfo)")
    lines = [line for line in dump.splitlines() if wanted.match(line)]
    own = ['Acquire::Languages "none";', 'Acquire::http::Timeout "20";', 'Acquire::https::Timeout "20";']
    return "\n".join([*own, *lines, ""])


def _public(site: str) -> str:
    parts = urlsplit(site)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _version(archive: Path) -> str:
    with tarfile.open(archive) as members:
        file = members.extractfile("./etc/debian_version")
        return file.read().decode().strip() if file else ""
