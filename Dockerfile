# syntax=docker/dockerfile:1

# Name a digest for a build that can be repeated: --build-arg PYTHON=3.12-slim-bookworm@sha256:…
ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS build
# The compiler builds fanzha's kernel and stays in this stage.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/fanzha
ENV PATH=/opt/fanzha/bin:$PATH
WORKDIR /src
COPY requirements/build.txt requirements/run.txt requirements/postgres.txt requirements/
RUN pip install --require-hashes --requirement requirements/build.txt \
    && pip install --require-hashes --no-build-isolation --requirement requirements/run.txt \
    && pip install --require-hashes --only-binary :all: --requirement requirements/postgres.txt
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY model model
COPY api api
COPY data/fanzha_data data/fanzha_data
# Without the kernel all works many times slower, so that it would go unnoticed.
RUN CC=gcc pip install --no-deps --no-build-isolation . \
    && python -c 'import fanzha_data, pathlib, fanzha; \
package = pathlib.Path(fanzha.__file__).parent; \
assert (package / "_kernel" / "kernel.so").is_file(), "the kernel is not compiled"; \
assert (fanzha_data.path("bundle") / "manifest.json").is_file(), "there is no bundle"'

FROM python:${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="fanzha" \
      org.opencontainers.image.description="Finds cash-out promotions, fake customer-service hotlines and scam advertisements in Chinese posts" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 fanzha \
    && useradd --system --uid 10001 --gid fanzha --home-dir /var/lib/fanzha --shell /usr/sbin/nologin fanzha \
    && install --directory --owner=fanzha --group=fanzha --mode=0700 /var/lib/fanzha
COPY --from=build /opt/fanzha /opt/fanzha
COPY --chmod=0755 deploy/entrypoint.sh /usr/local/bin/fanzha-entrypoint
ENV PATH=/opt/fanzha/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FANZHA_DATA=/var/lib/fanzha
USER 10001:10001
WORKDIR /var/lib/fanzha
VOLUME /var/lib/fanzha
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4).read()"]
ENTRYPOINT ["fanzha-entrypoint"]
CMD ["--host", "0.0.0.0", "--port", "8000", "--workers", "2"]
