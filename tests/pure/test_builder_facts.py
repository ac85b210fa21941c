from bench.pure.builder_facts import BuilderFacts, parse_builder

HEAD = """\
Name:   default
Driver: docker

Nodes:
Name:             default
Endpoint:         default
Status:           running
BuildKit version: v0.26.2
Platforms:        linux/amd64, linux/amd64/v2, linux/arm64*
"""
RULES = """\
GC Policy rule#0:
 All:            false
 Filters:        type==source.local,type==exec.cachemount
 Keep Duration:  48h0m0s
GC Policy rule#1:
 All:            true
 Max Used Space: 188.1GiB
"""


def test_what_buildx_says_of_an_engine_that_collects_its_cache() -> None:
    assert parse_builder(HEAD + RULES) == BuilderFacts(
        buildkit_version="0.26.2",
        platforms=("linux/amd64", "linux/amd64/v2", "linux/arm64"),
        gc_rules=(
            "all false, filters type==source.local,type==exec.cachemount, keep duration 48h0m0s",
            "all true, max used space 188.1GiB",
        ),
    )


def test_an_engine_without_rules_collects_nothing() -> None:
    assert parse_builder(HEAD).gc_rules == ()


def test_a_daemon_built_without_its_version_tells_none() -> None:
    assert parse_builder(HEAD.replace("v0.26.2", "v0.0.0+unknown")).buildkit_version is None
    assert parse_builder("Name: default\n") == BuilderFacts(buildkit_version=None, platforms=(), gc_rules=())


def test_older_buildx_calls_it_otherwise() -> None:
    assert parse_builder("Buildkit:  v0.11.6\n").buildkit_version == "0.11.6"
