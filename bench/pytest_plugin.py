"""The pytest plugin: a `buildmark` fixture that runs a variant as a pytest-benchmark benchmark (docs/PYTEST.md).

It is loaded in every pytest that Buildmark is installed beside, so nothing is imported here that pytest has not
imported already; `bench.pytest_fixture` has the rest, and is imported when a test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bench.pytest_fixture import OpenEngines, VariantBenchmark


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and their twins in the configuration file."""
    group = parser.getgroup("buildmark", "image builds as benchmarks")
    group.addoption(
        "--buildmark-engine",
        metavar="ENGINE",
        help="The engine that the buildmark fixture builds on: auto, host or private. [ini: buildmark_engine]",
    )
    group.addoption(
        "--buildmark-results",
        metavar="DIR",
        help="Keep the records of the buildmark fixture's builds as runs below DIR. [ini: buildmark_results]",
    )
    parser.addini("buildmark_engine", "The engine that the buildmark fixture builds on.", default="auto")
    parser.addini("buildmark_results", "Where to keep the records of the buildmark fixture's builds.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Offer the fixture; without pytest-benchmark, one that says what it lacks when it is asked for."""
    complete = config.pluginmanager.hasplugin("benchmark")
    config.pluginmanager.register(_Fixture() if complete else _FixtureWithoutBenchmark(), "buildmark-fixture")


@pytest.fixture(scope="session")
def _buildmark_engines() -> Iterator[OpenEngines]:
    """The engines of this session: each is opened when it is first asked for, and closed at the session's end."""
    from bench.pytest_fixture import OpenEngines  # noqa: PLC0415  (see the top)

    engines = OpenEngines()
    try:
        yield engines
    finally:
        engines.close()


class _Fixture:
    """The fixture where pytest-benchmark is installed."""

    @pytest.fixture
    def buildmark(
        self,
        request: pytest.FixtureRequest,
        benchmark: Any,
        _buildmark_engines: OpenEngines,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> VariantBenchmark:
        """What runs one variant in one state as a benchmark."""
        from bench.pytest_fixture import VariantBenchmark  # noqa: PLC0415  (see the top)

        kept = _setting(request.config, "buildmark_results")
        return VariantBenchmark(
            benchmark,
            _buildmark_engines,
            engine=_setting(request.config, "buildmark_engine"),
            results=request.config.invocation_params.dir / kept if kept else tmp_path_factory.mktemp("buildmark"),
            kept=bool(kept),
        )


class _FixtureWithoutBenchmark:
    """The fixture where it is not."""

    @pytest.fixture
    def buildmark(self) -> None:
        """Say what is missing."""
        pytest.fail("the buildmark fixture needs pytest-benchmark: pip install pytest-benchmark", pytrace=False)


def _setting(config: pytest.Config, name: str) -> str:
    """The option where it was given, else what the configuration file says."""
    option = config.getoption(f"--{name.replace('_', '-')}")
    return str(config.getini(name) if option is None else option)
