"""Exporting certificates: a ZIP of their PDFs with a manifest, made one PDF at a time."""

import hashlib
import os
import tempfile
import time
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO

from zipstream import ZIP_STORED, ZipStream

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.certificates import document, holder, queries
from elearn.certificates.rules import State
from elearn.certificates.search import Found
from elearn.jobs.actions import enqueue
from elearn.jobs.models import JobState
from elearn.jobs.queries import JobView
from elearn.shared.csv_export import csv_lines

JOB = "certificate export"
AT_ONCE = 200
MANIFEST = "manifest.csv"
HEADER = ("number", "name", "date", "state", "SHA-256")
KEPT_FOR = 24 * 3600  # seconds that a finished file is kept: it holds names
PART_KEPT_FOR = 600  # a worker that is alive writes more often
LONGEST_NAME = 60
PdfOf = Callable[[int], bytes | None]


def begin_export(administrator: Viewer, ids: Sequence[int]) -> str | None:
    """Note in the audit trail that so many certificates are exported. Of many, a job makes the file: gives its address id."""
    by_job = len(ids) > AT_ONCE
    audit.record("certificates exported", "certificates", administrator.id, count=len(ids), by_job=by_job)
    if not by_job:
        return None
    return enqueue(JOB, {"certificates": list(ids)}, administrator.id, total=len(ids))


def documents(context: Callable[[], AbstractContextManager[object]]) -> PdfOf:
    """How an export gets a PDF by a certificate's key: as it was kept, or made now; each in a short transaction of its own.

    There is none where the record is not as it was issued. `context` is `app.app_context`: a download goes on when the request and its transaction are long over.
    """

    def pdf_of(key: int) -> bytes | None:
        with context():
            if (kept := queries.find_document(key)) is not None:
                return kept
            held = queries.get_certificate_to_print(key)
        return document.render(held.printable) if held.printable is not None and held.public.unchanged else None

    return pdf_of


def zip_of(certificates: Iterable[Found], pdf_of: PdfOf) -> Iterator[bytes]:
    """The ZIP, piece by piece; one PDF is held at a time. A certificate whose holder is erased is in the manifest only."""
    archive = ZipStream(compress_type=ZIP_STORED)
    rows: list[tuple[str, str, str, str, str]] = []
    for certificate in certificates:
        pdf = None if certificate.is_erased else pdf_of(certificate.id)
        if pdf is not None:
            archive.add(pdf, file_name(certificate))
            yield from archive.file()
        digest = hashlib.sha256(pdf).hexdigest() if pdf is not None else ""
        issued = certificate.issued_on.isoformat()
        rows.append((certificate.shown_number, certificate.name, issued, certificate.state.value, digest))
    archive.add(b"".join(csv_lines(HEADER, rows)), MANIFEST)
    yield from archive.finalize()


def file_name(certificate: Found) -> str:
    """`khan-amina-ABCD-EFGH-JKMN-PQRS-T.pdf`: safe on every system, and the number makes it the only one.

    A document cannot show that it is revoked, replaced or expired, so its file says so: `...-revoked.pdf`.
    """
    name = plain(f"{certificate.family_name or ''} {certificate.given_names or ''}") or "certificate"
    state = "" if certificate.state is State.VALID else f"-{certificate.state.value}"
    return f"{name}-{certificate.shown_number}{state}.pdf"


def plain(text: str) -> str:
    """Words in small ASCII letters and digits with hyphens between; what has no such letter is left out."""
    words = "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in text).split()
    spelt = ["".join(c for c in holder.plain(word) if c.isascii()) for word in words]
    return "-".join(filter(None, spelt))[:LONGEST_NAME].strip("-")


def folder_of(instance: str) -> Path:
    """The folder of finished exports, which only this system user may read."""
    folder = Path(instance) / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def path_of(instance: str, public_id: str) -> Path:
    """Where a job's file lies when it is whole."""
    return folder_of(instance) / f"{public_id}.zip"


def find_file(instance: str, job: JobView) -> Path | None:
    """The whole file of a finished job; None before that, and after it is swept."""
    path = path_of(instance, job.public_id)
    return path if job.state is JobState.DONE and path.is_file() else None


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that is there whole or not at all: beside its place first, on the disk, and then renamed."""
    for leftover in path.parent.glob(f"{path.stem}.*.part"):
        leftover.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{path.stem}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def keep_only(instance: str, jobs: Collection[str]) -> None:
    """Remove finished files whose job is gone."""
    for path in folder_of(instance).glob("*.zip"):
        if path.stem not in jobs:
            path.unlink(missing_ok=True)


def sweep(instance: str) -> int:
    """Remove what dead workers left and files that are too old, and give how many."""
    removed, now = 0, time.time()
    for pattern, kept_for in (("*.part", PART_KEPT_FOR), ("*.zip", KEPT_FOR)):
        for path in folder_of(instance).glob(pattern):
            with suppress(FileNotFoundError):
                if now - path.stat().st_mtime > kept_for:
                    path.unlink()
                    removed += 1
    return removed


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
