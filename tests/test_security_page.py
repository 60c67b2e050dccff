"""docs/security.md: every requirement once, no state without its ground, no link into nothing, and tables that are true."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

import elearn
from elearn.accounts.models import Person
from elearn.accounts.passwords import OF_THIS_SITE
from elearn.extensions import db
from elearn.shared.access import Access, access_of
from elearn.shared.transactions import writing
from tests.fresh import fresh_app
from tests.page import PageClient
from tests.shared.test_safe_methods import address, fill
from tests.test_access import ADMINISTRATOR, EDUCATOR, EVERYBODY, LEARNER, MATRIX, NOBODY, SIGNED_IN
from tests.world import World

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
STATES = ("tested", "by design", "not applicable", "not met")
# The requirements of OWASP ASVS 5.0.0 by section: those of level 1, then those of level 2.
STANDARD = """
1.1: |1 2, 1.2: 1 2 3 4 5|6 7 8 9, 1.3: 1 2|3 4 5 6 7 8 9 10 11, 1.4: |1 2 3, 1.5: 1|2, 2.1: 1|2 3, 2.2: 1 2|3,
2.3: 1|2 3 4, 2.4: |1, 3.2: 1 2|, 3.3: 1|2 3 4, 3.4: 1 2|3 4 5 6, 3.5: 1 2 3|4 5, 3.7: |1 2, 4.1: 1|2 3, 4.2: |1,
4.3: |1 2, 4.4: 1|2 3 4, 5.1: |1, 5.2: 1 2|3, 5.3: 1 2|, 5.4: |1 2 3, 6.1: 1|2 3,
6.2: 1 2 3 4 5 6 7 8|9 10 11 12, 6.3: 1 2|3 4, 6.4: 1 2|3 4, 6.5: |1 2 3 4 5, 6.6: |1 2 3, 6.8: |1 2 3 4,
7.1: |1 2 3, 7.2: 1 2 3 4|, 7.3: |1 2, 7.4: 1 2|3 4 5, 7.5: |1 2, 7.6: |1 2, 8.1: 1|2, 8.2: 1 2|3, 8.3: 1|,
8.4: |1, 9.1: 1 2 3|, 9.2: 1|2 3 4, 10.1: |1 2, 10.2: |1 2, 10.3: |1 2 3 4, 10.4: 1 2 3 4 5|6 7 8 9 10 11,
10.5: |1 2 3 4 5, 10.6: |1 2, 10.7: |1 2 3, 11.1: |1 2, 11.2: |1 2 3, 11.3: 1 2|3, 11.4: 1|2 3 4, 11.5: |1,
11.6: |1, 12.1: 1|2 3, 12.2: 1 2|, 12.3: |1 2 3 4, 13.1: |1, 13.2: |1 2 3 4 5, 13.3: |1 2, 13.4: 1|2 3 4 5,
14.1: |1 2, 14.2: 1|2 3 4, 14.3: 1|2 3, 15.1: 1|2 3, 15.2: 1|2 3, 15.3: 1|2 3 4 5 6 7, 16.1: |1,
16.2: |1 2 3 4 5, 16.3: |1 2 3 4, 16.4: |1 2 3, 16.5: |1 2 3, 17.1: |1, 17.2: |1 2 3 4, 17.3: |1 2
"""
LEVELS = {
    f"{section.strip()}.{number}": level
    for section, _, both in (part.partition(":") for part in STANDARD.split(","))
    for level, numbers in zip("12", both.split("|"), strict=True)
    for number in numbers.split()
}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAME = re.compile(r"\btest_\w+\b(?!\.py|/)")


@dataclass(frozen=True)
class Row:
    """One requirement as the page has it."""

    number: str
    subject: str
    level: str
    state: str
    how: str
    chapter: str

    @property
    def links(self) -> list[str]:
        """Where it leads."""
        return LINK.findall(self.how)

    @property
    def tests(self) -> list[str]:
        """The functions that it names; the targets of links are none."""
        return NAME.findall(re.sub(r"\]\([^)]*\)", "]", self.how))


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@cache
def rows() -> tuple[Row, ...]:
    found, chapter = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## V(\d+) ", line):
            chapter = heading[1]
        if re.match(r"\| V?\d+\.\d+\.\d+ \|", line):
            cells = cells_of(line)
            assert len(cells) == 5, f"{cells[0]} has not five cells: a | in a cell ends it"
            number, subject, level, state, how = cells
            found.append(Row(number.removeprefix("V"), subject, level, state, how, chapter))
    return tuple(found)


def test_the_standard_has_as_many_requirements_as_it_says() -> None:
    assert Counter(LEVELS.values()) == {"1": 70, "2": 183}


def test_every_requirement_of_both_levels_is_there_once_in_its_chapter() -> None:
    numbers = Counter(row.number for row in rows())
    assert sorted(LEVELS.keys() - numbers.keys()) == [], "not on the page"
    assert sorted(numbers.keys() - LEVELS.keys()) == [], "not in the standard, or of level 3"
    assert [number for number, times in numbers.items() if times > 1] == []
    assert len(rows()) == 253
    assert [row.number for row in rows() if row.chapter != row.number.partition(".")[0]] == []


def test_every_row_has_its_words_its_level_and_a_state() -> None:
    assert [row.number for row in rows() if not (row.subject and re.search(r"\w{2}", row.how))] == []
    assert [row.number for row in rows() if row.level != LEVELS.get(row.number)] == []
    assert [(row.number, row.state) for row in rows() if row.state not in STATES] == []


def test_the_counts_of_the_introduction_are_those_of_the_table() -> None:
    counted = Counter((row.state, row.level) for row in rows())
    wanted = [[state, *(str(counted[state, level]) for level in "12")] for state in STATES]
    wanted.append(["all", *(str(sum(1 for row in rows() if row.level == level)) for level in "12")])
    wanted = [[*line, str(int(line[1]) + int(line[2]))] for line in wanted]
    table = PAGE.read_text(encoding="utf-8").partition("| state | level 1 |")[2].splitlines()[2 : 2 + len(wanted)]
    assert [cells_of(line) for line in table] == wanted


def headings(path: Path) -> set[str]:
    """What a link into a document may name."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_link_leads_somewhere() -> None:
    dead = []
    for target in LINK.findall(PAGE.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        name, _, part = target.partition("#")
        path = (PAGE.parent / name).resolve() if name else PAGE
        if not path.exists() or ROOT not in (path, *path.parents) or (part and part not in headings(path)):
            dead.append(target)
    assert dead == []


@cache
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_test_that_is_named_is_in_a_file_that_its_row_links() -> None:
    missing, bare = [], []
    for row in rows():
        files = [PAGE.parent / link for link in row.links if re.search(r"tests/.*test_\w+\.py$", link)]
        known = frozenset[str]().union(*(functions(path) for path in files if path.exists()))
        missing += [(row.number, name) for name in row.tests if name not in known]
        if row.state == "tested":
            bare += [(row.number, path.name) for path in files if not functions(path) & set(row.tests)]
            bare += [(row.number, "no test")] * (not row.tests)
        elif row.state == "by design" and not row.links:
            bare.append((row.number, "no link"))
    assert missing == []
    assert bare == []


# -- what the page says besides --------------------------------------------------------------------------------------


def section(title: str) -> str:
    found = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert found, title
    return found


def test_the_page_names_the_words_that_no_password_is_built_from() -> None:
    named = section("Ways in").partition("the provider's name: ")[2].partition(".")[0]
    assert named.replace("\n", " ").split(", ") == list(OF_THIS_SITE)


BEGINS = {
    "accounts/factor_pages.py": {"login_user"},  # a passkey alone
    "accounts/security.py": {"start_sign_in"},  # whatever Flask-Security has let in: password, registering, login_user
}


def test_a_session_begins_where_the_page_says_and_nowhere_else() -> None:
    """And only these two write the session's token: the second goes on under a new one."""
    begins: dict[str, set[str]] = {}
    keys = set()
    for path in sorted(Path(elearn.__file__).parent.rglob("*.py")):
        name = path.relative_to(Path(elearn.__file__).parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                if called in ("login_user", "start_sign_in", "_login_user", "auth_token"):
                    begins.setdefault(name, set()).add(called)
            if isinstance(node, ast.Assign) and any("session[COOKIE_KEY]" in ast.unparse(t) for t in node.targets):
                keys.add(name)
    assert begins == BEGINS
    assert keys == {"accounts/security.py", "accounts/again.py"}
    ways = [cells_of(line)[0] for line in section("Ways in").splitlines() if line.startswith("| ")]
    assert [way.split()[0] for way in ways] == ["way", "password", *["password,"] * 3, "a", "registering"]


@pytest.mark.only_sqlite
def test_flask_security_opens_no_further_way(app: Flask) -> None:
    """Its other ways to sign in are switched off by their settings."""
    ways = ("PASSWORDLESS", "OAUTH_ENABLE", "TWO_FACTOR", "UNIFIED_SIGNIN", "WEBAUTHN", "RECOVERABLE", "CHANGEABLE")
    assert {way: app.config[f"SECURITY_{way}"] for way in ways} == dict.fromkeys(ways, False)


def test_an_account_is_in_no_new_database(tmp_path: Path) -> None:
    with fresh_app(tmp_path) as app, app.app_context():
        with writing():
            upgrade()
        assert db.session.scalars(db.select(Person.email)).all() == []


@pytest.mark.only_sqlite
def test_every_page_of_a_person_has_a_way_to_sign_out(app: Flask, client: PageClient, world: World) -> None:
    places = fill(world)[:1]
    without, shown = [], set()
    for persona in ("learner", "educator", "administrator"):
        world.sign_in(client, persona)
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or set()) or access_of(app, rule.endpoint) is Access.PUBLIC:
                continue
            with client.get(address(app, rule, places[0])) as response:
                if (response.status_code, response.mimetype) == (200, "text/html"):
                    shown.add(rule.endpoint)
                    has_way = 'action="/account/sign-out/"' in response.get_data(as_text=True)
                    without += [f"{rule.endpoint} as {persona}"] * (not has_way)
    assert len(shown) >= 40
    assert without == []


# -- who may do what -------------------------------------------------------------------------------------------------

WHO = {
    "anybody": EVERYBODY,
    "signed in": SIGNED_IN,
    "the learner": LEARNER,
    "holder, administrators": LEARNER | ADMINISTRATOR,
    "educators, administrators": EDUCATOR | {"other_educator"} | ADMINISTRATOR,
    "educators of the cohort": EDUCATOR,
    "administrators": ADMINISTRATOR,
    "the owner": NOBODY,  # nobody in the world of those tests owns one
    "nobody": NOBODY,
}


def table_of_access() -> Iterator[tuple[str, str]]:
    """Each part of the application that the table names, with who may enter it."""
    for line in section("Who may do what").partition("\nBy field")[0].splitlines():
        who, *rest = cells_of(line)
        if who in WHO:
            yield from ((view, who) for view in re.findall(r"`([\w.]+)`", rest[0]))


def test_the_table_of_access_is_that_of_the_tests() -> None:
    table = list(table_of_access())
    assert [view for view, times in Counter(view for view, _ in table).items() if times > 1] == []
    known, used, wrong = dict(table), set(), []
    for entry, allowed in MATRIX.items():
        endpoint = entry.partition(" ")[2]
        view = endpoint if endpoint in known else endpoint.partition(".")[0]
        used.add(view)
        if WHO.get(known.get(view, ""), frozenset({"?"})) != allowed:
            wrong.append((entry, known.get(view), sorted(allowed)))
    assert wrong == []
    assert set(known) - used == set()
