"""An authenticator app and a passkey device, as people hold them, for tests."""

import hashlib
import json
import os
import re
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from passlib.totp import TOTP
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from elearn.shared import clock
from tests.page import PageClient

APP, PASSKEY, SECOND_STEP = "/account/factors/app/", "/account/factors/passkey/", "/account/second-step/"


def sealed_in(html: str) -> str:
    found = re.search(r'name="(?:again_)?sealed" value="([^"]+)"', html)
    assert found, html
    return found[1]


class Phone:
    """An authenticator app that has been given a secret."""

    def __init__(self, secret: str) -> None:
        self.totp = TOTP(key=secret, format="base32")

    def code(self, seconds: int = 0) -> str:
        return str(self.totp.generate(time=int(clock.now().timestamp()) + seconds).token)


def set_up_app(client: PageClient) -> tuple[Phone, list[str]]:
    """Set an app up through its page; gives the phone, and the recovery codes that were shown."""
    html = client.get(APP).get_data(as_text=True)
    secret = re.search(r'The key: <strong class="app-number">([A-Z2-7 ]+)<', html)
    assert secret, html
    phone = Phone(secret[1].replace(" ", ""))
    response = client.send(APP, {"sealed": sealed_in(html), "code": phone.code()})
    assert response.status_code in (200, 303), response.get_data(as_text=True)
    return phone, re.findall(r'<li><span class="app-number">([^<]+)</span>', response.get_data(as_text=True))


class Device:
    """Something that makes passkeys and answers with them, by hand: P-256, no attestation."""

    def __init__(self, origin: str = "https://localhost") -> None:
        self.origin, self.count, self.flags = origin, 0, 0x05
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, rp_id: str, flags: int, rest: bytes = b"") -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + rest

    def make(self, html: str) -> dict[str, str]:
        """Answer a page that asks for a new passkey: what its form sends."""
        options = options_in(html)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        rest = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(options["rp"]["id"], self.flags | 0x40, rest)}
        return self._form(
            html,
            {
                "clientDataJSON": bytes_to_base64url(self._client_data("webauthn.create", options["challenge"])),
                "attestationObject": bytes_to_base64url(cbor2.dumps(made)),
            },
        )

    def answer(self, html: str) -> dict[str, str]:
        """Answer a page that asks for a passkey."""
        options = options_in(html)
        self.count += 1
        data = self._data(options["rpId"], self.flags)
        client = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._form(
            html,
            {
                "clientDataJSON": bytes_to_base64url(client),
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(signature),
            },
        )

    def _form(self, html: str, response: dict[str, str]) -> dict[str, str]:
        raw = bytes_to_base64url(self.id)
        credential = {"id": raw, "rawId": raw, "type": "public-key", "response": response, "clientExtensionResults": {}}
        return {"sealed": sealed_in(html), "credential": json.dumps(credential)}


def options_in(html: str) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]+)"', html)
    assert found, html
    options: dict[str, Any] = json.loads(unescape(found[1]))
    assert len(base64url_to_bytes(str(options["challenge"]))) >= 16
    return options
