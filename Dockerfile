# `nsmc serve` and `nsmc predict` without torch:
#     docker build -t nsmc .
#     docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 nsmc
#     docker run --rm nsmc predict "재밌다"
# scripts/check_container.py runs these steps in an empty directory, where there is no Docker.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements-predict.txt pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/nsmc
RUN /opt/nsmc/bin/pip install -q --no-cache-dir --no-compile --no-deps -r requirements-predict.txt
RUN /opt/nsmc/bin/pip install -q --no-cache-dir --no-compile --no-deps .
# KoNLPy's taggers in Java, of which Mecab is none, and pip are not needed any more.
RUN rm -rf /opt/nsmc/lib/python3*/site-packages/konlpy/java && /opt/nsmc/bin/pip uninstall -qy pip

FROM python:3.12-slim
COPY --from=build /opt/nsmc /opt/nsmc
ENV OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65534
EXPOSE 8000
HEALTHCHECK CMD ["/opt/nsmc/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
ENTRYPOINT ["/opt/nsmc/bin/nsmc"]
CMD ["serve", "--host", "0.0.0.0"]
