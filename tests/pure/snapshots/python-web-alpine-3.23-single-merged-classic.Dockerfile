FROM buildmark.invalid/alpine-3.23:base

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

RUN apk add --no-cache python3

# Dependencies before the source: they change less often, so their layer is reused.
WORKDIR /app
COPY requirements.txt .
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --require-hashes -r requirements.txt \
 && /opt/venv/bin/pip uninstall -y setuptools pip \
 && rm requirements.txt

RUN adduser -S -D -H -u 10001 app

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
