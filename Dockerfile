# syntax=docker/dockerfile:1

ARG PYTHON=3.13.9-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /source
RUN python -m venv /opt/tessera
ENV PATH=/opt/tessera/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
# What changes seldom first: a change of our own code leaves this layer as it is.
COPY requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY application application
COPY adapters adapters
COPY entrypoints entrypoints
COPY alembic alembic
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && pip check

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="Tessera" org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /var/lib/tessera --create-home tessera
COPY --from=build /opt/tessera /opt/tessera
# Prometheus' figures and all else that has to be written goes below the home.
ENV PATH=/opt/tessera/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production \
    DATA_DIR=/var/lib/tessera \
    HOST=0.0.0.0
WORKDIR /var/lib/tessera
USER 10001
VOLUME /var/lib/tessera
EXPOSE 8000
# Its status says whether the process serves, not whether its database does: restarting this one
# would not mend that one.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["tessera", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tessera"]
CMD ["serve"]
