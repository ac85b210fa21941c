"""What made a layer, in the words of the Dockerfile."""

from __future__ import annotations

import json

import pytest

from bench.errors import EngineError
from bench.pure.image_config import instruction_of, read_config
from bench.pure.image_sizes import shared_layers


@pytest.mark.parametrize(
    ("created_by", "instruction"),
    [
        ("COPY site/ site/ # buildkit", "COPY site/ site/"),
        ("WORKDIR /src", "WORKDIR /src"),
        ("RUN /bin/sh -c make all # buildkit", "RUN make all"),
        ("RUN |2 TOKEN=secret N=4 /bin/sh -c make -j $N # buildkit", "RUN make -j $N"),
        ("RUN |1 A=b c /bin/bash -o pipefail -c curl x | sh # buildkit", "RUN curl x | sh"),
        ("RUN |1 A=b make install # buildkit", "RUN make install"),
        ("RUN make install # buildkit", "RUN make install"),
        ("RUN /bin/sh -c sh -c 'true' # buildkit", "RUN sh -c 'true'"),
        ("/bin/sh -c make all", "RUN make all"),
        ("|1 N=4 /bin/sh -c make all", "RUN make all"),
        ("/bin/sh -c #(nop) COPY file:0a1b in /srv ", "COPY file:0a1b in /srv"),
        ('/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'),
        ("", None),
    ],
)  # fmt: skip
def test_an_instruction_is_told_as_it_was_written(created_by: str, instruction: str | None) -> None:
    assert instruction_of(created_by) == instruction


def config(layers: int, history: list[dict[str, object]] | None) -> dict[str, bytes]:
    image = {"rootfs": {"diff_ids": [f"sha256:{number}" for number in range(layers)]}, "history": history}
    manifest = [{"Config": "c", "Layers": [f"{number}/layer.tar" for number in range(layers)]}]
    return {"manifest.json": json.dumps(manifest).encode(), "c": json.dumps(image).encode()}


def test_empty_layers_have_no_part_in_it() -> None:
    history: list[dict[str, object]] = [
        {"comment": "Imported from -"},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "RUN /bin/sh -c x"},
    ]
    assert read_config(config(2, history)).instructions == (None, "RUN x")


@pytest.mark.parametrize("history", [None, [], [{"created_by": "RUN /bin/sh -c x"}]])
def test_a_history_that_does_not_fit_the_layers_is_not_guessed_at(history: list[dict[str, object]] | None) -> None:
    assert read_config(config(2, history)).instructions == (None, None)


def test_an_archive_without_an_index_is_refused() -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        read_config({})


@pytest.mark.parametrize(
    ("layers", "base", "shared"), [("abc", "ab", 2), ("ab", "abc", 2), ("xbc", "ab", 0), ("", "a", 0)]
)
def test_only_leading_layers_are_shared(layers: str, base: str, shared: int) -> None:
    assert shared_layers(layers, base) == shared
