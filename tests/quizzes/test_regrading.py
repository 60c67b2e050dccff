"""When a key is wrong: the dry run is what happens, once, whole, and nobody loses what they were not meant to lose."""

import re
from collections.abc import Collection, MutableSequence
from datetime import date
from functools import partial
from html import unescape
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from elearn.audit.models import AuditEvent
from elearn.certificates.actions import issue_certificate
from elearn.certificates.holder import Holder
from elearn.certificates.models import Certificate, CertificateEvent
from elearn.extensions import db
from elearn.items.base import Item
from elearn.jobs.models import Job
from elearn.modules.actions import record_review
from elearn.modules.models import Completion
from elearn.quizzes import actions, queries, regrading, saving
from elearn.quizzes import paper as papers
from elearn.quizzes.marking import Ruled, mark_paper, under
from elearn.quizzes.models import Attempt, MarkChange, Ruling
from elearn.quizzes.regrading import Changed, Decision, apply_ruling, plan_ruling
from elearn.quizzes.rules import Mark, RulingKind
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.conftest import StatementCount
from tests.page import PageClient, new_browser
from tests.post import empty_post, mails
from tests.quizzes.posting import start_alike
from tests.quizzes.sitting import QUIZ, module_of, quiz_of, ready, sit, start, view
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import World

REASON = "The source was read wrongly; the guidance says otherwise."
VOID = Decision(RulingKind.VOID, reason=REASON)
FULL = Decision(RulingKind.FULL, reason=REASON)


def correct(alternative: str, *, lowers: bool = False) -> Decision:
    return Decision(RulingKind.CORRECT, alternative, REASON, lowers)


def accept(alternative: str) -> Decision:
    return Decision(RulingKind.ACCEPT, alternative, REASON)


# -- marking under rulings -------------------------------------------------------------------------------------------


def item_of(world: World) -> Item:
    found = quiz_of(world).items[0]
    assert isinstance(found, Item)
    return found


def other_option(item: Item) -> str:
    """An option that earns nothing."""
    return next(a.id for a in item.alternatives() if not item.points({"option": a.id}))


def key_of(item: Item) -> str:
    return next(a.id for a in item.alternatives() if item.points({"option": a.id}))


@pytest.mark.only_sqlite
@pytest.mark.parametrize(
    ("kinds", "right", "other", "nothing"),
    [
        ([], (1, 1), (0, 1), (0, 1)),
        (["void"], (0, 0), (0, 0), (0, 0)),
        (["full"], (1, 1), (1, 1), (1, 1)),
        (["correct"], (0, 1), (1, 1), (0, 1)),
        (["accept"], (1, 1), (1, 1), (0, 1)),
        (["void", "accept"], (1, 1), (1, 1), (0, 1)),
        (["void", "full"], (1, 1), (1, 1), (1, 1)),
        (["full", "void"], (0, 0), (0, 0), (0, 0)),
        (["accept", "correct"], (0, 1), (1, 1), (0, 1)),
        (["correct", "void"], (0, 0), (0, 0), (0, 0)),
    ],
)
def test_each_ruling_replaces_what_was_ruled_before(
    world: World, kinds: list[str], right: tuple[int, int], other: tuple[int, int], nothing: tuple[int, int]
) -> None:
    item = item_of(world)
    wrong = other_option(item)
    force = under(item, [Ruled(RulingKind(kind), wrong, REASON) for kind in kinds])
    for response, expected in (({"option": key_of(item)}, right), ({"option": wrong}, other), (None, nothing)):
        assert (force.points(response), force.possible) == expected


@pytest.mark.only_sqlite
def test_a_paper_of_void_items_alone_passes_nobody(world: World) -> None:
    item = item_of(world)
    rulings = {item.digest: [Ruled(RulingKind.VOID, "", REASON)]}
    assert mark_paper([(item, None)], rulings, 75) == Mark(0, 0, passed=False)


# -- a ruling --------------------------------------------------------------------------------------------------------


def rule(world: World, digest: str, decision: Decision, key: str = "once", persona: str = "educator") -> int:
    """Look at the dry run and apply it."""
    viewer = world.viewer(persona)
    with world.app.app_context(), writing():
        plan = plan_ruling(viewer, digest, decision)
        return apply_ruling(viewer, digest, decision, key=key, seen=plan.fingerprint, certified=())


