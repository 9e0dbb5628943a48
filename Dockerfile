# The gate as an image: git, kubectl and the command line, nothing else to start.
#   docker build --tag release-sentinel .
#   docker run --rm --volume "$PWD:/repo:ro" release-sentinel --env prod --version v1.4.2
# A tag moves. For an image that is made of the same base every time, name that by digest: --build-arg BASE=node@sha256:…
ARG BASE=node:24-trixie-slim
ARG RUNTIME=${BASE}

FROM ${BASE} AS build
WORKDIR /build
COPY . .
# Where no registry can be reached, dist and node_modules are brought along ready-made.
RUN if [ ! -d node_modules ]; then npm ci && npm run build && npm prune --omit=dev; fi \
  && mkdir /package && cp -r dist schema node_modules package.json LICENSE /package/ \
  && rm -rf /package/dist/action /package/dist/types

FROM ${RUNTIME}
# kubectl is Debian's: it comes with the distribution's signature and security updates.
RUN if ! command -v git || ! command -v kubectl || ! command -v tini; then \
    apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git kubernetes-client openssh-client tini \
    && rm -rf /var/lib/apt/lists/*; \
  fi
COPY --from=build /package /opt/release-sentinel
# The one folder that git trusts whoever it belongs to: what is mounted there was mounted to be judged.
# ssh asks for its user's name, and gives up where there is none.
RUN ln -s /opt/release-sentinel/dist/bin.cjs /usr/local/bin/release-sentinel \
  && git config --system --add safe.directory /repo \
  && mkdir -p /repo \
  && echo "release-sentinel:x:65532:65532::/tmp:/usr/sbin/nologin" >> /etc/passwd

ARG RUNTIME
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="release-sentinel" \
  org.opencontainers.image.description="Is this release SAFE to deploy right now? A release gate that answers SAFE, BLOCKED or CRITICAL, and says why." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="${RUNTIME}"

# A user id without a name has no home: what is written goes to /tmp, the one place that a read-only image needs.
ENV HOME=/tmp NODE_ENV=production
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /repo
# tini passes signals on and reaps what git and kubectl leave behind; the exit code is the command's.
ENTRYPOINT ["tini", "-s", "--", "release-sentinel"]
# It answers once and ends, so there is no health of its own to check.
HEALTHCHECK NONE
