# Casework's image: one for migrate, web, worker and beat. docker-compose.yml runs it.
# No secret is in it, and none is needed to build it. How to build and run: docs/operations.md.

FROM python:3.12-slim-bookworm AS packages
RUN python -m venv /opt/venv
COPY requirements/base.txt /tmp/base.txt
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary=:all: -r /tmp/base.txt \
 && /opt/venv/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim-bookworm AS tree
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /opt/venv /opt/venv
WORKDIR /casework
COPY . .
# Settings need keys. These are random, used for this line only, and stay in this stage.
RUN python deploy/make_secrets.py /tmp/build \
 && CASEWORK_ENV=development SECRET_KEY_FILE=/tmp/build/secret_key FIELD_KEYS_FILE=/tmp/build/field_keys BLIND_INDEX_KEY_FILE=/tmp/build/blind_index_key DATABASE_URL_FILE=/tmp/build/database_url python manage.py collectstatic --no-input \
 && python -m compileall -q .

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
RUN groupadd --gid 10001 casework \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin casework
COPY --from=packages /opt/venv /opt/venv
COPY --from=tree /casework /casework
WORKDIR /casework
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000"]