def sat(world: World, right: int, persona: str = "learner") -> tuple[str, Item]:
    """An attempt with so many right answers, and the first item of its paper (right if `right` is not 0)."""
    ready(world, persona)
    attempt = sit(world, right=right, persona=persona)
    return attempt, view(world, attempt, persona).paper[0].item


def mark_of(world: World, attempt: str, persona: str = "learner") -> tuple[int | None, int, bool | None]:
    found = view(world, attempt, persona)
    return found.points, found.possible, found.passed


def is_done(world: World, attempt: str) -> bool:
    enrolment = view(world, attempt).enrolment_id
    with world.app.app_context():
        return (
            db.session.scalar(select(Completion.id).filter_by(enrolment_id=enrolment, step=f"quiz:{QUIZ}")) is not None
        )


def test_the_dry_run_is_what_happens_and_writes_nothing(world: World) -> None:
    attempt, item = sat(world, right=5)
    before = everything_in(world.app)
    with world.app.app_context():
        plan = plan_ruling(world.viewer("educator"), item.digest, FULL)
    assert everything_in(world.app) == before
    assert plan.changes == ()  # it was right already
    wrong = view(world, attempt).paper[7].item
    with world.app.app_context():
        [change] = plan_ruling(world.viewer("educator"), wrong.digest, FULL).changes
    assert (change.before, change.after, change.passes_now) == (Mark(5, 8, False), Mark(6, 8, True), True)
    assert rule(world, wrong.digest, FULL) == 1
    assert mark_of(world, attempt) == (6, 8, True)
    assert is_done(world, attempt)


def test_a_void_item_leaves_the_paper_and_may_lift_a_mark_over_the_pass_mark(world: World) -> None:
    attempt, _ = sat(world, right=6)
    assert mark_of(world, attempt) == (6, 8, True)
    failed, _ = sat(world, right=5, persona="other_learner")
    digests = {place.item.digest for place in view(world, failed, "other_learner").paper[5:]}
    for number, digest in enumerate(sorted(digests)):
        rule(world, digest, VOID, key=f"v{number}")
    assert mark_of(world, failed, "other_learner") == (5, 5, True)


def test_a_pass_is_never_lost_unless_that_is_asked(world: World) -> None:
    attempt, item = sat(world, right=6)
    assert rule(world, item.digest, correct(other_option(item))) == 1
    assert mark_of(world, attempt) == (5, 8, True)
    assert is_done(world, attempt)


def test_a_pass_is_lost_where_that_is_asked_and_the_quiz_opens_again(world: World) -> None:
    attempt, item = sat(world, right=6)
    assert rule(world, item.digest, correct(other_option(item), lowers=True)) == 1
    assert mark_of(world, attempt) == (5, 8, False)
    assert not is_done(world, attempt)


def test_a_certificate_keeps_its_ground_and_is_not_revoked(world: World) -> None:
    world.enrol("learner", *[s for s in world.steps_before("certificate") if s != f"quiz:{QUIZ}"])
    attempt = sit(world, right=6)
    item, learner, module = view(world, attempt).paper[0].item, world.viewer("learner"), module_of(world)
    with world.app.app_context(), writing():
        record_review(None, module, reviewer="Dr X", role="consultant", reviewed_on=date(2026, 11, 1))
        holder = Holder(learner.given_names, learner.family_name, learner.registration_number)
        issue_certificate(learner, module, world.app.extensions["elearn.settings"], holder.digest)
    client = new_browser(world.app)
    world.sign_in(client, "educator")
    seen = dry_run(client, item.digest, kind="correct", chosen=other_option(item), lowers="yes")
    assert "1 learner concerned has a certificate; none is revoked by this" in seen.page
    assert seen.apply(client).status_code == 303
    assert mark_of(world, attempt) == (5, 8, False)
    assert is_done(world, attempt)
    with world.app.app_context():
        happenings = db.session.scalars(select(CertificateEvent.happening)).all()
        assert [str(h) for h in happenings] == ["issued"]
        assert db.session.scalar(select(func.count(Certificate.id))) == 1


def test_twice_is_once(world: World) -> None:
    attempt, item = sat(world, right=5)
    wrong = view(world, attempt).paper[7].item
    with world.app.app_context():
        seen = plan_ruling(world.viewer("educator"), wrong.digest, FULL).fingerprint
    for changed in (1, 0):
        with world.app.app_context(), writing():
            assert (
                apply_ruling(world.viewer("educator"), wrong.digest, FULL, key="k", seen=seen, certified=()) == changed
            )
    with world.app.app_context():
        counts = [db.session.scalar(select(func.count(table.id))) for table in (Ruling, MarkChange)]
        jobs = db.session.scalar(select(func.count(Job.id)).where(Job.kind == regrading.TELL_JOB))
        events = db.session.scalars(select(AuditEvent).filter_by(kind="key ruled")).all()
        assert (counts, jobs) == ([1, 1], 1)
        assert [event.detail["marks"] for event in events] == [1]
        assert REASON not in repr([event.detail for event in events])
    assert item.digest != wrong.digest


