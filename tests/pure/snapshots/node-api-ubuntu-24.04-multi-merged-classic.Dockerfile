FROM buildmark.invalid/ubuntu-24.04:base AS build

RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/*

# The lock file before the source: dependencies change less often, so their layer is reused.
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund \
 && npm cache clean --force \
 && rm -rf /root/.npm

FROM buildmark.invalid/ubuntu-24.04:base

RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/node_modules node_modules/
COPY package.json ./

RUN useradd --no-create-home --shell /usr/sbin/nologin --uid 10001 app

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
