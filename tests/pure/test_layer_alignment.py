from __future__ import annotations

import msgspec

from bench.model.image_layers import ImageLayer
from bench.pure.layer_alignment import align_layers
from tests.pages import make_layers

THREE = make_layers(3).layers


def made(instruction: str, *, in_base: bool = False) -> ImageLayer:
    return msgspec.structs.replace(THREE[1], instruction=instruction, in_base=in_base)


def texts(base: tuple[ImageLayer, ...], head: tuple[ImageLayer, ...]) -> list[tuple[str | None, str | None]]:
    return [(text(ours), text(theirs)) for ours, theirs in align_layers(base, head)]


def text(layer: ImageLayer | None) -> str | None:
    return None if layer is None else layer.instruction or "?"


def test_layers_that_the_same_instruction_made_belong_together() -> None:
    assert texts(THREE, THREE) == [("?", "?"), ("RUN make part-1", "RUN make part-1"), ("RUN make part-2",) * 2]


def test_a_layer_that_was_put_in_does_not_shift_the_others() -> None:
    more = (THREE[0], made("COPY a /b"), *THREE[1:])
    assert texts(THREE, more) == [
        ("?", "?"),
        (None, "COPY a /b"),
        ("RUN make part-1", "RUN make part-1"),
        ("RUN make part-2", "RUN make part-2"),
    ]


def test_changed_instructions_are_matched_by_their_kind_and_likeness() -> None:
    base = (THREE[0], made("RUN make part-1"), made("COPY a /b"))
    head = (THREE[0], made("COPY a /c"), made("RUN make part-1 --fast"))
    matched = texts(base, head)
    assert matched[0] == ("?", "?")
    assert not [pair for pair in matched[1:] if pair[0] and pair[1] and pair[0][:4] != pair[1][:4]]


def test_layers_of_the_base_stay_below_and_among_themselves() -> None:
    base = (made("RUN a", in_base=True), made("RUN b"))
    head = (made("RUN b", in_base=True), made("RUN a"))
    found = align_layers(base, head)
    assert all(ours.in_base is theirs.in_base for ours, theirs in found if ours and theirs)
    assert [any(layer.in_base for layer in pair if layer) for pair in found] == [True, False]


def test_an_image_that_was_not_weighed_leaves_all_layers_alone() -> None:
    assert [theirs for _, theirs in align_layers(THREE, ())] == [None, None, None]
    assert align_layers((), ()) == ()
