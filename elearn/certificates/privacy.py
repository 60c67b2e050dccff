"""What this feature holds about people: certificates, their holders, documents and notes; tries of names."""

from sqlalchemy import Select, or_, select

from elearn.certificates.models import (
    Certificate,
    CertificateDocument,
    CertificateEvent,
    CertificateHolder,
    CertificateNote,
    VerificationTry,
)
from elearn.certificates.rules import TRIES_KEPT
from elearn.modules.models import Enrolment
from elearn.shared.personal import Basis, Field, Goes, Holding, KeptFor, KeptWhile, Stays, Subject

INNER = "A number of the database without meaning outside it."
FOR_EVER = KeptWhile("Kept for ever, so that the number always answers.")
WITH_HOLDER = KeptWhile("Kept until the account is erased.")
PUBLIC = "everybody who has the number, without the holder"


def certificates_of(whom: Subject) -> Select[int]:
    """The keys of a person's certificates, also of those whose holder is erased already."""
    held = select(CertificateHolder.certificate_id).where(CertificateHolder.person_id.in_(whom.ids))
    earned = select(Enrolment.id).where(Enrolment.person_id.in_(whom.ids))
    return select(Certificate.id).where(or_(Certificate.id.in_(held), Certificate.enrolment_id.in_(earned)))


def _events_of(whom: Subject) -> Select[int]:
    return select(CertificateEvent.id).where(CertificateEvent.certificate_id.in_(certificates_of(whom)))


HOLDINGS = (
    Holding(
        model=Certificate,
        title="Your certificates",
        purpose="So that anybody can check a certificate.",
        basis=Basis.LEGITIMATE,
        recipients=PUBLIC,
        whose=lambda whom: Certificate.id.in_(certificates_of(whom)),
        fields={
            "id": Field("Number of the record"),
            "number": Field("Number"),
            "enrolment_id": Field("Number of the start of the module"),
            "edition": Field("Edition"),
            "module": Field("Module"),
            "issued_on": Field("Issued on"),
            "expires_on": Field("Valid until"),
            "record": Field("The public record"),
            "record_digest": Field("Mark of the record"),
            "holder_commitment": Field("Mark of the holder, which only the salt opens"),
            "created_at": Field("Made"),
        },
        erase=Stays(
            "The number, module, date and state stay, with a mark that only whoever has the document can open."
        ),
        retain=FOR_EVER,
    ),
    Holding(
        model=CertificateHolder,
        title="Your name on certificates",
        purpose="To print the certificate, and to match a name that a checker types.",
        basis=Basis.CONTRACT,
        recipients="the person, administrators; a checker who types the family name learns whether it matches",
        whose=lambda whom: CertificateHolder.person_id.in_(whom.ids),
        fields={
            "certificate_id": Field("Number of the record"),
            "person_id": Field("Number of the account", withheld=INNER),
            "given_names": Field("Given names as printed"),
            "family_name": Field("Family name as printed"),
            "registration_number": Field("Registration number as printed"),
            "salt": Field("Salt, as printed on the document"),
        },
        erase=Goes("Deleted. The certificate verifies on as “valid, holder’s details erased”."),
        retain=WITH_HOLDER,
    ),
    Holding(
        model=CertificateEvent,
        title="What happened to your certificates",
        purpose="To say whether a certificate is valid, and why not.",
        basis=Basis.LEGITIMATE,
        recipients=PUBLIC,
        whose=lambda whom: CertificateEvent.id.in_(_events_of(whom)),
        fields={
            "id": Field("Number of the event"),
            "certificate_id": Field("Number of the record"),
            "happening": Field("What"),
            "reason": Field("Reason, a code"),
            "note": Field("Earlier place of notes", withheld="It is empty: notes stand by themselves."),
            "actor_id": Field("Who did it", withheld="It may be about an administrator."),
            "at": Field("When"),
        },
        erase=Stays("Codes and dates."),
        retain=FOR_EVER,
    ),
    Holding(
        model=CertificateNote,
        title="Notes about your certificates",
        purpose="To tell the next administrator why a certificate was revoked or restored.",
        basis=Basis.LEGITIMATE,
        recipients="administrators",
        whose=lambda whom: CertificateNote.event_id.in_(_events_of(whom)),
        fields={"event_id": Field("Number of the event"), "note": Field("Note")},
        erase=Goes(),
        retain=WITH_HOLDER,
    ),
    Holding(
        model=CertificateDocument,
        title="Your certificates as documents",
        purpose="To give the same document each time.",
        basis=Basis.CONTRACT,
        recipients="the person, administrators",
        whose=lambda whom: CertificateDocument.certificate_id.in_(certificates_of(whom)),
        fields={
            "certificate_id": Field("Number of the record"),
            "sha256": Field("SHA-256 of the file"),
            "pdf": Field("The file", withheld="Open the certificate’s page to have it: it is the same file."),
            "made_at": Field("Made"),
        },
        erase=Goes(),
        retain=WITH_HOLDER,
    ),
    Holding(
        model=VerificationTry,
        title="Tries to match a name with a certificate",
        purpose="To limit guessing of names.",
        basis=Basis.LEGITIMATE,
        recipients="nobody",
        whose=None,
        fields={
            "id": Field("Number"),
            "network": Field("Network, as a keyed hash"),
            "at": Field("When"),
        },
        erase=Stays("It cannot be found by a person."),
        retain=KeptFor(TRIES_KEPT.days, "at", "it"),
    ),
)
