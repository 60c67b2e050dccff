"""Exports: every PDF once, under a name of its own, with a list that matches the bytes; whole or not at all."""

import csv
import hashlib
import io
import os
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from flask import Flask

from elearn.accounts.queries import find_person_by_email
from elearn.certificates import export, search, tasks
from elearn.certificates.numbers import grouped
from elearn.certificates.rules import Happening, State
from elearn.certificates.search import Found
from elearn.extensions import db
from elearn.jobs import actions as jobs
from elearn.jobs.models import Job, JobState
from elearn.jobs.queries import get_job
from elearn.jobs.rules import LEASE
from elearn.jobs.runner import run_due
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.certificates.builders import DAY, issue, issue_many
from tests.world import World


def read_zip(data: bytes) -> tuple[dict[str, bytes], list[list[str]]]:
    """The files and the manifest's rows; `testzip` reads every checksum."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len({name.casefold() for name in names}), "every name is the only one of its kind"
        files = {name: archive.read(name) for name in names}
    manifest = files.pop("manifest.csv").decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(manifest, newline=""), strict=True)
    assert header == ["number", "name", "date", "state", "SHA-256"]
    return files, rows


def check(data: bytes) -> dict[str, bytes]:
    """Every row of the manifest names the digest of one file, which bears its number; every file has a row."""
    files, rows = read_zip(data)
    left = dict(files)
    for number, _name, _day, _state, sha256 in rows:
        if sha256:
            name = next(name for name in left if number in name)
            assert hashlib.sha256(left.pop(name)).hexdigest() == sha256
    assert not left
    return files


def zipped(app: Flask, ids: list[int]) -> bytes:
    with app.app_context():
        return b"".join(export.zip_of(search.list_by_ids(ids, DAY), export.documents(app.app_context)))


def test_two_people_of_one_name_and_names_of_all_kinds(app: Flask) -> None:
    people = [
        ("Amina", "Khan"),
        ("Amina", "Khan"),
        ("", "Sørensen"),
        ("丽", "王"),
        ("../..", "=cmd|'/C'!A1"),
        ("José", "O'Brien Łuc"),
    ]
    issued = [issue(app, given, family, kept=f"%PDF {n}".encode()) for n, (given, family) in enumerate(people)]
    files = check(zipped(app, [one.id for one in issued]))
    _, rows = read_zip(zipped(app, [one.id for one in issued]))
    shown = [grouped(one.number) for one in issued]
    assert list(files) == [
        f"khan-amina-{shown[0]}.pdf",
        f"khan-amina-{shown[1]}.pdf",
        f"sorensen-{shown[2]}.pdf",
        f"certificate-{shown[3]}.pdf",
        f"cmd-c-a1-{shown[4]}.pdf",
        f"o-brien-luc-jose-{shown[5]}.pdf",
    ]
    assert list(files.values()) == [f"%PDF {n}".encode() for n in range(len(people))]
    assert [row[1] for row in rows] == [
        "Amina Khan",
        "Amina Khan",
        "Sørensen",
        "丽 王",
        "../.. =cmd|'/C'!A1",
        "José O'Brien Łuc",
    ]


def test_a_name_that_could_be_a_formula_is_harmless_in_the_list(app: Flask) -> None:
    one = issue(app, "", "=1+1", kept=b"%PDF")
    _, rows = read_zip(zipped(app, [one.id]))
    assert rows[0][1] == "'=1+1"


def test_the_state_stands_in_the_list_and_in_the_name_of_the_file(app: Flask) -> None:
    good = issue(app, kept=b"%PDF good")
    bad = issue(app, kept=b"%PDF bad", happened=[Happening.REVOKED])
    files, rows = read_zip(zipped(app, [good.id, bad.id]))
    assert [(row[0], row[2], row[3]) for row in rows] == [
        (grouped(good.number), "2026-11-23", "valid"),
        (grouped(bad.number), "2026-11-23", "revoked"),
    ]
    assert list(files) == [f"khan-amina-{grouped(good.number)}.pdf", f"khan-amina-{grouped(bad.number)}-revoked.pdf"]


def test_a_missing_document_is_made_on_the_way_and_is_the_one_that_would_be_kept(app: Flask) -> None:
    one = issue(app)
    (pdf,) = check(zipped(app, [one.id])).values()
    assert pdf.startswith(b"%PDF-1.7")
    with app.app_context(), writing():
        jobs.enqueue("certificate document", {"certificate": one.id})
    run_due(app, tasks.HANDLERS)
    assert list(check(zipped(app, [one.id])).values()) == [pdf]


def test_an_erased_holder_is_in_the_list_only(app: Flask) -> None:
    one = issue(app, erased=True, kept=b"%PDF with a name")
    files, rows = read_zip(zipped(app, [one.id]))
    assert files == {}
    assert rows == [[grouped(one.number), "", "2026-11-23", "valid", ""]]


def test_one_pdf_is_held_at_a_time(app: Flask) -> None:
    """Each PDF is asked for only when the one before it has gone out whole."""
    issued = issue_many(app, 3)
    asked: list[int] = []

    def pdf_of(key: int) -> bytes:
        asked.append(key)
        return b"%PDF" + bytes([65 + len(asked)]) * 1000

    with app.app_context():
        certificates = search.list_by_ids([one.id for one in issued], DAY)
    sent = b""
    for piece in export.zip_of(certificates, pdf_of):
        sent += piece
        for letter in range(1, len(asked)):
            assert bytes([65 + letter]) * 1000 in sent
    assert asked == [one.id for one in issued]


def exporter(app: Flask) -> int:
    """The administrator who asks for exports."""
    with app.app_context():
        if (found := find_person_by_email("exporter@example.org")) is None:
            with writing():
                found = World.add_person("exporter", "Efua", "Mensah", administrator=True)
        return found.id


def ask(app: Flask, ids: list[int]) -> str:
    owner_id = exporter(app)
    with app.app_context(), writing():
        return jobs.enqueue(export.JOB, {"certificates": ids}, owner_id, total=len(ids))


def exports(app: Flask) -> Path:
    return export.folder_of(app.instance_path)


@pytest.fixture(autouse=True)
def empty_folder(app: Flask) -> None:
    for path in exports(app).iterdir():
        path.unlink()


def file_of(app: Flask, public_id: str) -> Path | None:
    with app.app_context():
        return export.find_file(app.instance_path, get_job(exporter(app), export.JOB, public_id))


def test_the_file_of_a_job_is_the_file_of_a_stream(app: Flask, noon: datetime) -> None:
    ids = [one.id for one in issue_many(app, 45)] + [issue(app, "Amina", "Khan", happened=[Happening.REVOKED]).id]
    public_id = ask(app, ids)
    assert file_of(app, public_id) is None
    assert run_due(app, tasks.HANDLERS) == 1
    path = file_of(app, public_id)
    assert path is not None
    assert read_zip(path.read_bytes()) == read_zip(zipped(app, ids))
    assert len(check(path.read_bytes())) == 46
    with app.app_context():
        job = get_job(exporter(app), export.JOB, public_id)
    assert (job.state, job.done, job.total) == (JobState.DONE, 46, 46)
    assert job.result == {
        "certificates": 46,
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    assert [p.name for p in exports(app).iterdir()] == [path.name], "nothing is left beside it"
    assert path.stat().st_mode & 0o077 == 0, "only this system user may read it"


class Killed(BaseException):
    """The worker is gone in the middle: nothing of it runs any more, not even what catches errors."""


def kill_after(monkeypatch: pytest.MonkeyPatch, pdfs: int) -> None:
    real = export.documents

    def documents(context: Callable[[], object]) -> Callable[[int], bytes | None]:
        made: list[int] = []

        def pdf_of(key: int) -> bytes | None:
            made.append(key)
            if len(made) > pdfs:
                raise Killed
            return real(context)(key)  # type: ignore[arg-type]

        return pdf_of

    monkeypatch.setattr(export, "documents", documents)


def test_a_job_whose_worker_was_killed_is_taken_again_and_its_file_is_whole(
    app: Flask, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [one.id for one in issue_many(app, 30)]
    public_id = ask(app, ids)
    with monkeypatch.context() as patch:
        kill_after(patch, 25)
        patch.setattr(Path, "unlink", lambda *_args, **_kwargs: None)  # a killed worker tidies nothing
        with pytest.raises(Killed):
            run_due(app, tasks.HANDLERS)
    (part,) = exports(app).iterdir()
    assert part.name.endswith(".part")
    assert part.stat().st_size
    with app.app_context():
        job = get_job(exporter(app), export.JOB, public_id)
    assert (job.state, job.done, file_of(app, public_id)) == (JobState.WAITING, 20, None)
    assert run_due(app, tasks.HANDLERS) == 0, "the dead worker's lease still runs"
    with clock.frozen_at(noon + LEASE):
        assert run_due(app, tasks.HANDLERS) == 1
    path = file_of(app, public_id)
    assert path is not None
    assert check(path.read_bytes()) == check(zipped(app, ids))
    assert list(exports(app).iterdir()) == [path], "what the dead worker left is swept"


def test_a_worker_killed_between_the_file_and_the_record_makes_it_again(
    app: Flask, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [one.id for one in issue_many(app, 3)]
    public_id = ask(app, ids)

    def killed(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "record_done", killed)
        with pytest.raises(Killed):
            run_due(app, tasks.HANDLERS)
    assert file_of(app, public_id) is None, "a file that no record speaks of is not offered"
    with clock.frozen_at(noon + LEASE):
        run_due(app, tasks.HANDLERS)
    path = file_of(app, public_id)
    assert path is not None
    assert len(check(path.read_bytes())) == 3


def test_an_export_that_fails_leaves_nothing_and_is_tried_again(
    app: Flask, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = ask(app, [one.id for one in issue_many(app, 3)])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError("disk full")))
        run_due(app, tasks.HANDLERS)
    assert list(exports(app).iterdir()) == []
    with app.app_context():
        job = db.session.scalars(db.select(Job).where(Job.public_id == public_id)).one()
        assert (job.state, job.last_error) == (JobState.WAITING, "OSError: disk full")


def test_old_files_and_orphans_are_swept_and_young_ones_stay(app: Flask) -> None:
    now = time.time()
    ages = {"a.x.part": 610, "b.x.part": 500, "c.zip": 86500, "d.zip": 86300}
    for name, age in ages.items():
        path = exports(app) / name
        path.write_bytes(b"x")
        os.utime(path, (now - age, now - age))
    assert export.sweep(app.instance_path) == 2
    assert {path.name for path in exports(app).iterdir()} == {"b.x.part", "d.zip"}


@pytest.mark.parametrize(
    ("family", "given", "state", "name"),
    [
        ("Khan", "Amina", State.VALID, "khan-amina-ABCD-EFGH.pdf"),
        ("Khan", "Amina", State.EXPIRED, "khan-amina-ABCD-EFGH-expired.pdf"),
        ("CON", "", State.VALID, "con-ABCD-EFGH.pdf"),
        ("x" * 80, "y" * 80, State.VALID, "x" * 60 + "-ABCD-EFGH.pdf"),
        ("a/b\\c:d", "..", State.VALID, "a-b-c-d-ABCD-EFGH.pdf"),
        (None, None, State.VALID, "certificate-ABCD-EFGH.pdf"),
    ],
)
def test_names_of_files(family: str | None, given: str | None, state: State, name: str) -> None:
    assert export.file_name(Found(1, "ABCDEFGH", 1, "m", date(2026, 1, 1), state, given, family)) == name
