# One image for web, worker and beat; docker-compose.yml says which one a container is.
FROM python:3.13.9-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/touchstone
WORKDIR /srv/touchstone
COPY requirements.lock .
RUN /opt/touchstone/bin/pip install --require-hashes --requirement requirements.lock
COPY . .
RUN TOUCHSTONE_DATA=/tmp/build /opt/touchstone/bin/python manage.py compile_translations

FROM python:3.13.9-slim-trixie
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin touchstone && install -d -o touchstone -m 0700 /data
COPY --from=build /opt/touchstone /opt/touchstone
COPY --from=build /srv/touchstone /srv/touchstone
ENV PATH=/opt/touchstone/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TOUCHSTONE_DATA=/data
WORKDIR /srv/touchstone
USER touchstone
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"]
