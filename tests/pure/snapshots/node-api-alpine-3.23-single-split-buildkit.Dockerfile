FROM buildmark.invalid/alpine-3.23:base

RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      export SSL_CA_CERT_FILE=$ca SSL_CERT_FILE=$ca; fi; \
    apk add --no-cache nodejs npm

# The lock file before the source: dependencies change less often, so their layer is reused.
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      export NODE_EXTRA_CA_CERTS=$ca npm_config_cafile=$ca; fi; \
    npm ci --omit=dev --no-audit --no-fund
RUN --mount=type=secret,id=buildmark-ca,mode=0444 \
    ca=/run/secrets/buildmark-ca; if [ -f $ca ]; then \
      export NODE_EXTRA_CA_CERTS=$ca npm_config_cafile=$ca; fi; \
    npm cache clean --force \
 && rm -rf /root/.npm

RUN adduser -S -D -H -u 10001 app

COPY lib/ lib/
COPY server.js healthcheck.js ./

LABEL org.opencontainers.image.title="notes-api"
ENV NODE_ENV=production \
    PORT=3000
EXPOSE 3000
USER app
HEALTHCHECK --interval=30s --timeout=3s CMD ["node", "healthcheck.js"]
ENTRYPOINT ["node"]
CMD ["server.js"]
