"""Style sheet, script and icon, served by WhiteNoise with our headers and for ever under an address of their content."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from elearn.shared.responses import add_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MIMETYPES = {".mjs": "text/javascript", ".svg": "image/svg+xml; charset=utf-8"}
FOLDER = Path(__file__).parent.parent / "static"
A_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Serve `elearn/static/`, and give templates `static_url`."""
    addresses = {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in FOLDER.rglob("*")
        if path.is_file()
    }

    def static_url(name: str) -> str:
        """The address of a built file; it changes with the content, so that browsers may keep it for a year."""
        return f"/static/{name}?v={addresses.get(name, 'missing')}"

    app.jinja_env.globals["static_url"] = static_url
    app.wsgi_app = Files(  # type: ignore[method-assign]
        app.wsgi_app, root=FOLDER, prefix="static/", max_age=A_YEAR, mimetypes=MIMETYPES, allow_all_origins=False
    )


class Files(WhiteNoise):
    """WhiteNoise with our headers on every answer; its own hook leaves out 304, 405 and 416."""

    @staticmethod
    def serve(static_file: Any, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer with the file, or say that it has not changed."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            told = Headers(headers)
            add_headers(told)
            return start_response(status, told.items(), *error)

        answer: Iterable[bytes] = WhiteNoise.serve(static_file, environ, start)  # type: ignore[no-untyped-call]
        return answer
