"""The headers that every response carries, errors and static files included (C-S3)."""

from typing import Protocol

from flask import Flask, Response

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Frame-Options": "DENY",
}


class Headers(Protocol):
    """What can be told a header: werkzeug's and the standard library's headers alike."""

    def __setitem__(self, name: str, value: str, /) -> None: ...


def add_headers(headers: Headers) -> None:
    """Set the headers on one response."""
    for name, value in HEADERS.items():
        headers[name] = value


def init_app(app: Flask) -> None:
    """Set them on every response of Flask; pages are not kept by caches, unless their view says otherwise."""

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.add(name, value)  # half the price of setting them, and no view has set them before
        response.headers.setdefault("Cache-Control", "no-store")
        return response
