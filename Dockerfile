# One image for the site, its worker and its migrations; compose.yaml says who runs what.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/guichet
RUN useradd --system --no-create-home guichet

COPY requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.txt

COPY . .
# The values live for this one step and are in no layer; collecting files needs settings that load, not true ones.
RUN SECRET_KEY=only-while-the-image-is-built CREDENTIAL_KEYS=b25seS13aGlsZS10aGUtaW1hZ2UtaXMtYnVpbHQuLi4= \
    ALLOWED_HOSTS=localhost SITE_URL=https://localhost DATABASE_URL=sqlite://:memory: \
    python manage.py collectstatic --no-input

USER guichet
EXPOSE 8000
# Asked under a name the site answers to: any other Host is refused, /healthz or not.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as web; host = os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.*'); \
web.urlopen(web.Request('http://127.0.0.1:8000/healthz', headers={'Host': host or 'localhost'}), timeout=4)"]
# The log has no query: what a provider's page sends a browser back with tells of the payer.
# Idle connections stay open longer than a proxy or a shop's software keeps them, so that neither sends into a closed one.
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", \
     "--keep-alive", "75", \
     "--worker-tmp-dir", "/dev/shm", "--max-requests", "10000", "--max-requests-jitter", "1000", \
     "--access-logfile", "-", \
     "--access-logformat", "%(h)s %(t)s \"%(m)s %(U)s %(H)s\" %(s)s %(b)s %(M)sms", "checkout.wsgi"]
