from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.ports.host_access import build_secrets, find_ca_bundle, proxy_args


def test_the_bundle_that_a_variable_names_comes_first(tmp_path: Path) -> None:
    named, system = tmp_path / "named.pem", tmp_path / "system.crt"
    named.touch()
    system.touch()
    assert find_ca_bundle({"SSL_CERT_FILE": str(named)}, (str(system),)) == named
    assert find_ca_bundle({}, ("/nowhere", str(system))) == system


def test_a_variable_that_names_no_file_is_an_error_not_a_fallback(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CURL_CA_BUNDLE names /nowhere/x"):
        find_ca_bundle({"CURL_CA_BUNDLE": "/nowhere/x"}, (str(tmp_path),))


def test_the_secret_is_the_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    assert build_secrets({"BUILDMARK_CA_BUNDLE": str(bundle)}) == {"buildmark-ca": bundle}


def test_proxies_pass_in_the_spelling_they_have_and_nothing_else_does() -> None:
    environment = {"https_proxy": "http://proxy:3128", "NO_PROXY": "localhost", "HTTP_PROXY": "", "HOME": "/root"}
    assert proxy_args(environment) == {"https_proxy": "http://proxy:3128", "NO_PROXY": "localhost"}
