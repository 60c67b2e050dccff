"""What this feature holds about people: accounts, sign-ins, ways to sign in, invitations."""

import secrets

from sqlalchemy import false, or_, select

from elearn.accounts.erasing_rules import ERASED_NAME, erased_address
from elearn.accounts.factor_models import AuthenticatorApp, Passkey, RecoveryCode, SpentChallenge
from elearn.accounts.guarding import account_key
from elearn.accounts.limits import GUESSES_KEPT
from elearn.accounts.models import Guess, Invitation, Merge, Person, SignIn
from elearn.accounts.rights_models import Erasure, ErasureRefusal
from elearn.accounts.rules import INVITATION_KEPT, Profession
from elearn.extensions import db
from elearn.shared.personal import (
    WITH_ACCOUNT,
    Basis,
    ErasedBy,
    Field,
    Goes,
    Holding,
    KeptFor,
    KeptWhile,
    Stays,
    Subject,
)

NOT_A_PASSWORD = "*"  # noqa: S105 - what no password hashes to
SECRET = "What somebody could sign in with stays secret, also in a copy."  # noqa: S105
INNER = "A number of the database without meaning outside it."
STAFF = "administrators"
PERSON_ONLY = "the person"


def _empty_people(subject: Subject) -> int:
    """Take out of the account, and of those merged into it, what tells who it was; the row stays as a mark."""
    rows = db.session.scalars(select(Person).where(Person.id.in_(subject.ids)).with_for_update()).all()
    for row in rows:
        row.email, row.password, row.fs_uniquifier = erased_address(row.id), NOT_A_PASSWORD, secrets.token_hex(16)
        row.given_names, row.family_name, row.registration_number = "", ERASED_NAME, ""
        row.profession, row.active, row.administrator = Profession.OTHER, False, False
        row.confirmed_at, row.last_signed_in_at, row.links_asked = None, None, 0
    db.session.flush()
    return len(rows)


