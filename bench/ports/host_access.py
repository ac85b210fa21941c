"""What the host lends to its builds: its CA bundle as a secret, its proxy settings as predefined build args."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.errors import UsageError
from bench.pure.trust import CA_SECRET_ID

CA_VARIABLES = ("BUILDMARK_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/var/lib/ca-certificates/ca-bundle.pem",  # openSUSE
)

# The build args that every Dockerfile may read undeclared and that stay out of the image's history:
# https://docs.docker.com/build/building/variables/#pre-defined-build-arguments
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")


def find_ca_bundle(environment: Mapping[str, str], files: tuple[str, ...] = CA_FILES) -> Path | None:
    """The file of certificates that this host trusts, or None.

    A variable that names a file which is not there is an error (UsageError): falling back in silence would make the
    builds fail later, in words of their own.
    """
    for name in CA_VARIABLES:
        if value := environment.get(name):
            path = Path(value)
            if not path.is_file():
                raise UsageError(f"{name} names {value}, which is not a file", remedy=f"correct or unset {name}")
            return path.absolute()
    return next((Path(name) for name in files if Path(name).is_file()), None)


def build_secrets(environment: Mapping[str, str]) -> dict[str, Path]:
    """The secrets that builds may mount: id to file."""
    bundle = find_ca_bundle(environment)
    return {} if bundle is None else {CA_SECRET_ID: bundle}


def proxy_args(environment: Mapping[str, str]) -> dict[str, str]:
    """The host's proxy settings as build args, in the spelling (upper or lower case) in which they were found."""
    names = [spelling for name in PROXY_VARIABLES for spelling in (name, name.lower())]
    return {name: environment[name] for name in names if environment.get(name)}
