"""Six small projects with a Dockerfile each, written the way projects write them, for `buildmark init` and `run`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

C_DOCKERFILE = r"""FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      gcc \
      # the headers of the C library
      libc6-dev \
      make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY src/ ./src/
ARG VERSION=1.0.0
RUN make VERSION=$VERSION

FROM debian:12
COPY --from=build /src/greet /usr/local/bin/greet
USER nobody
ENTRYPOINT ["greet"]
CMD ["world"]
"""
PIP_DOCKERFILE = r"""FROM docker.io/library/debian:12-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-pip python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /venv
ENV PATH="/venv/bin:$PATH"

WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
EXPOSE 8000
CMD ["python3", "-m", "app"]
"""
NPM_DOCKERFILE = r"""ARG DEBIAN=12-slim
FROM debian:${DEBIAN} AS base
RUN apt-get update && apt-get install -y --no-install-recommends nodejs && rm -rf /var/lib/apt/lists/*
WORKDIR /app

FROM base AS deps
RUN apt-get update && apt-get install -y --no-install-recommends npm
COPY package*.json ./
RUN npm install --omit=dev --no-audit --no-fund

FROM base
ENV NODE_ENV=production
COPY --from=deps /app/node_modules ./node_modules
COPY . .
RUN node --check server.js
HEALTHCHECK CMD node healthcheck.js
CMD node server.js
"""
APT_DOCKERFILE = r"""FROM debian:bookworm
RUN rm -f /etc/apt/apt.conf.d/docker-clean; \
    echo 'Binary::apt::APT::Keep-Downloaded-Packages "true";' > /etc/apt/apt.conf.d/keep-cache
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    apt-get update && apt-get install -y --no-install-recommends jq
COPY report.sh /usr/local/bin/report
COPY data ./data
RUN chmod +x /usr/local/bin/report && report data/sample.json > /report.txt
CMD ["cat", "/report.txt"]
"""
HEREDOC_DOCKERFILE = """FROM alpine:3.23
RUN <<EOF
set -e
addgroup -S app
adduser -S -G app app
EOF
COPY <<-"CONF" /etc/app.conf
\tname = {{ .Name }}
\tFROM = {% not Jinja %} {# nor this #}
\tCONF
COPY <<EOF /usr/local/bin/start
#!/bin/sh
echo "started $1"
EOF
COPY lib /app/lib
RUN chmod +x /usr/local/bin/start && sh /app/lib/check.sh && grep -F '{{ .Name }}' /etc/app.conf
USER app
ENTRYPOINT ["start"]
"""
LEGACY_DOCKERFILE = """# An old one
from debian:12
maintainer Ada <ada@example.org>

env HOME /root
ENV VERSION 1.0
ADD . /opt/app
WORKDIR /opt/app
RUN apt-get update
RUN apt-get install -y make
RUN make
VOLUME /data
EXPOSE 80
CMD exec make serve
"""
PROJECTS: Mapping[str, Mapping[str, str]] = {
    "greet": {
        "Dockerfile": C_DOCKERFILE,
        "Makefile": "greet: src/main.c\n\tgcc -O2 -DVERSION='\"$(VERSION)\"' -o $@ $<\n",
        "src/main.c": '#include <stdio.h>\nint main(int n, char **a) { printf("hello %s\\n", a[n - 1]); return 0; }\n',
        "src/greet.h": "/* nothing yet */\n",
    },
    "pipapp": {
        "Dockerfile": PIP_DOCKERFILE,
        "requirements.txt": "itsdangerous==2.2.0\n",
        "app/__init__.py": "",
        "app/__main__.py": "import itsdangerous\n\nprint(itsdangerous.__name__)\n",
        "tests/test_app.py": "",
        ".dockerignore": "tests\n",
    },
    "npmapp": {
        "Dockerfile": NPM_DOCKERFILE,
        "package.json": '{\n  "name": "npmapp",\n  "version": "1.0.0",\n  "dependencies": {"ms": "2.1.3"}\n}\n',
        "server.js": "const ms = require('ms');\nconsole.log(ms('2 days'));\n",
        "healthcheck.js": "process.exit(0);\n",
    },
    "report": {
        "Dockerfile": APT_DOCKERFILE,
        "report.sh": '#!/bin/sh\njq .total "$1"\n',
        "data/sample.json": '{"total": 3}\n',
    },
    "heredocs": {
        "Dockerfile": HEREDOC_DOCKERFILE,
        "lib/check.sh": "echo fine\n",
        "lib/README.md": "# lib\n",
    },
    "legacy": {
        "Dockerfile": LEGACY_DOCKERFILE,
        "Makefile": "all:\n\techo built > built.txt\nserve:\n\tcat built.txt\n",
        "index.html": "<p>hello</p>\n",
    },
}


def lay_out(name: str, folder: Path) -> Path:
    """Write a project's files below `folder`; returns its Dockerfile."""
    for path, text in PROJECTS[name].items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / name / "Dockerfile"
