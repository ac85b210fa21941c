"""Checks of the engine: whether there is one, its versions, its cache's collection, emulation, and the meters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bench.model.build import BuilderKind
from bench.pure.diagnosis import Check, Evidence, UncheckedError, Verdict, looked, note, ok, problem, warning

OLDEST_WITH_BUILDKIT = (18, 9)
OLDEST_IN_SUPPORT = (23, 0)
OLDEST_BUILDX = (0, 13)  # the first with --progress=rawjson
CPU_METRICS = frozenset({"cpu_user_s", "cpu_system_s"})
# What the kernel calls a processor, and what a platform calls it.
ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "386",
    "i386": "386",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
# Which emulators' names (as binfmt_misc shows them) run which platform.
EMULATOR_NAMES = {"amd64": "x86_64", "arm64": "aarch64", "386": "i386"}

# A processor, and another whose programs it runs by itself.
RUN_UNEMULATED = frozenset({("amd64", "386"), ("arm64", "arm")})


def version_of(text: str) -> tuple[int, ...]:
    """The leading numbers of a version: `28.5.2+dfsg4` is (28, 5, 2); empty where there are none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", text)
    return tuple(map(int, found[1].split("."))) if found else ()


def architecture_of(platform: str) -> str:
    """The processor of a platform such as `linux/arm64/v8`."""
    return platform.split("/")[1] if "/" in platform else platform


def _engine(evidence: Evidence) -> Verdict:
    if evidence.seen.engine_error is not None:
        return problem(evidence.seen.engine_error, remedy=evidence.seen.engine_remedy)
    return ok(f"{evidence.text('engine_kind')} engine, Docker {evidence.text('docker_version')}")


def _elsewhere(evidence: Evidence) -> Verdict:
    evidence.want("engine_kind", str)
    return warning(evidence.seen.elsewhere) if evidence.seen.elsewhere else ok("the engine runs on this machine")


def _docker(evidence: Evidence) -> Verdict:
    text = evidence.want("docker_version", str)
    version = version_of(text)
    if not version:
        raise UncheckedError(f"{text!r} is no version")
    if version < OLDEST_WITH_BUILDKIT:
        return problem(f"Docker {text} has no BuildKit")
    return warning(f"Docker {text} is out of support") if version < OLDEST_IN_SUPPORT else ok(f"Docker {text}")


def _buildx(evidence: Evidence) -> Verdict:
    if evidence.seen.builder is BuilderKind.CLASSIC:
        return ok("the classic builder needs no Buildx")
    evidence.want("engine_kind", str)
    text = evidence.find("buildx_version", str)
    if text is None:
        return problem(
            "there is no Buildx", remedy="install docker-buildx, or use --builder classic or --engine private"
        )
    if (version := version_of(text)) and version < OLDEST_BUILDX:
        return problem(f"Buildx {text} cannot tell what a build does (--progress=rawjson)")
    return ok(f"Buildx {text}")


def _collection(evidence: Evidence) -> Verdict:
    if not evidence.want("build_cache_gc", bool):
        return ok("the engine collects nothing from the build cache")
    rules = evidence.find("build_cache_gc_rules", tuple) or ()
    first = f": {rules[0]}" if rules else ""
    return note(f"the engine collects its build cache by {len(rules)} rules{first}")


def _emulation(evidence: Evidence) -> Verdict:
    """BuildKit lists what it has tried out, its own processor first; without that the kernel's handlers must tell."""
    platforms = evidence.find("build_platforms", tuple) or ()
    own = architecture_of(platforms[0]) if platforms else _own_architecture(evidence)
    platform = evidence.seen.platform
    if platform is None or architecture_of(platform) == own:
        return ok(f"builds are for the engine's own processor ({own})")
    wanted = architecture_of(platform)
    if (own, wanted) in RUN_UNEMULATED:
        return ok(f"this processor ({own}) runs {platform} by itself")
    if platforms:
        is_emulated = wanted in map(architecture_of, platforms)
    else:
        is_emulated = any(EMULATOR_NAMES.get(wanted, wanted) in name for name in looked(evidence.seen.emulators))
    if is_emulated:
        return warning(f"builds for {platform} are emulated on this processor ({own})")
    return problem(f"nothing here runs programs for {platform}, and this processor is {own}")


def _own_architecture(evidence: Evidence) -> str:
    name = evidence.want("cpu_architecture", str)
    return ARCHITECTURES.get(name, name)


def _meters(evidence: Evidence) -> Verdict:
    meters = looked(evidence.seen.meters)
    parts = [f"measured for the whole machine only: {', '.join(meters.host_wide)}"] if meters.host_wide else []
    parts += [f"not measured: {', '.join(names)} ({reason})" for reason, names in _by_reason(meters.absent).items()]
    if not parts:
        return ok("every metric is measured, each for the build alone")
    lacks_cpu = CPU_METRICS & {*meters.host_wide, *meters.absent}
    return warning("; ".join(parts)) if lacks_cpu else note("; ".join(parts))


def _by_reason(absent: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for metric, reason in absent.items():
        reasons.setdefault(reason, []).append(metric)
    return reasons


ENGINE_CHECKS = (
    Check(
        name="engine",
        why="nothing can be built",
        remedy="start Docker, or run as root on Debian 12 or newer for a private engine",
        look=_engine,
    ),
    Check(
        name="elsewhere",
        why="this machine's counters and settings are not the engine's, so what it is like is not known",
        remedy="run Buildmark on the engine's own machine",
        look=_elsewhere,
    ),
    Check(
        name="docker",
        why="old versions lack what Buildmark reads, and their times tell little of today's",
        remedy="install a Docker in support, or use --engine private",
        look=_docker,
    ),
    Check(
        name="buildx",
        why="BuildKit is reached through it, and its stream is what every proof rests on",
        remedy="install docker-buildx 0.13 or newer, or use --engine private",
        look=_buildx,
    ),
    Check(
        name="collection",
        why="it may begin within a build, and takes away what a warm build would find",
        remedy="keep the disk far from full, or use --engine private, which collects nothing",
        look=_collection,
    ),
    Check(
        name="emulation",
        why="emulated RUN steps take about ten times as long, and not all alike",
        remedy="build on a machine with that processor; where programs cannot run at all, install qemu-user-static",
        look=_emulation,
    ),
    Check(
        name="meters",
        why="figures of the whole machine hold other programs' work too, and what is missing is in no table",
        remedy="use --engine private as root, or run Buildmark on the engine's own machine; "
        "where no step has run so far, look again after the first run",
        look=_meters,
    ),
)
