"""Background work: keeping a document, so that it is made once; and exports of many certificates."""

import hashlib
from collections.abc import Iterator, Mapping

from flask import current_app

from elearn.accounts.queries import is_active_administrator
from elearn.certificates import actions, document, export, queries, search
from elearn.certificates.search import Found
from elearn.jobs.models import JobState
from elearn.jobs.queries import find_owner, list_jobs
from elearn.jobs.rules import Handler, Work
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.personal import StillInUse
from elearn.shared.transactions import writing

TELL_EVERY = 20


def keep_document(work: Work) -> dict[str, str]:
    """Make the document outside the write lock, then keep it. A certificate whose holder is erased needs none."""
    key = int(work.detail["certificate"])
    try:
        printable = queries.get_certificate_to_print(key).printable
    except NotFound:
        printable = None
    if printable is None:
        return {"document": "none: there is no holder to name"}
    pdf = document.render(printable)
    with writing():
        actions.keep_document(key, pdf)
    return {"document": "kept"}


def build_export(work: Work) -> dict[str, str | int]:
    """Make the file of an export, whole or not at all; made again from the start where a worker died over it."""
    sweep_exports()
    owner = find_owner(work.public_id)
    if owner is not None and not is_active_administrator(owner):
        return {"refused": "whoever asked for it is no administrator any more"}
    today = clock.today(current_app.extensions["elearn.settings"].time_zone)
    certificates = search.list_by_ids(work.detail["certificates"], today)
    path = export.path_of(current_app.instance_path, work.public_id)
    sha256, size = hashlib.sha256(), 0
    with export.whole_file(path) as file:
        for piece in export.zip_of(_telling(work, certificates), export.documents(current_app.app_context)):
            file.write(piece)
            sha256.update(piece)
            size += len(piece)
    work.progress(len(certificates), len(certificates))
    return {"certificates": len(certificates), "bytes": size, "sha256": sha256.hexdigest()}


def _telling(work: Work, certificates: list[Found]) -> Iterator[Found]:
    for done, certificate in enumerate(certificates):
        if done % TELL_EVERY == 0:
            work.progress(done, len(certificates))
        yield certificate


def sweep_exports() -> None:
    """Remove exports that are too old, and what dead workers left of unfinished ones."""
    export.sweep(current_app.instance_path)


def sweep_exports_of_erased() -> None:
    """Delete exports with a holder in them who is erased, and those whose job is gone. Raises StillInUse.

    An export that is just being made may hold such a name as well; so it is waited for.
    """
    for job in list_jobs(export.JOB):
        if queries.has_erased_holder(job.detail["certificates"]):
            if job.state is JobState.WAITING:
                raise StillInUse("an export is being made")
            export.path_of(current_app.instance_path, job.public_id).unlink(missing_ok=True)
    export.keep_only(current_app.instance_path, {job.public_id for job in list_jobs(export.JOB)})


HANDLERS: Mapping[str, Handler] = {actions.DOCUMENT_JOB: keep_document, export.JOB: build_export}
CHORES = (sweep_exports,)
