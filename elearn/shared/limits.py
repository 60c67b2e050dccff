"""How often something may be tried from one place: what a place is, and how long to wait. Pure."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil

IPV6_NETWORK = 64


def network_of(address: str) -> str:
    """The network that a visitor's address counts for: an IPv4 address, or the 64 bits that one IPv6 customer has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    return str(found) if found.version == 4 else str(ip_network((found, IPV6_NETWORK), strict=False))


def key_of(purpose: str, what: str, secret: str) -> str:
    """A keyed hash of what tries are counted for: enough to count them, worth nothing without the application's secret."""
    return hmac.new(secret.encode(), f"{purpose}:{what}".encode(), hashlib.sha256).hexdigest()


def seconds_to_wait(tries: Sequence[datetime], now: datetime, most: int, window: timedelta) -> int:
    """How long until another try is allowed, of `most` in any `window`; 0 when it is now. `tries` may hold older ones too."""
    recent = sorted(at for at in tries if now - at < window)
    return max(1, seconds_until(recent[-most] + window, now)) if len(recent) >= most else 0


def seconds_until(moment: datetime, now: datetime) -> int:
    """Whole seconds until a moment; 0 when it has passed."""
    return max(0, ceil((moment - now).total_seconds()))
