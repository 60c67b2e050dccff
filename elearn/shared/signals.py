"""How a lower feature tells an upper one that something happened; `create_app()` connects each by name."""

from blinker import Namespace

_signals = Namespace()

person_signed_in = _signals.signal("person-signed-in")
email_changed = _signals.signal("email-changed")
attempt_submitted = _signals.signal("attempt-submitted")
certificate_issued = _signals.signal("certificate-issued")
certificate_revoked = _signals.signal("certificate-revoked")
access_denied = _signals.signal("access-denied")
