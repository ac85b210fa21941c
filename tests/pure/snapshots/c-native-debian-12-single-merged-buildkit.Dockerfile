FROM buildmark.invalid/debian-12:base

ARG VERSION=0.0.0
WORKDIR /src
COPY Makefile ./
COPY src/ src/
COPY tests/ tests/

# A compiler that is to leave no trace must come and go in one layer, so the source has to be there before it.
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      echo "Acquire::https::CAInfo \"$ca\";" > /dev/shm/ca.conf; \
      export APT_CONFIG=/dev/shm/ca.conf; fi; \
    apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc libc6-dev make \
 && make VERSION=$VERSION \
 && make check \
 && make install \
 && make clean \
 && DEBIAN_FRONTEND=noninteractive apt-get purge -y --auto-remove gcc libc6-dev make \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/*

ARG VERSION=0.0.0
LABEL org.opencontainers.image.title="tally" \
      org.opencontainers.image.version="$VERSION"
ENV TALLY_WORDS=20
WORKDIR /data
USER 65534:65534
ENTRYPOINT ["tally"]
CMD ["-"]
