"""How long it takes to read the stream of a very talkative build: 10 MB, 45,000 lines of output."""

from pytest_benchmark.fixture import BenchmarkFixture

from bench.pure.rawjson import parse_rawjson
from tests.pure.streams import fixture, output, stream

LINES = 45_000


def talkative() -> bytes:
    cold = fixture("rawjson-cold.ndjson")
    times = (f"2026-11-23T04:45:26.1{number:05d}Z" for number in range(LINES))
    digest = "sha256:66ac4393718006ab814446bd2355aa24a2443e6268d5407ef60bb2dacf126a3c"
    lines = (output(digest, b"Unpacking libfoo (1.2.3-4) over (1.2.2) ...\n", at) for at in times)
    return cold + stream(*lines)


def test_reading_a_stream_of_10_mb(benchmark: BenchmarkFixture) -> None:
    raw = talkative()
    assert len(raw) > 9_000_000
    transcript = benchmark(parse_rawjson, raw)
    assert transcript.unreadable_lines == 0
    assert transcript.log.count("Unpacking") == LINES
