"""A FROM that would pull a stranger's image of the base's name is found, and no other."""

import pytest

from bench.pure.from_lines import from_line_naming


@pytest.mark.parametrize(
    ("dockerfile", "line"),
    [
        ("FROM busybox\n", "FROM busybox"),
        ("FROM x\nfrom  busybox as y\n", "from busybox as y"),
        ("FROM busybox:latest", "FROM busybox:latest"),
        ("FROM --platform=linux/amd64 \\\n  # why\n  busybox", "FROM --platform=linux/amd64 busybox"),
        ("FROM busybox AS busybox\n", "FROM busybox AS busybox"),
        ("FROM buildmark.invalid/busybox:base\nCOPY --from=busybox /a /a", None),
        ("FROM x AS BusyBox\nFROM busybox\n", None),
        ("FROM docker.io/library/busybox", None),
        ("FROM busybox:1.36\nFROM golang:1.22\nFROM busybox2", None),
        ("# FROM busybox\nFROM x\nRUN <<EOF\nFROM busybox\nEOF", None),
        ("FROM busybox more words that no builder takes", None),
        ("", None),
    ],
)
def test_the_line_is_told(dockerfile: str, line: str | None) -> None:
    assert from_line_naming(dockerfile, "busybox") == line
