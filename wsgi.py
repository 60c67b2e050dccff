"""What a WSGI server runs: `granian --interface wsgi wsgi:app`."""

from elearn import create_app

app = create_app()
