"""Typed settings, read once from the environment (`ELEARN_...`), and what production refuses to start with."""

import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DEVELOPMENT_SECRET = "development-only-secret-never-use-it-in-production"  # noqa: S105 - refused in production
SHORTEST_SECRET = 32
DEMONSTRATION_DATABASE = "demo.sqlite3"


class Environment(StrEnum):
    """Where the application runs; production is the strictest, and a wrong word is refused."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"


class Settings(BaseSettings):
    """Everything an operator may set. The variable is `ELEARN_` and the field's name in capitals."""

    # A fault in one setting must not print the others, the key among them, into the log of the start.
    model_config = SettingsConfigDict(env_prefix="ELEARN_", extra="forbid", frozen=True, hide_input_in_errors=True)

    environment: Environment = Environment.DEVELOPMENT
    debug: bool = False
    demonstration: bool = Field(False, description="invented people; every page and certificate says so")
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    old_secret_keys: list[SecretStr] = Field([], description="earlier keys: what they sealed can still be opened")
    require_second_factor: Literal["", "staff", "everybody", "nobody"] = Field(
        "", description="of whom; empty: staff, and nobody in the demonstration"
    )
    cookie_secure: bool = Field(True, description="the session cookie only over HTTPS, named __Host-elearn")
    instance_path: Path = Path("instance")
    database_url: str = Field("", repr=False, description="empty: instance/elearn.sqlite3; or postgresql://...")
    base_url: str = Field("http://127.0.0.1:8000", description="the public address, for certificates and mail")
    trusted_hosts: list[str] = Field([], description="host names that may be asked for; empty: any")
    proxy_hops: int = Field(0, ge=0, le=5, description="reverse proxies in front whose headers are believed")
    content_path: Path | None = Field(None, description="a folder with further modules")
    time_zone: str = "Europe/London"
    provider_name: str = "The elearn project"
    contact_email: str = "support@example.org"
    texts_confirmed: bool = Field(False, description="the provider stands by privacy, terms, cookies and accessibility")
    approval_reference: str = Field("", description="only where a college or body has really approved the module")
    smtp_url: str = Field(
        "", repr=False, description="smtps://user:password@host:465, or smtp://; empty: mail goes to instance/mail/"
    )
    # For how many days what is kept (docs/privacy.md); 0: as long as the account or the service is there.
    sign_ins_kept_days: int = Field(90, ge=1)
    letters_kept_days: int = Field(90, ge=8, description="longer than the week for which one can be sent again")
    jobs_kept_days: int = Field(30, ge=2)
    unconfirmed_kept_days: int = Field(90, ge=0, description="accounts never confirmed, without a start of any module")
    idle_kept_days: int = Field(0, ge=0, description="accounts nobody signs in to; 2557 are seven years")
    roster_kept_days: int = Field(365, ge=0)
    texts_kept_days: int = Field(730, ge=0, description="the words of reported problems and of evaluations")
    complaints_kept_days: int = Field(2192, ge=0, description="after they were closed: six years, as long as claims")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address, with the file in `instance_path` by default and psycopg 3 named."""
        if not self.database_url:
            return f"sqlite:///{self.instance_path.resolve() / 'elearn.sqlite3'}"
        if self.database_url.startswith(("postgresql://", "postgres://")):
            return "postgresql+psycopg://" + self.database_url.split("://", 1)[1]
        return self.database_url

    @property
    def second_factor_policy(self) -> str:
        """Of whom a second factor is demanded: `staff`, `everybody`, or `nobody`."""
        return self.require_second_factor or ("nobody" if self.demonstration else "staff")

    @property
    def cookie_name(self) -> str:
        """`__Host-` binds the cookie to this host and to HTTPS; browsers refuse the prefix without `Secure`."""
        return "__Host-elearn" if self.cookie_secure else "elearn"

    @field_validator("time_zone")
    @classmethod
    def zone_is_known(cls, name: str) -> str:
        """Refuse a zone that no page could show a date in."""
        if name not in available_timezones():
            raise ValueError("ELEARN_TIME_ZONE is no time zone: set one such as Europe/London")
        return name

    @field_validator("smtp_url")
    @classmethod
    def mail_server_is_one(cls, url: str) -> str:
        """Refuse what would quietly be another server than the one that was meant."""
        try:
            server = urlsplit(url)
            known = not url or (server.scheme in {"smtp", "smtps"} and bool(server.hostname) and server.port != 0)
        except ValueError:
            known = False
        if not known:
            raise ValueError("ELEARN_SMTP_URL is no mail server: set one such as smtps://user:password@host:465")
        return url

    @model_validator(mode="after")
    def refuse_unsafe_production(self) -> Self:
        """Stop at the start, naming the variable to set, rather than run unsafely (C-S11)."""
        if self.environment is not Environment.PRODUCTION:
            return self
        secret = self.secret_key.get_secret_value()
        faults = [
            (self.debug, "ELEARN_DEBUG is on: set it to false"),
            (self.demonstration, "ELEARN_DEMONSTRATION is on: set it to false"),
            (secret == DEVELOPMENT_SECRET, "ELEARN_SECRET_KEY is the development key: set a random one of your own"),
            (
                len(secret) < SHORTEST_SECRET,
                f"ELEARN_SECRET_KEY is shorter than {SHORTEST_SECRET} characters: set a longer one",
            ),
            (not self.cookie_secure, "ELEARN_COOKIE_SECURE is off: set it to true"),
            (
                DEMONSTRATION_DATABASE in self.sqlalchemy_url,
                "ELEARN_DATABASE_URL is the demonstration's database: set another",
            ),
            (
                not is_database_link_safe(self.sqlalchemy_url),
                "ELEARN_DATABASE_URL leads to another machine without a checked encryption: add ?sslmode=verify-full",
            ),
            (
                not self.base_url.startswith("https://"),
                "ELEARN_BASE_URL must start with https://: set the public address",
            ),
            (
                self.require_second_factor == "nobody",
                "ELEARN_REQUIRE_SECOND_FACTOR is nobody: set staff or everybody",
            ),
            (not self.trusted_hosts, "ELEARN_TRUSTED_HOSTS is empty: set the host names, as a JSON list"),
            *((True, f"{name} is no setting: mend its name or take it out") for name in unknown_variables()),
        ]
        found = [words for is_fault, words in faults if is_fault]
        if found:
            raise ValueError("; ".join(found))
        return self


def is_here(host: str) -> bool:
    """Whether a host is this machine: the loopback, or a socket in a folder. A name is not looked up."""
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_database_link_safe(url: str) -> bool:
    """Whether nobody between us and the database can read along or answer in its place."""
    if not url.startswith("postgresql"):
        return True
    try:
        parts = make_url(url)
    except ArgumentError:
        return False
    if parts.query.get("sslmode") == "verify-full":
        return True
    return all(is_here(host) for host in _hosts(parts.host, parts.query))


def _hosts(host: str | None, query: Mapping[str, str | tuple[str, ...]]) -> Iterator[str]:
    """Wherever libpq may connect to; a service's file may name any host."""
    named = [host or "", *(value for key in ("host", "hostaddr", "service") for value in _values(query.get(key)))]
    if not any(named):
        named = [os.environ.get(name, "") for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE")]
    for one in named:
        yield from (part.partition(":")[0] if part.count(":") == 1 else part for part in one.split(","))


def _values(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def unknown_variables() -> list[str]:
    """The variables that begin like ours and set nothing: a misspelt one would leave an unsafe default in force."""
    known = {f"ELEARN_{name}".upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.upper().startswith("ELEARN_") and name.upper() not in known)
