FROM buildmark.invalid/alpine-3.22:base AS build

# The compiler before the source: it changes less often, so its layer is reused.
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      export SSL_CA_CERT_FILE=$ca SSL_CERT_FILE=$ca; fi; \
    apk add --no-cache --virtual .build-deps build-base

ARG VERSION=0.0.0
WORKDIR /src
COPY Makefile ./
COPY src/ src/
COPY tests/ tests/

RUN make VERSION=$VERSION
RUN make check
RUN make install

# The program is linked dynamically, as its distribution links its own: it then gets the security fixes of the C library
# with the base. So the final base must have the C library that it was linked to (glibc or musl): it is the same base.
FROM buildmark.invalid/alpine-3.22:base
COPY --from=build /usr/local/bin/tally /usr/local/bin/tally

ARG VERSION=0.0.0
LABEL org.opencontainers.image.title="tally" \
      org.opencontainers.image.version="$VERSION"
ENV TALLY_WORDS=20
WORKDIR /data
USER 65534:65534
ENTRYPOINT ["tally"]
CMD ["-"]