HOLDINGS = (
    Holding(
        model=Person,
        title="Your account",
        purpose="To sign the person in, to write to them, and to print their certificates.",
        basis=Basis.CONTRACT,
        recipients="the person, administrators; educators of their cohorts see the name",
        whose=lambda whom: Person.id.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "public_id": Field("Number in addresses"),
            "email": Field("E-mail address"),
            "password": Field("Password, as a scrambled value that cannot be read back", withheld=SECRET),
            "fs_uniquifier": Field("Mark that ends sign-ins when it changes", withheld=SECRET),
            "active": Field("May sign in"),
            "confirmed_at": Field("Address confirmed"),
            "given_names": Field("Given names"),
            "family_name": Field("Family name"),
            "profession": Field("Profession"),
            "registration_number": Field("Registration number"),
            "administrator": Field("Is an administrator"),
            "links_asked": Field("Links asked for"),
            "created_at": Field("Account made"),
            "last_signed_in_at": Field("Last signed in"),
        },
        erase=ErasedBy(
            _empty_people,
            "Emptied: names, address, number and password go; a nameless mark stays, on which answers hang.",
        ),
        retain=KeptWhile(
            "Kept until it is erased: by the person, by an administrator, or by time as the settings for unconfirmed and "
            "idle accounts say."
        ),
    ),
    Holding(
        model=SignIn,
        title="Where you signed in",
        purpose="To end a session on the server, and to let the person see who is signed in as them.",
        basis=Basis.LEGITIMATE,
        recipients=PERSON_ONLY,
        whose=lambda whom: SignIn.person_id.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "token_hash": Field("Mark of the cookie, scrambled", withheld=SECRET),
            "person_id": Field("Number of the account", withheld=INNER),
            "started_at": Field("Signed in"),
            "ended_at": Field("Signed out"),
            "public_id": Field("Number in addresses"),
            "device": Field("Browser"),
            "seen_at": Field("Last used"),
            "proven_at": Field("Second step given"),
            "wrong_codes": Field("Wrong codes or passwords"),
        },
        erase=Goes("Deleted, which signs the person out everywhere."),
        retain=KeptFor("sign_ins_kept_days", "started_at", "they began"),
    ),
    Holding(
        model=Guess,
        title="Tries to sign in",
        purpose="To slow down whoever guesses passwords.",
        basis=Basis.LEGITIMATE,
        recipients="nobody",
        whose=lambda whom: Guess.account == account_key(whom.email),
        fields={
            "id": Field("Number", withheld=INNER),
            "account": Field("Address, as a keyed hash", withheld="It only marks the rows as one account’s."),
            "device": Field("Device, as a keyed hash", withheld="It only marks the rows as one device’s."),
            "network": Field("Network, as a keyed hash", withheld="It may be that of somebody else who guessed."),
            "way": Field("Where it was tried"),
            "at": Field("When"),
        },
        erase=Goes(),
        retain=KeptFor(GUESSES_KEPT.days, "at", "it"),
    ),
    Holding(
        model=AuthenticatorApp,
        title="Your authenticator app",
        purpose="To check the codes of the second step.",
        basis=Basis.LEGITIMATE,
        recipients=PERSON_ONLY,
        whose=lambda whom: AuthenticatorApp.person_id.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "person_id": Field("Number of the account", withheld=INNER),
            "sealed_secret": Field("Secret, sealed", withheld=SECRET),
            "last_counter": Field("Number of the last code", withheld=SECRET),
            "added_at": Field("Added"),
        },
        erase=Goes(),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=RecoveryCode,
        title="Your recovery codes",
        purpose="To let in whoever has lost their second step.",
        basis=Basis.LEGITIMATE,
        recipients=PERSON_ONLY,
        whose=lambda whom: RecoveryCode.person_id.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "person_id": Field("Number of the account", withheld=INNER),
            "code_hash": Field("Code, scrambled", withheld=SECRET),
            "made_at": Field("Made"),
            "used_at": Field("Used"),
        },
        erase=Goes(),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=Passkey,
        title="Your passkeys",
        purpose="To sign in without a password.",
        basis=Basis.LEGITIMATE,
        recipients=PERSON_ONLY,
        whose=lambda whom: Passkey.person_id.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "public_id": Field("Number in addresses"),
            "person_id": Field("Number of the account", withheld=INNER),
            "credential_id": Field("Name of the passkey for your device"),
            "public_key": Field("Public half of the passkey"),
            "sign_count": Field("Times used, as the device counts"),
            "name": Field("Name"),
            "added_at": Field("Added"),
            "used_at": Field("Last used"),
        },
        erase=Goes(),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=SpentChallenge,
        title="Passkey challenges that are spent",
        purpose="To let each answer of a passkey count once.",
        basis=Basis.LEGITIMATE,
        recipients="nobody",
        whose=None,
        fields={"challenge_hash": Field("Random challenge, as a hash"), "spent_at": Field("When")},
        erase=Stays("Tells of nobody."),
        retain=KeptFor(1, "spent_at", "they were answered"),
    ),
    Holding(
        model=Invitation,
        title="Invitations to your address",
        purpose="To let somebody make an account whom an administrator expects.",
        basis=Basis.LEGITIMATE,
        recipients=STAFF,
        whose=lambda whom: Invitation.email == whom.email,
        fields={
            "id": Field("Number", withheld=INNER),
            "public_id": Field("Number in addresses"),
            "email": Field("E-mail address"),
            "token_hash": Field("Link, scrambled", withheld=SECRET),
            "given_names": Field("Given names"),
            "family_name": Field("Family name"),
            "profession": Field("Profession"),
            "registration_number": Field("Registration number"),
            "administrator": Field("To be an administrator"),
            "cohort": Field("Cohort"),
            "educates": Field("To teach it"),
            "invited_by": Field("Who invited", withheld="It is about an administrator."),
            "invited_at": Field("Invited"),
            "expires_at": Field("Link worked until"),
        },
        erase=Goes(),
        retain=KeptFor(INVITATION_KEPT.days, "expires_at", "the link has ended"),
    ),
    Holding(
        model=Merge,
        title="Accounts of yours that were made one",
        purpose="To know that an emptied account is the person’s own.",
        basis=Basis.CONTRACT,
        recipients=STAFF,
        whose=lambda whom: or_(Merge.person_id.in_(whom.ids), Merge.into_id.in_(whom.ids)),
        fields={
            "person_id": Field("Number of the emptied account"),
            "into_id": Field("Number of the account that stayed"),
            "merged_by": Field("Who did it", withheld="It is about an administrator."),
            "at": Field("When"),
        },
        erase=Stays("Numbers only, of accounts that are emptied."),
        retain=KeptWhile("Kept as long as the service runs."),
    ),
    Holding(
        model=ErasureRefusal,
        title="Erasures that were refused",
        purpose="To keep what the law obliges us to keep, and to tell the person why.",
        basis=Basis.DUTY,
        recipients="the person, administrators",
        whose=lambda whom: ErasureRefusal.person_id.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "person_id": Field("Number of the account", withheld=INNER),
            "ground": Field("Ground"),
            "refused_by": Field("Who refused", withheld="It is about an administrator."),
            "at": Field("When"),
            "lifted_at": Field("No longer refused since"),
        },
        erase=Stays("A code and dates, beside a nameless account."),
        retain=KeptWhile("Kept as long as the service runs, to show what was decided."),
    ),
    Holding(
        model=Erasure,
        title="List of erasures",
        purpose="To erase again what a restored backup brings back.",
        basis=Basis.DUTY,
        recipients=STAFF,
        whose=lambda _whom: false(),  # who is in it has no account to ask from
        fields={
            "id": Field("Number"),
            "person_public_id": Field("Random number of the account"),
            "why": Field("Reason, a code"),
            "at": Field("When"),
        },
        erase=Stays("It is what says that somebody was erased; it names nobody."),
        retain=KeptWhile("Kept as long as backups are."),
    ),
)
