# The gateway's image: see docs/deployment.md for how to run it, and `npm run verify:image` for the proof that it works.
# Debian 13 has glibc 2.41; the binaries of uWebSockets.js for Node 24 need 2.38. To pin the base, give it with its digest:
#   docker build --build-arg NODE_IMAGE=docker.io/library/node:24-trixie-slim@sha256:… .
ARG NODE_IMAGE=docker.io/library/node:24-trixie-slim

# What the gateway loads at run time, for the platform of the image.
FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY deploy/container/build-sqlite /usr/local/lib/openclaw-build/
RUN /usr/local/lib/openclaw-build/build-sqlite
COPY deploy/container/slim.mjs /usr/local/lib/openclaw-build/
RUN node /usr/local/lib/openclaw-build/slim.mjs /app

# The program, the same for every platform: so it is compiled on the builder's own.
FROM --platform=${BUILDPLATFORM:-linux/amd64} ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY scripts/run.mjs scripts/
COPY scripts/lib scripts/lib/
RUN npm_config_ignore_scripts=true node scripts/run.mjs install
COPY . .
RUN node scripts/run.mjs build
COPY deploy/container/slim.mjs /usr/local/lib/openclaw-build/
RUN mkdir /app && tar --extract --gzip --directory /app --strip-components 1 --no-same-owner \
      --file "$(npm pack --silent --ignore-scripts --pack-destination /tmp | sed 's|^|/tmp/|')" && \
    rm -rf /app/docs /app/deploy && \
    chmod 0755 /app/dist/cli/main.js && \
    node /usr/local/lib/openclaw-build/slim.mjs /app

FROM ${NODE_IMAGE}
ARG VERSION=0.9.4
ARG REVISION=unknown
LABEL org.opencontainers.image.title="OpenClaw gateway" \
      org.opencontainers.image.description="A high-throughput WebSocket gateway for AI agents" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/node:24-trixie-slim"
RUN groupadd --gid 10001 openclaw && \
    useradd --uid 10001 --gid openclaw --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin openclaw && \
    install --directory --mode 0700 --owner openclaw --group openclaw /data && \
    rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid- && \
    ln -s /app/dist/cli/main.js /usr/local/bin/openclaw
COPY deploy/container/init /usr/local/bin/openclaw-init
COPY --from=modules /app/node_modules /app/node_modules
COPY --from=build /app /app
# Every interface: the gateway refuses that without TLS, unless OPENCLAW_GATEWAY__INSECURE says that something else encrypts.
# SQLite's temporary files go to the one place that can be written.
ENV NODE_ENV=production \
    OPENCLAW_HOME=/data \
    OPENCLAW_GATEWAY__HOST=0.0.0.0 \
    OPENCLAW_METRICS__HOST=0.0.0.0 \
    SQLITE_TMPDIR=/data
WORKDIR /data
VOLUME /data
EXPOSE 18789 18790
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["openclaw", "health"]
ENTRYPOINT ["openclaw-init"]
CMD ["gateway"]
