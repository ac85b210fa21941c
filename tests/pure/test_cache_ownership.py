"""Descriptions as BuildKit 0.23 (Docker 28.5) wrote them for this Dockerfile."""

import pytest

from bench.pure.cache_ownership import OurWords

DOCKERFILE = r"""FROM base AS build
ARG X=1
WORKDIR /src
COPY --chown=1:1 Dockerfile .
RUN --mount=type=secret,id=a echo hi && \
    echo "ho $X"
RUN <<EOF
echo heredoc
echo two
EOF
SHELL ["/bin/sh","-ec"]
RUN echo shelled
RUN ["/bin/echo","json form"]
COPY $X.txt /srv/
"""
STEPS = ("COPY 1.txt /srv/",)


@pytest.fixture
def words() -> OurWords:
    ours = OurWords()
    ours.add_dockerfile(DOCKERFILE)
    ours.add_names(STEPS)
    return ours


@pytest.mark.parametrize(
    "description",
    [
        'mount / from exec /bin/sh -c echo hi &&     echo "ho $X"',
        "mount / from exec /bin/sh -c echo heredoc\necho two\n",
        "mount / from exec /bin/sh -ec echo shelled",
        "mount / from exec /bin/echo json form",
        "[build 2/8] WORKDIR /src",
        "[build 3/8] COPY --chown=1:1 Dockerfile .",
        "[build 8/8] COPY 1.txt /srv/",
        "local source for context",
        'cached mount /c from exec /bin/sh -c touch /c/x with id "/buildmark-x"',
    ],
)
def test_what_our_builds_leave_is_ours(words: OurWords, description: str) -> None:
    assert words.made(description)


@pytest.mark.parametrize(
    "description",
    [
        "mount / from exec /bin/sh -c npm ci",
        "mount / from exec /bin/sh -c echo hi",
        "mount / from exec /bin/sh -c echo",
        "[build 3/9] COPY package.json .",
        'cached mount /root/.cache from exec /bin/sh -c echo shelled with id "/root/.cache"',
        "pulled from docker.io/library/alpine:3",
        "",
    ],
)
def test_what_other_builds_leave_is_not(words: OurWords, description: str) -> None:
    assert not words.made(description)


def test_a_transfer_may_be_ours_and_is_no_step(words: OurWords) -> None:
    assert words.made("local source for context")
    assert not words.made_by_step("local source for context")
