"""Headers that reverse proxies add: believed of as many proxies as the settings say, and of nobody else (ASVS 4.1.3)."""

from pathlib import Path

import pytest
from flask import request
from flask.testing import FlaskClient

from elearn.shared.access import Access, allow
from tests.fresh import fresh_app

FORGED = {
    "X-Forwarded-For": "198.51.100.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "1",
    "X-Real-IP": "198.51.100.1",
    "Forwarded": "for=198.51.100.1;host=evil.example;proto=http",
}
HERE = "203.0.113.9"


def seen(folder: Path, hops: int, headers: dict[str, str]) -> dict[str, str]:
    """What the application takes a request for that comes from HERE with these headers."""
    with fresh_app(folder, proxy_hops=hops) as app:

        @app.get("/seen/")
        @allow(Access.PUBLIC)
        def look() -> dict[str, str]:
            return {"address": request.remote_addr or "", "host": request.host, "root": request.url_root}

        client = FlaskClient(app, app.response_class)
        answer = client.get("/seen/", base_url="https://localhost", headers=headers, environ_base={"REMOTE_ADDR": HERE})
        told: dict[str, str] = answer.get_json()
        return told


def test_without_a_proxy_no_header_of_one_is_believed(tmp_path: Path) -> None:
    assert seen(tmp_path, 0, FORGED) == {"address": HERE, "host": "localhost", "root": "https://localhost/"}


@pytest.mark.parametrize(("hops", "address"), [(1, "192.0.2.7"), (2, "192.0.2.8")])
def test_behind_a_proxy_only_what_it_has_added_is_believed(tmp_path: Path, hops: int, address: str) -> None:
    """A proxy appends where it had the request from; what the visitor wrote stands further left."""
    added = {
        "X-Forwarded-For": "198.51.100.1, 192.0.2.8, 192.0.2.7",
        "X-Forwarded-Proto": "http, https, https",
        "X-Forwarded-Host": "evil.example, localhost, localhost",
    }
    found = seen(tmp_path, hops, {**FORGED, **added})
    assert found == {"address": address, "host": "localhost", "root": "https://localhost/"}
