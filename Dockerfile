# Debian and not Alpine: the glibc that Node is tested with most, and the resolver that reads every resolv.conf.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json openapi.yaml ./
COPY scripts ./scripts
COPY routes ./routes
COPY src ./src
# Compiles, and makes the template of the embedded database.
RUN node scripts/build.mjs

FROM node:20-bookworm-slim
# The admin API has a port of its own, since HOST is no loopback address; it is on the container's loopback, for `docker exec`.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4100 ADMIN_PORT=4101 DATA_DIR=/data
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY --from=build /app/dist ./dist
COPY LICENSE openapi.yaml ./
# A number, so that an orchestrator can see that it is not root; the user `node` of this image.
RUN install -d -m 0700 -o 1000 -g 1000 /data
USER 1000:1000
VOLUME /data
EXPOSE 4100
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "const { PORT, TLS, TLS_CERT } = process.env; require(TLS_CERT || TLS === 'self-signed' ? 'https' : 'http').get({ host: '127.0.0.1', port: PORT, path: '/health/ready', rejectUnauthorized: false }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# The exec form: SIGTERM reaches node. The root may be read-only: only /data is written.
ENTRYPOINT ["node", "dist/src/cli/bin.js"]
CMD ["start"]
