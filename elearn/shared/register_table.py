"""The register of personal data as docs/privacy.md shows it."""

from collections.abc import Iterator

from elearn.config import Settings
from elearn.shared.personal import Holding, Register

BEGIN = "<!-- the register begins: `elearn privacy register --write` makes what follows -->"
END = "<!-- the register ends -->"


def table_of(register: Register, settings: Settings) -> str:
    """Every table with its columns, purpose, basis, recipients, retention, and what erasure does."""
    return "\n".join(_lines(register, settings))


def _lines(register: Register, settings: Settings) -> Iterator[str]:
    for holding in sorted(register.holdings, key=lambda holding: holding.table):
        yield from _entry(holding, settings)
    yield "### Tables without people"
    yield ""
    yield from (f"- `{name}`: {why}" for name, why in sorted(register.without_people.items()))


def _entry(holding: Holding, settings: Settings) -> Iterator[str]:
    yield f"### `{holding.table}`: {holding.title.lower()}"
    yield ""
    yield f"- **Purpose**: {holding.purpose}"
    yield f"- **Lawful basis**: {holding.basis.value}"
    yield f"- **Recipients**: {holding.recipients}"
    yield f"- **Retention**: {holding.retain.words(settings)}"
    yield f"- **Erasure**: {holding.erase.words}"
    if holding.whose is None:
        yield "- **In a person’s own copy**: no, because no row can be found by its person"
    yield ""
    yield "| column | what it is | in the person’s own copy |"
    yield "|---|---|---|"
    for name, column in holding.fields.items():
        shown = "no" if holding.whose is None else f"no: {column.withheld}" if column.withheld else "yes"
        yield f"| `{name}` | {column.label} | {shown} |"
    yield ""


def in_document(text: str) -> str:
    """What stands between the marks of a document."""
    return text.partition(BEGIN)[2].partition(END)[0].strip("\n")


def written_into(text: str, table: str) -> str:
    """The document with this table between its marks."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"
