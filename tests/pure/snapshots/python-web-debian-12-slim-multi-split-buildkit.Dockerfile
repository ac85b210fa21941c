FROM buildmark.invalid/debian-12-slim:base AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      echo "Acquire::https::CAInfo \"$ca\";" > /dev/shm/ca.conf; \
      export APT_CONFIG=/dev/shm/ca.conf; fi; \
    apt-get update
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      echo "Acquire::https::CAInfo \"$ca\";" > /dev/shm/ca.conf; \
      export APT_CONFIG=/dev/shm/ca.conf; fi; \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv
RUN apt-get clean \
 && rm -rf /var/lib/apt/lists/*

# Dependencies before the source: they change less often, so their layer is reused.
WORKDIR /app
COPY requirements.txt .
RUN python3 -m venv /opt/venv
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      export PIP_CERT=$ca; fi; \
    /opt/venv/bin/pip install --require-hashes -r requirements.txt
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      export PIP_CERT=$ca; fi; \
    /opt/venv/bin/pip uninstall -y setuptools pip \
 && rm requirements.txt

FROM buildmark.invalid/debian-12-slim:base

RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      echo "Acquire::https::CAInfo \"$ca\";" > /dev/shm/ca.conf; \
      export APT_CONFIG=/dev/shm/ca.conf; fi; \
    apt-get update
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      echo "Acquire::https::CAInfo \"$ca\";" > /dev/shm/ca.conf; \
      export APT_CONFIG=/dev/shm/ca.conf; fi; \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3
RUN apt-get clean \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/venv /opt/venv
WORKDIR /app

RUN useradd --no-create-home --shell /usr/sbin/nologin --uid 10001 app

COPY shortener/ shortener/

ARG VERSION=dev
LABEL org.opencontainers.image.title="shortener" \
      org.opencontainers.image.version="$VERSION"
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
EXPOSE 8000
USER app
HEALTHCHECK --interval=30s --timeout=3s CMD ["python3", "-m", "shortener.health"]
ENTRYPOINT ["gunicorn"]
CMD ["--bind=0.0.0.0:8000", "--workers=2", "shortener:create_app()"]
