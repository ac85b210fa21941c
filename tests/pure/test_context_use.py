import pytest

from bench.pure.context_use import copies_context, least_context_bytes
from bench.pure.vertices import instruction_kind
from tests.pure.streams import make_step

FILES = {"app.py": 1, "src/a.txt": 10, "src/deep/b.txt": 100, "src2/c.txt": 1000, "with blank": 10000}


@pytest.mark.parametrize(
    ("instruction", "due"),
    [
        ("COPY . .", 11111),
        ("COPY src /srv", 110),
        ("COPY src/ .", 110),
        ("COPY ./src/../app.py /", 1),
        ("COPY src/*.txt /x/", 10),
        ("COPY app.py src2 /x/", 1001),
        ("COPY --chown=1:1 --link app.py /", 1),
        ("LINK COPY --link app.py /", 1),
        ("ONBUILD ADD app.py /", 1),
        ('COPY ["with blank", "/x/"]', 10000),
        ("ADD https://example.org/a.tar /x/", 0),
        ("COPY <<EOF /x", 0),
        ("COPY --from=build / /", 0),
        ("COPY --exclude=*.txt . .", 0),
        ("COPY gone /x", 0),
        ("RUN cp src /x", 0),
    ],
)
def test_what_a_step_copies_must_have_been_sent(instruction: str, due: int) -> None:
    step = make_step(instruction, kind=instruction_kind(instruction))
    assert least_context_bytes([step], FILES) == due


def test_a_file_that_two_steps_copy_is_sent_once() -> None:
    steps = [make_step(text, kind=instruction_kind(text)) for text in ("COPY src .", "COPY . .")]
    assert least_context_bytes(steps, FILES) == 11111


def test_one_source_in_the_context_is_enough() -> None:
    assert copies_context(make_step("ADD https://example.org/x app.py /x/", kind=instruction_kind("ADD")))
    assert not copies_context(make_step("ADD https://example.org/x /x/", kind=instruction_kind("ADD")))
