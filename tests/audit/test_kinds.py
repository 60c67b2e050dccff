"""Every kind of event is in one list, and no event holds words of people (C-S13)."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

import elearn
from elearn.audit.kinds import EXPORTS, KINDS
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from tests.page import PageClient
from tests.test_access import MATRIX, Things, browser_of, things
from tests.world import PEOPLE, World

__all__ = ["things"]
SOURCE = Path(elearn.__file__).parent


def recorded() -> dict[str, set[str]]:
    """The kinds that the source gives to `audit.record`, by file and line; a name is looked up in its function."""
    found: dict[str, set[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _is_record(node.func):
                    found[f"{path.relative_to(SOURCE)}:{node.lineno}"] = _words(node.args[0], function)
    return found


def _is_record(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "record"
        and isinstance(function.value, ast.Name)
        and "audit" in function.value.id
    )


def _words(given: ast.expr, function: ast.FunctionDef) -> set[str]:
    if isinstance(given, ast.Constant):
        return {str(given.value)}
    if isinstance(given, ast.IfExp):
        return _words(given.body, function) | _words(given.orelse, function)
    if isinstance(given, ast.Name):
        assigned = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == given.id for target in node.targets)
        ]
        if assigned:
            return set().union(*(_words(value, function) for value in assigned))
    return {f"a kind that cannot be read from the source: {ast.dump(given)}"}


def test_every_event_that_the_code_records_is_of_a_kind_in_the_list() -> None:
    calls = recorded()
    assert len(calls) >= 30
    assert {place: kinds - KINDS.keys() for place, kinds in calls.items() if kinds - KINDS.keys()} == {}


def test_every_kind_in_the_list_is_recorded_somewhere() -> None:
    """Whoever filters the trail by a kind that nothing records would take its silence for peace."""
    assert set(KINDS) - set().union(*recorded().values()) == set()


def test_the_function_is_never_taken_out_of_its_module() -> None:
    """Under a name of its own, the test above would not see it."""
    for path in SOURCE.rglob("*.py"):
        assert not re.search(r"from elearn\.audit\.actions import", path.read_text(encoding="utf-8")), path


def test_there_are_at_least_25_kinds_that_the_code_records_and_the_issue_names_them() -> None:
    used = set().union(*recorded().values())
    assert len(used) >= 25
    named = {"signed in", "access denied", "certificates exported", "key ruled", "certificate issued"}
    assert used >= named | {"certificate revoked", "accommodation set", "content withdrawn", "cohort exported"}
    assert set(KINDS) >= {
        "administrator appointed",
        "people imported",
        "person erased",
        "retention done",
    }
    assert set(KINDS) >= EXPORTS


def test_kinds_are_words_for_people() -> None:
    for kind, meaning in KINDS.items():
        assert re.fullmatch(r"[a-z][a-z -]{4,58}[a-z]", kind), kind
        assert re.fullmatch(r"[A-Z].{8,}\.", meaning), kind


TYPED = "Zanarycanary"
TYPED_EMAIL = "zanary@example.net"
FREE = {
    "cohorts.create": {"name": TYPED, "module": "clinical-trials-rare-disease", "educators": "educator@example.org"},
    "cohorts.add_to_roster": {"people": f"{TYPED} <{TYPED_EMAIL}>"},
    "cohorts.appoint": {"educators": "other_educator@example.org"},
    "admin.review_now": {"reviewer": TYPED, "role": TYPED, "reviewed_on": "22/11/2026", "note": TYPED},
    "admin.revoke_now": {"reason": "wrong details", "note": TYPED},
    "admin.restore_now": {"note": TYPED},
    "withdrawals.change": {"reason": TYPED},
    "reported.answer": {"state": "answered", "answer": TYPED},
    "accounts.change_details": {"given_names": TYPED, "family_name": TYPED, "profession": "doctor"},
    "learning.save_reflection": {"learned": TYPED, "will_change": TYPED, "text": TYPED},
    "problems.send": {"words": TYPED},
}


def test_no_event_of_a_whole_journey_holds_a_name_an_address_or_typed_words(app: Flask, things: Things) -> None:
    """Every form of the application is sent by everybody, with canaries in what is typed."""
    browsers = {persona: browser_of(things.world, persona) for persona in (*PEOPLE, "anonymous")}
    for entry in sorted(entry for entry in MATRIX if entry.startswith("POST")):
        endpoint = entry.partition(" ")[2]
        typed = {**things.data(endpoint), **FREE.get(endpoint, {})}
        for persona in sorted(browsers, key=lambda name: name in ("learner", "administrator")):
            if "logout" not in endpoint:
                browsers[persona].send(things.address(app, endpoint), typed)
    with app.app_context():
        events = db.session.scalars(db.select(AuditEvent)).all()
        told = [f"{event.kind} {event.subject} {event.detail} {event.request_id}" for event in events]
    assert len({event.kind for event in events}) >= 20
    assert {event.kind for event in events} <= set(KINDS)
    names = {part for both in PEOPLE.values() for name in both for part in name.split("-")} | {
        TYPED,
        "zanary",
        "CANARY",
    }
    # As a whole word: an id made by chance may hold the letters of a short name.
    assert [line for line in told if "@" in line or any(re.search(rf"(?i)\b{name}\b", line) for name in names)] == []


# -- denials -----------------------------------------------------------------------------------------------------------


def denials(app: Flask) -> list[tuple[str, int | None]]:
    with app.app_context():
        asked = db.select(AuditEvent.subject, AuditEvent.actor_id).filter_by(kind="access denied")
        return [(row.subject, row.actor_id) for row in db.session.execute(asked)]


@pytest.mark.parametrize(
    ("persona", "count"), [("learner", 1), ("educator", 1), ("administrator", 0), ("suspended", 0)]
)
def test_sending_to_a_page_that_is_not_for_one_is_an_event(
    app: Flask, client: PageClient, world: World, persona: str, count: int
) -> None:
    world.sign_in(client, persona)
    client.send("/admin/certificates/export/", {"state": "nonsense"})
    assert denials(app) == [("page:admin.export_certificates", world.people[persona])] * count


def test_looking_at_it_is_not_and_neither_is_a_stranger(app: Flask, client: PageClient, world: World) -> None:
    client.send("/admin/certificates/export/")
    world.sign_in(client, "learner")
    assert client.get("/admin/people/").status_code == 404
    assert client.get("/admin/certificates/export/").status_code in (404, 405)
    assert denials(app) == []