def test_what_has_changed_since_the_dry_run_is_shown_first(world: World) -> None:
    attempt, _ = sat(world, right=5)
    wrong = view(world, attempt).paper[7].item
    with world.app.app_context():
        seen = plan_ruling(world.viewer("educator"), wrong.digest, VOID).fingerprint
    ready(world, "other_learner")
    with pytest.MonkeyPatch.context() as patch:  # the same paper for somebody else
        paper = view(world, attempt).paper
        patch.setattr(papers, "draw", lambda *_: paper)
        sit(world, right=5, persona="other_learner")
    before = everything_in(world.app)
    with world.app.app_context(), pytest.raises(Changed) as changed, writing():
        apply_ruling(world.viewer("educator"), wrong.digest, VOID, key="k", seen=seen, certified=())
    assert len(changed.value.plan.changes) == 2
    assert everything_in(world.app) == before


def test_an_open_attempt_is_marked_under_the_ruling_when_it_is_submitted(world: World) -> None:
    ready(world)
    attempt = start(world)
    paper = view(world, attempt).paper
    viewer = world.viewer("learner")
    with world.app.app_context(), writing():
        for number, place in enumerate(paper, start=1):
            saving.save_answer(viewer, attempt, number, place.item.forms_for(place.order, right=number <= 5)[0])
    answers = view(world, attempt).answers
    assert rule(world, paper[7].item.digest, FULL) == 0
    assert view(world, attempt).answers == answers
    with world.app.app_context(), writing():
        actions.submit_attempt(viewer, attempt)
    assert mark_of(world, attempt) == (6, 8, True)


def submit(world: World, attempt: str, persona: str) -> None:
    viewer = world.viewer(persona)
    with world.app.app_context(), writing():
        actions.submit_attempt(viewer, attempt)


def rule_late(world: World, digest: str, key: str) -> None:
    """Rule on what is there when the ruling's turn has come."""
    viewer = world.viewer("educator")
    with world.app.app_context(), writing():
        try:
            apply_ruling(viewer, digest, FULL, key=key, seen="", certified=())
        except Changed as other:
            apply_ruling(viewer, digest, FULL, key=key, seen=other.plan.fingerprint, certified=())


def test_a_ruling_and_a_submission_at_the_same_moment_miss_nothing(world: World) -> None:
    for round_number, persona in enumerate(("learner", "other_learner", "unconfirmed")):
        ready(world, persona)
        attempt = start_alike(world, persona)
        item = view(world, attempt, persona).paper[7].item

        at_once([partial(submit, world, attempt, persona), partial(rule_late, world, item.digest, f"r{round_number}")])
        assert mark_of(world, attempt, persona)[0] == 1


@pytest.mark.parametrize(
    ("decision", "fault"), [(correct("z"), "one of the options"), (accept(""), "one of the options")]
)
def test_an_alternative_that_is_none_is_refused(world: World, decision: Decision, fault: str) -> None:
    _, item = sat(world, right=5)
    before = everything_in(world.app)
    with world.app.app_context(), pytest.raises(ValueError, match=fault), writing():
        apply_ruling(world.viewer("educator"), item.digest, decision, key="k", seen="", certified=())
    assert everything_in(world.app) == before


@pytest.mark.parametrize("persona", ["learner", "other_learner", "unconfirmed"])
def test_nobody_but_educators_sees_or_rules(world: World, persona: str) -> None:
    _, item = sat(world, right=5)
    with world.app.app_context():
        with pytest.raises(NotFound):
            plan_ruling(world.viewer(persona), item.digest, VOID)
        with pytest.raises(NotFound):
            apply_ruling(world.viewer(persona), item.digest, VOID, key="k", seen="", certified=())


