"""Column types that mean the same on SQLite and on PostgreSQL."""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, Enum, TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, always with its zone in Python, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; give SQLite, which keeps none, the UTC reading."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Put the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def text_enum(kind: type[StrEnum]) -> Enum:
    """An enum kept as its own words in a text column, with no database type to migrate."""
    return Enum(kind, native_enum=False, create_constraint=False, length=32, values_callable=_values)


def _values(kind: Any) -> list[str]:
    return [member.value for member in kind]


def unguessable_id() -> str:
    """An id for addresses: 128 random bits, so that knowing one tells nothing of another."""
    return secrets.token_urlsafe(16)


def random_key() -> int:
    """A primary key that tells nothing about when or in what order its row was written (63 bits, never 0)."""
    return secrets.randbelow(2**63 - 1) + 1
