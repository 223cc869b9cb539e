# windrow as an image: `docker compose up -d` builds it. Alone: docker build -t windrow . && docker run --init -p 127.0.0.1:8000:8000 -v windrow:/data windrow
ARG NODE=20.20.2-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /app
# Nothing that a package brings along is run: prebuilt binaries come as packages of their own.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.js scripts/copy-assets.js scripts/
COPY bin bin
COPY src src
RUN node scripts/build.js \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 # An optional client for tests, of no use before it is compiled.
 && rm -rf node_modules/node-rdkafka node_modules/nan node_modules/.cache \
 && find dist \( -name '*.d.ts' -o -name '*.tsbuildinfo' \) -delete \
 # What a new embedded Postgres is copied from, which Postgres makes for one user alone.
 && node dist/sinks/postgres/make-template.js \
 && chmod -R a+rX node_modules/.cache
COPY deploy/*.js deploy/

FROM node:${NODE}
# Whoever gets in finds no package manager.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && groupadd --gid 10001 windrow \
 && useradd --uid 10001 --gid windrow --no-create-home --home-dir /data --shell /usr/sbin/nologin windrow \
 && install --directory --owner=windrow --group=windrow --mode=0750 /data \
 && install --directory /config \
 && ln -s /app/bin/windrow.js /usr/local/bin/windrow
COPY --from=build /app /app
ENV NODE_ENV=production \
    WINDROW_DATA_DIR=/data \
    WINDROW_HOST=0.0.0.0
USER windrow
# Here windrow looks for windrow.config.json and modules of yours: mount a folder, read-only.
WORKDIR /config
VOLUME /data
EXPOSE 8000
# The port that the process answers at: that of `run` and `produce`, else that of the page.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "const { WINDROW_METRICS_PORT, WINDROW_PORT } = process.env; fetch(`http://127.0.0.1:${WINDROW_METRICS_PORT || WINDROW_PORT || 8000}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["windrow"]
CMD ["start"]
