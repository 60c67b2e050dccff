"""Jobs: done once, tried again with patience, given up at last, and never lost with a worker."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from elearn.audit import actions as audit
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.jobs import actions
from elearn.jobs.models import Job, JobState
from elearn.jobs.queries import get_job
from elearn.jobs.rules import LEASE, MOST_TRIES, Claim, LeaseLost, Work
from elearn.jobs.runner import run_due
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing


def ask(app: Flask, kind: str = "greet", owner_id: int | None = None, **detail: object) -> str:
    with app.app_context(), writing():
        return actions.enqueue(kind, detail, owner_id)


def job_of(app: Flask, public_id: str) -> Job:
    with app.app_context():
        job = db.session.scalars(select(Job).where(Job.public_id == public_id)).one()
        db.session.expunge(job)
        return job


def claim(app: Flask, at: datetime) -> Claim | None:
    with app.app_context(), writing():
        return actions.claim_next(at)


def fail(_work: Work) -> None:
    raise OSError("no space left on the device")


def test_a_job_is_done_once_and_its_result_is_kept(app: Flask, noon: datetime) -> None:
    public_id, decoy = ask(app, who="Amina"), ask(app, kind="other")
    seen: list[str] = []

    def greet(work: Work) -> dict[str, str]:
        seen.append(work.detail["who"])
        return {"said": "hello"}

    assert run_due(app, {"greet": greet, "other": lambda _work: None}) == 2
    assert run_due(app, {"greet": greet}) == 0
    job = job_of(app, public_id)
    assert (seen, job.state, job.result, job.tries, job.leased_until) == (
        ["Amina"],
        JobState.DONE,
        {"said": "hello"},
        1,
        None,
    )
    assert job_of(app, decoy).result == {}


def test_a_job_of_a_transaction_that_failed_does_not_exist(app: Flask) -> None:
    def cause() -> None:
        with app.app_context(), writing():
            actions.enqueue("greet", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cause()
    assert run_due(app, {"greet": lambda _work: None}) == 0


def test_the_worker_hears_of_work_after_the_commit_and_not_before(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setitem(app.extensions, actions.HINT, lambda: heard.append("hint"))
    with app.app_context(), writing():
        actions.enqueue("greet", {})
        assert heard == []
    assert heard == ["hint"]


def test_a_handler_may_write_by_itself(app: Flask, noon: datetime) -> None:
    ask(app)

    def handler(_work: Work) -> None:
        with writing():
            audit.record("written by a handler", "test")

    run_due(app, {"greet": handler})
    with app.app_context():
        assert db.session.scalars(select(AuditEvent.kind)).all() == ["written by a handler"]


def test_a_failure_is_recorded_and_tried_again_later_and_later(app: Flask, noon: datetime) -> None:
    public_id = ask(app)
    now, waits = noon, []
    for _ in range(MOST_TRIES):
        with clock.frozen_at(now):
            assert run_due(app, {"greet": fail}) == 1
            assert run_due(app, {"greet": fail}) == 0, "not before it is due"
        job = job_of(app, public_id)
        waits.append((job.due_at - now).total_seconds() / 60)
        now = job.due_at
    assert waits == [2, 4, 8, 16, 32]
    job = job_of(app, public_id)
    assert (job.state, job.tries, job.last_error) == (JobState.FAILED, 5, "OSError: no space left on the device")
    with clock.frozen_at(now + timedelta(days=365)):
        assert run_due(app, {"greet": fail}) == 0, "a job that is given up stays so"


def test_a_job_that_fails_does_not_hold_up_the_next(app: Flask, noon: datetime) -> None:
    ask(app, kind="bad")
    good = ask(app)
    assert run_due(app, {"bad": fail, "greet": lambda _work: None}) == 2
    assert job_of(app, good).state is JobState.DONE


def test_a_kind_that_nobody_handles_is_an_error_of_the_job(app: Flask, noon: datetime) -> None:
    public_id = ask(app, kind="unheard of")
    run_due(app, {})
    assert job_of(app, public_id).last_error == "KeyError: 'unheard of'"


def test_what_a_database_says_of_its_rows_is_not_kept(app: Flask, noon: datetime) -> None:
    public_id = ask(app)

    def handler(_work: Work) -> None:
        raise IntegrityError("INSERT INTO people", {"name": "Amina Canary-Khan"}, Exception("Key (name)=(Amina)"))

    run_due(app, {"greet": handler})
    assert job_of(app, public_id).last_error == "IntegrityError"


def test_a_leased_job_is_nobody_elses_until_the_lease_runs_out(app: Flask, noon: datetime) -> None:
    public_id = ask(app)
    first = claim(app, noon)
    assert first is not None
    assert first.public_id == public_id
    assert claim(app, noon + LEASE - timedelta(seconds=1)) is None
    second = claim(app, noon + LEASE)
    assert second is not None
    assert (second.public_id, second.tries) == (public_id, 2)


@pytest.mark.parametrize(
    "tell",
    [
        lambda claimed: actions.record_done(claimed, {"by": "the one who lost it"}),
        lambda claimed: actions.record_failure(claimed, "too late"),
        lambda claimed: actions.record_progress(claimed, 1, 2),
    ],
)
def test_a_worker_that_lost_the_lease_records_nothing(
    app: Flask, noon: datetime, tell: Callable[[Claim], None]
) -> None:
    public_id = ask(app)
    first = claim(app, noon)
    claim(app, noon + LEASE)
    before = job_of(app, public_id)
    assert first is not None
    with app.app_context(), pytest.raises(LeaseLost), writing():
        tell(first)
    after = job_of(app, public_id)
    assert (after.state, after.result, after.done, after.last_error) == (JobState.WAITING, {}, 0, "")
    assert after.leased_until == before.leased_until


def test_a_handler_whose_job_another_took_is_stopped_and_its_result_is_not_kept(app: Flask, noon: datetime) -> None:
    public_id = ask(app)

    def slow(work: Work) -> dict[str, str]:
        with app.app_context():
            claim(app, noon + LEASE)
        work.progress(1, 2)
        raise AssertionError("progress tells the handler that it is too late")

    run_due(app, {"greet": slow})
    job = job_of(app, public_id)
    assert (job.state, job.tries, job.last_error) == (JobState.WAITING, 2, "")


def test_progress_is_seen_and_renews_the_lease(app: Flask, noon: datetime) -> None:
    public_id = ask(app)
    later = noon + LEASE - timedelta(seconds=1)

    def slow(work: Work) -> None:
        with clock.frozen_at(later):
            work.progress(3, 8)
        job = job_of(app, public_id)
        assert (job.done, job.total, job.leased_until) == (3, 8, later + LEASE)
        with app.app_context():
            assert claim(app, noon + LEASE) is None

    run_due(app, {"greet": slow})
    job = job_of(app, public_id)
    assert (job.state, job.last_error) == (JobState.DONE, "")


def test_a_job_that_kills_its_worker_five_times_is_given_up(app: Flask, noon: datetime) -> None:
    public_id, behind = ask(app), ask(app, kind="other")
    now = noon
    for _ in range(MOST_TRIES):
        claimed = claim(app, now)
        assert claimed is not None
        assert claimed.public_id == public_id
        now += LEASE
        with app.app_context(), writing():  # what waits behind it is left alone here
            db.session.execute(db.update(Job).where(Job.public_id == behind).values(due_at=now + timedelta(days=1)))
    assert claim(app, now) is None
    job = job_of(app, public_id)
    assert (job.state, job.last_error) == (JobState.FAILED, "The worker stopped in each of 5 tries")
    assert job_of(app, behind).state is JobState.WAITING


def test_the_job_that_waited_longest_is_taken_first(app: Flask, noon: datetime) -> None:
    ids = []
    for minutes in (1, 3, 2):
        with clock.frozen_at(noon - timedelta(minutes=minutes)):
            ids.append(ask(app))
    taken = [claimed.public_id for claimed in (claim(app, noon) for _ in ids) if claimed]
    assert taken == [ids[1], ids[2], ids[0]]


def test_two_workers_share_the_jobs_and_do_none_twice(app: Flask) -> None:
    wanted = {ask(app, number=number) for number in range(12)}
    done: list[str] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        run_due(app, {"greet": lambda w: done.append(w.public_id)})

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(wanted)
    assert {job_of(app, public_id).tries for public_id in wanted} == {1}


def test_only_its_owner_sees_a_job_and_only_as_what_it_is(app: Flask) -> None:
    public_id = ask(app, owner_id=7)
    with app.app_context():
        assert get_job(7, "greet", public_id).public_id == public_id
        for owner, kind in ((8, "greet"), (7, "other")):
            with pytest.raises(NotFound):
                get_job(owner, kind, public_id)