def test_the_learner_is_told_by_mail_and_on_the_result(client: PageClient, world: World) -> None:
    attempt, _ = sat(world, right=5)
    wrong = view(world, attempt).paper[7].item
    box = empty_post(world.app)
    rule(world, wrong.digest, FULL)
    [(_, text)] = mails(box)
    for words in ("from 5 of 8 to 6 of 8 points", "you have passed", REASON[:30], f"/attempts/{attempt}/result/"):
        assert words in text
    world.sign_in(client, "learner")
    page = client.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
    assert "Your mark was corrected on" in page
    assert "to 6 of 8 right." in page
    assert "Everyone has the points of this question since" in page
    assert "is withdrawn" not in page
    assert "everyone has its points" in page


def result_of(client: PageClient, world: World, attempt: str) -> str:
    world.sign_in(client, "learner")
    page = client.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
    return " ".join(page.split())


def test_a_pass_that_is_kept_is_told_without_contradiction(client: PageClient, world: World) -> None:
    attempt, item = sat(world, right=6)
    assert "6 of 8 right in attempt 1; 6 are needed." in result_of(client, world, attempt)
    rule(world, item.digest, correct(other_option(item)))
    page = result_of(client, world, attempt)
    told = "5 of 8 right in attempt 1. You passed before the mark was corrected, and you stay passed."
    assert told in page
    assert "are needed" not in page
    assert "This question was corrected on" in page
    assert "What the explanations below say against it is withdrawn." in page


def test_a_void_question_shows_the_answer_and_no_key(client: PageClient, world: World) -> None:
    attempt, item = sat(world, right=8)
    place = next(place for place in view(world, attempt).paper if place.item.digest == item.digest)
    rule(world, item.digest, VOID)
    page = result_of(client, world, attempt)
    assert "This question does not count since" in page
    assert "is withdrawn" not in page
    assert page.count("Your answer, and the best answer") == 7
    assert f"Your answer: {place.item.wording({'option': key_of(item)})}" in unescape(page)


# -- the pages -------------------------------------------------------------------------------------------------------


class DryRun:
    """What an educator sees before anything changes."""

    def __init__(self, address: str, page: str, fields: dict[str, str]) -> None:
        self.address, self.page, self.fields = address, page, fields

    def apply(self, client: PageClient):  # type: ignore[no-untyped-def]
        return client.send(f"{self.address}rule/", self.fields)


def dry_run(client: PageClient, digest: str, **fields: str) -> DryRun:
    address = f"/reports/items/{digest}/"
    response = client.send(f"{address}check/", {"reason": REASON, "lowers": "no", **fields})
    page = response.get_data(as_text=True)
    assert response.status_code == 200, page
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    hidden.pop("csrf_token", None)
    return DryRun(address, page, hidden)


def test_an_educator_rules_by_the_pages(client: PageClient, world: World) -> None:
    attempt, _ = sat(world, right=5)
    wrong = view(world, attempt).paper[7].item
    world.sign_in(client, "educator")
    assert wrong.id in client.get("/reports/items/").get_data(as_text=True)
    page = client.get(f"/reports/items/{wrong.digest}/").get_data(as_text=True)
    assert "Best answer" in page
    seen = dry_run(client, wrong.digest, kind="full")
    assert "Canary-Khan" in seen.page
    assert "5 of 8, not passed" in seen.page
    assert "6 of 8, passed" in seen.page
    assert mark_of(world, attempt) == (5, 8, False)
    assert seen.apply(client).status_code == 303
    assert mark_of(world, attempt) == (6, 8, True)
    assert "Everyone has its points" in client.get(f"/reports/items/{wrong.digest}/").get_data(as_text=True)
    assert seen.apply(client).status_code in (303, 409)
    assert mark_of(world, attempt) == (6, 8, True)


def test_the_pages_name_the_answer_and_the_quiz_in_words(client: PageClient, world: World) -> None:
    attempt, _ = sat(world, right=5)
    wrong = view(world, attempt).paper[7].item
    chosen = view(world, attempt).response_at(8)
    assert chosen is not None
    other = next(a for a in wrong.alternatives() if a.id == chosen["option"])
    world.sign_in(client, "educator")
    seen = dry_run(client, wrong.digest, kind="accept", chosen=other.id)
    assert f"Another answer is right as well ({other.words})" in unescape(seen.page)
    assert f"{quiz_of(world).title}, attempt 1" in unescape(seen.page)
    seen.apply(client)
    page = client.get(f"/reports/items/{wrong.digest}/").get_data(as_text=True)
    assert f"Another answer is right as well ({other.words})" in unescape(page)


# -- drawing ---------------------------------------------------------------------------------------------------------


class AsItStands(Random):
    """No luck: everything stays in its order."""

    def shuffle(self, x: MutableSequence[Any]) -> None:
        """Leave it."""


