# SPDX-License-Identifier: Apache-2.0
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev git cmake ninja-build pkg-config \
        libmicrohttpd-dev libgit2-dev libjansson-dev libyaml-dev libexpat1-dev libxxhash-dev libssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src
RUN rm -rf build && cmake --preset release -DSTRATA_TESTS=OFF && cmake --build --preset release --target stratad \
    && ./dev sample /sample

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates openssh-client libmicrohttpd12 libgit2-1.5 libjansson4 \
        libyaml-0-2 libexpat1 libxxhash0 libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/strata --create-home strata
COPY --from=build /src/build/release/stratad /usr/local/sbin/stratad
COPY --from=build --chown=strata:strata /sample /srv/sample
USER strata
ENV STATE_DIRECTORY=/var/lib/strata
EXPOSE 8888
ENTRYPOINT ["/usr/local/sbin/stratad"]
CMD ["--git.uri=file:///srv/sample", "--git.search-paths={application}"]
