"""Cache mounts that are not ours are found wherever a Dockerfile may hide them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pure.dockerfile import foreign_cache_mounts


@pytest.mark.parametrize(
    ("dockerfile", "ids"),
    [
        ("FROM x\nRUN make\n", ()),
        ("RUN --mount=type=cache,target=/root/.cache pip install x", ("/root/.cache",)),
        ("RUN --mount=type=cache,dst=/a/../b/ x", ("/b",)),
        ("RUN --mount=type=cache,destination=/c x", ("/c",)),
        ("RUN --mount=type=cache,id=pip,target=/root/.cache x", ("pip",)),
        ("RUN --mount=type=cache,id=buildmark-pip,target=/root/.cache x", ()),
        ("RUN --mount=type=bind,target=/src --mount=type=secret,id=s x", ()),
        ("RUN --mount=target=/src x", ()),
        ("run --network=none --mount=type=CACHE,ID=a,target=/a --mount=type=cache,id=b,target=/b x", ("a", "b")),
        ("RUN --mount=type=cache,id=a,target=/a x\nRUN --mount=type=cache,id=a,target=/a y", ("a",)),
        (
            "RUN \\\n  --mount=type=cache,id=a,target=/a \\\n  # a remark\n\n  --mount=type=cache,id=b,target=/b x",
            ("a", "b"),
        ),
        ('RUN --mount=type=cache,"id=a,b",target=/a x', ("a,b",)),
        ('RUN --mount="type=cache,id=a,target=/a" x', ("a",)),
        ("RUN --mount='type=cache,id=a,target=/a' x", ("a",)),
        ("ONBUILD RUN --mount=type=cache,id=a,target=/a x", ("a",)),
        ("RUN --mount=type=cache,id=$NAME,target=/a x", ("$NAME",)),
        ("RUN echo --mount=type=cache,id=a,target=/a", ()),
        ("# RUN --mount=type=cache,id=a,target=/a x", ()),
        ("LABEL x='RUN --mount=type=cache,id=a,target=/a'", ()),
        ("RUN <<EOF\nRUN --mount=type=cache,id=a,target=/a x\nEOF\nRUN --mount=type=cache,id=b,target=/b x", ("b",)),
        ("COPY <<-'E' <<F /x/\nRUN --mount=type=cache,id=a\n\tE\nF\nRUN --mount=type=cache,id=b x", ("b",)),
        ("RUN --mount=type=cache,id=a,target=/a <<EOF\nmake\nEOF", ("a",)),
        ("# escape=`\nRUN `\n --mount=type=cache,id=a,target=/a x", ("a",)),
        ("RUN --mount=type=cache,id=a,target=/a \\", ("a",)),
    ],
)
def test_the_ids_of_foreign_cache_mounts(dockerfile: str, ids: tuple[str, ...]) -> None:
    assert foreign_cache_mounts(dockerfile) == ids


@given(st.text(alphabet="RUN-mount=typecache,id <EOF\\\n\"'#$/x`", max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(foreign_cache_mounts(text), tuple)


@given(
    st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), min_size=1, max_size=4),
    st.sampled_from([" ", " \\\n    "]),
)
def test_every_mount_is_found_however_the_lines_break(ids: list[str], gap: str) -> None:
    mounts = gap.join(f"--mount=type=cache,id={id_},target=/{id_}" for id_ in ids)
    expected = tuple(dict.fromkeys(id_ for id_ in ids if not id_.startswith("buildmark-")))
    assert foreign_cache_mounts(f"FROM x\nRUN {mounts}{gap}make\n") == expected