class FirstOfAll(Random):
    """One item comes first wherever it may."""

    def __init__(self, digest: str) -> None:
        super().__init__(0)
        self.digest = digest

    def shuffle(self, x: MutableSequence[Any]) -> None:
        """Put it first."""
        x.sort(key=lambda item: getattr(item, "digest", "") != self.digest)  # type: ignore[attr-defined]


@pytest.mark.only_sqlite
def test_void_items_are_drawn_only_where_there_are_not_enough_others(world: World) -> None:
    quiz = quiz_of(world)
    cell = quiz.blueprint[0]
    pool = [item for item in quiz.items if isinstance(item, Item) and item.objective == cell.objective]
    digests, spare = [item.digest for item in pool], len(pool) - cell.draw
    assert spare > 0

    def drawn(seen: Collection[str], void: Collection[str]) -> list[str]:
        paper = papers.draw(quiz, seen, AsItStands(), void)
        return [place.item.digest for place in paper if place.item.objective == cell.objective]

    assert drawn((), ()) == digests[: cell.draw]
    assert drawn((), digests[:spare]) == digests[spare:]
    seen = [item.id for item in pool[spare:]]
    assert drawn(seen, digests[:spare]) == digests[spare:], "one seen before is better than a void one"
    assert sorted(drawn((), digests)) == sorted(digests[: cell.draw]), "the paper keeps its length"


def test_a_new_paper_leaves_out_what_is_void_by_its_last_ruling(world: World, statements: StatementCount) -> None:
    _, item = sat(world, right=5)
    ready(world, "other_learner")

    def draws() -> set[str]:
        """What this person's first paper would hold, with this item first wherever it may be drawn."""
        with world.app.app_context(), pytest.raises(RuntimeError), writing():
            viewer, quiz = world.viewer("other_learner"), quiz_of(world)
            found = actions.start_attempt(viewer, module_of(world), quiz, FirstOfAll(item.digest))
            paper = queries.get_attempt(viewer, found).paper
            raise RuntimeError("nothing of this is kept")
        return {place.item.digest for place in paper}

    assert item.digest in draws()
    rule(world, item.digest, VOID)
    assert item.digest not in draws()
    statements.statements.clear()
    draws()
    assert sum("FROM rulings" in statement for statement in statements.statements) == 1
    rule(world, item.digest, FULL, key="again")
    assert item.digest in draws()


def test_an_educator_of_another_cohort_sees_no_name(client: PageClient, world: World) -> None:
    attempt, _ = sat(world, right=5)
    world.sign_in(client, "other_educator")
    seen = dry_run(client, view(world, attempt).paper[7].item.digest, kind="void")
    assert "A learner outside your cohorts" in seen.page
    assert "Canary-Khan" not in seen.page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose what is to be done"),
        ({"kind": "correct"}, "Choose the answer"),
        ({"kind": "accept", "chosen": "z"}, "Choose an answer from the list"),
        ({"kind": "void", "reason": "short"}, "Reason must be between 10 and 1,000 characters"),
        ({"kind": "void", "reason": "x" * 1001}, "Reason must be between 10 and 1,000 characters"),
    ],
)
def test_a_ruling_that_is_not_whole_is_told_in_words(
    client: PageClient, world: World, fields: dict[str, str], words: str
) -> None:
    _, item = sat(world, right=5)
    world.sign_in(client, "educator")
    response = client.send(f"/reports/items/{item.digest}/check/", {"reason": REASON, "lowers": "no", **fields})
    assert response.status_code == 422
    assert words in response.get_data(as_text=True)


def test_ruling_in_many_windows_changes_marks_once(app: Flask, world: World) -> None:
    attempt, _ = sat(world, right=5)
    wrong = view(world, attempt).paper[7].item
    windows = []
    for _ in range(6):
        client = new_browser(app)
        world.sign_in(client, "educator")
        client.token()
        windows.append(client)
    seen = dry_run(windows[0], wrong.digest, kind="full")
    answers = at_once([partial(seen.apply, window) for window in windows])
    assert {answer.status_code for answer in answers} <= {303, 409}
    assert mark_of(world, attempt) == (6, 8, True)
    with app.app_context():
        assert db.session.scalar(select(func.count(Ruling.id))) == 1
        assert db.session.scalar(select(func.count(MarkChange.id))) == 1
        assert db.session.scalars(select(Attempt.points)).all() == [6]
