"""The health check of the image: asks the service, with nothing but Python, and exits with 1 when it is not well."""

import json
import sys
from urllib.error import URLError
from urllib.request import urlopen


def main() -> int:
    """Ask /health on the port that the image exposes."""
    try:
        with urlopen("http://127.0.0.1:8000/health", timeout=2) as answer:
            report = json.load(answer)
    except (URLError, TimeoutError, ValueError) as error:
        print(f"unhealthy: {error}", file=sys.stderr)
        return 1
    print(f"{report['status']}: {report['service']}")
    return 0 if report["status"] == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
