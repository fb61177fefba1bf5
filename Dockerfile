# syntax=docker/dockerfile:1

# Images are named by version and digest: the digest counts, the version is for readers.

# Built here and thrown away: the compiler, and what aws-lc needs to build (its C code; cmake where no prepared
# bindings fit).
FROM rust:1.97.1-slim-bookworm@sha256:158b745f1b82dbeec7ea06e6b1617d6b005723bb66e6141cd2ddfee40d079ec3 AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake gcc libc6-dev make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
# The caches stay on the machine that builds; the program is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin tiquo-auth \
    && install -D -m 0755 target/release/tiquo-auth /out/tiquo-auth

FROM debian:bookworm-20260803-slim@sha256:abd67ffcfa541b485a3dff59865ab629aa048a6c613e639d36e7456b0b229241
# Roots that a mail relay's and a remote JWK Set's certificates are judged by; openssl makes the one of docker-compose.yml.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates openssl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 tiquo-auth \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tiquo-auth \
    && install -d -o 10001 -g 10001 -m 0700 /data /keys
COPY --from=builder /out/tiquo-auth /usr/local/bin/tiquo-auth
COPY config/default.toml /usr/share/doc/tiquo-auth/default.toml

USER 10001:10001
WORKDIR /
# The embedded store, when it is used, and the signing and MAC keys.
VOLUME ["/data", "/keys"]
EXPOSE 8080
# Ready, not only alive: the store answers and takes writes. Degraded (the mail relay is away) counts as ready; a start
# that waits for its Redis does not, and needs no restart. Asks this container's own loopback address, so the
# address of [listen] must include it: 0.0.0.0 or [::].
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["tiquo-auth", "health", "--url", "http://127.0.0.1:8080"]
# SIGTERM lets requests in flight end.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tiquo-auth"]
CMD ["serve", "--config", "/etc/tiquo-auth/config.toml"]
