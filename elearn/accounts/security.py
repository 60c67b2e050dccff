"""Flask-Security, set up for this application: which of its pages are used, and how its sessions end on the server."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import flask_login.utils
from flask import (
    Flask,
    Response,
    after_this_request,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import user_logged_in, user_logged_out
from flask_security import MailUtil, PasswordUtil, Security, SQLAlchemyUserDatastore, user_registered
from flask_security.confirmable import confirm_email_token_status, generate_confirmation_token
from flask_security.utils import hash_password
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from elearn.accounts import actions, again, guarding, letters, queries
from elearn.accounts.between import where_to
from elearn.accounts.entering import REGISTERED_ALREADY, GuardedRegisterForm, GuardedSignInForm, RegisteredAlready
from elearn.accounts.forms import WRONG_SIGN_IN
from elearn.accounts.limits import in_words
from elearn.accounts.models import Person
from elearn.accounts.passwords import normalised, why_refused
from elearn.accounts.rules import SHORTEST_PASSWORD
from elearn.accounts.stages import browser_in_words
from elearn.accounts.viewer import COOKIE_KEY, find_viewer, forget_viewer
from elearn.config import Settings
from elearn.extensions import db
from elearn.mail import actions as mail
from elearn.shared import signals
from elearn.shared.access import Access
from elearn.shared.forms import is_inside
from elearn.shared.transactions import commit_late, writing

# Every rule that Flask-Security adds, with who may use it; one that is not named here is refused.
ACCESS = {
    "security.login": Access.PUBLIC,
    "security.register": Access.PUBLIC,
    "security.logout": Access.SIGNED_IN,
    "security.verify": Access.NOBODY,
    "security.send_confirmation": Access.NOBODY,
    "security.confirm_email": Access.NOBODY,  # it writes on GET, and mail scanners follow links: accounts.confirm does it
    "security.static": Access.NOBODY,
}
CONFIRMATION = """Hello {name}

Please confirm that this e-mail address is yours:

{link}

The link opens a page with one button. It works for five days. You can learn before you confirm; your certificate waits
for it. If you did not register, ignore this message: nothing will happen.

{provider}
"""


class PeopleDatastore(SQLAlchemyUserDatastore):
    """Flask-Security's way to people, without roles: reach comes from rows of our own."""

    def create_user(self, **kwargs: Any) -> Person:
        """Add the person of a registration form, whose password is hashed already."""
        return actions.create_person(
            email=kwargs["email"],
            password_hash=kwargs["password"],
            given_names=kwargs["given_names"],
            family_name=kwargs["family_name"],
            profession=kwargs["profession"],
            registration_number=kwargs["registration_number"],
        )


class Judge(PasswordUtil):
    """Flask-Security's passwords are judged as all others (passwords.py)."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:  # noqa: ARG002
        """Why a password is refused, and the form of it that is kept."""
        near = [str(kwargs.get(name) or "") for name in ("given_names", "family_name", "email")]
        words = why_refused(password, [*near, current_app.extensions["elearn.settings"].provider_name])
        return ([words] if words else None), normalised(password)


class Post(MailUtil):
    """Flask-Security's mail goes the way of all our mail, as text."""

    def send_mail(self, *args: Any, **_kwargs: Any) -> None:
        """Write it."""
        _template, subject, recipient, _sender, body = args[:5]
        mail.send(recipient, subject, body or "")


def configure(app: Flask) -> None:
    """Say what we use of Flask-Security and in which words."""
    app.config |= {
        "SECURITY_URL_PREFIX": "/account",
        "SECURITY_LOGIN_URL": "/sign-in/",
        "SECURITY_LOGOUT_URL": "/sign-out/",
        "SECURITY_REGISTER_URL": "/register/",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/learning/",
        "SECURITY_POST_REGISTER_VIEW": "/learning/",
        "SECURITY_POST_LOGOUT_VIEW": "/",
        "SECURITY_REGISTERABLE": True,
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_CONFIRMABLE": True,
        "SECURITY_LOGIN_WITHOUT_CONFIRMATION": True,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
        "SECURITY_PASSWORD_LENGTH_MIN": SHORTEST_PASSWORD,
        "SECURITY_PASSWORD_NORMALIZE_FORM": "NFKC",
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_SALT": "not used by argon2, which salts each hash",
        # Of the address in a confirmation's signed link: its own, slow one would tell a new address from a known one.
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_DEPRECATED_HASHING_SCHEMES": [],
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_FLASH_MESSAGES": False,
        "SECURITY_CACHE_CONTROL": None,  # its own is written as `no-store=True`, which caches need not understand
        "SECURITY_MSG_INVALID_PASSWORD": (WRONG_SIGN_IN, "error"),
        "SECURITY_MSG_USER_DOES_NOT_EXIST": (WRONG_SIGN_IN, "error"),
        "SECURITY_MSG_DISABLED_ACCOUNT": ("This account is suspended. Ask your administrator", "error"),
        "SECURITY_MSG_EMAIL_NOT_PROVIDED": ("Enter your e-mail address", "error"),
        "SECURITY_MSG_INVALID_EMAIL_ADDRESS": ("Enter an e-mail address like name@example.org", "error"),
        "SECURITY_MSG_PASSWORD_NOT_PROVIDED": ("Enter your password", "error"),
        "SECURITY_MSG_EMAIL_ALREADY_ASSOCIATED": (REGISTERED_ALREADY, "error"),
    }


def init_app(app: Flask) -> None:
    """Bind Flask-Security and make its sessions end where ours end: on the server."""
    configure(app)
    datastore = PeopleDatastore(db, Person, None)  # type: ignore[arg-type]
    security = Security(
        app,
        datastore,
        register_form=GuardedRegisterForm,
        login_form=GuardedSignInForm,
        mail_util_cls=Post,
        password_util_cls=Judge,
        render_template=_page,  # type: ignore[arg-type]  # any answer of a view will do
        register_blueprint=True,
    )
    # Both would load the whole person on every request, /healthz included; we read the viewer in one statement instead.
    app.before_request_funcs[None].remove(security.principal._on_before_request)  # noqa: SLF001
    app.template_context_processors[None].remove(flask_login.utils._user_context_processor)  # noqa: SLF001
    stock = app.login_manager._user_callback  # type: ignore[attr-defined]  # noqa: SLF001
    app.login_manager.user_loader(  # type: ignore[attr-defined]
        lambda uniquifier: stock(uniquifier) if find_viewer() else None
    )
    app.jinja_env.globals["viewer"] = find_viewer
    app.before_request(_keep_next_inside)
    app.register_error_handler(actions.EmailTaken, _email_taken)
    app.register_error_handler(RegisteredAlready, _registered_already)
    app.register_error_handler(guarding.TooManyTries, _too_many_tries)
    user_logged_in.connect(_start_sign_in, app)
    user_logged_out.connect(_end_sign_in, app)
    user_registered.connect(_ask_to_confirm, app)


def _start_sign_in(app: Flask, user: Person) -> None:
    if old := session.get(COOKIE_KEY):
        actions.end_sign_in(old)
    device = browser_in_words(request.user_agent.string)
    session[COOKIE_KEY] = actions.start_sign_in(user, device=device, proven=g.pop("proven", False))
    guarding.forgive(user.email)
    guarding.remember_device(user.email)
    again.note_fresh()
    forget_viewer()
    if find_viewer() is None:  # the second step comes first, and what waits for the person waits on
        after_this_request(_lead_to_second_step)
    else:
        signals.person_signed_in.send(app)


def _lead_to_second_step(response: Response) -> Response:
    """Instead of the page that was wanted, open the one that asks for the second factor; it leads on."""
    led = where_to()
    if led is not None and response.location:
        response.location = f"{led[1]}?{urlencode({'next': response.location})}"
    return response


def _end_sign_in(_app: Flask, **_details: Any) -> None:
    if token := session.pop(COOKIE_KEY, None):
        actions.end_sign_in(token)
        commit_late()  # Flask-Security's sign-out view writes nothing of its own and so never commits
    session.clear()
    forget_viewer()


def _ask_to_confirm(_app: Flask, user: Person, **_details: Any) -> None:
    """Write the link in the transaction that makes the account."""
    send_confirmation(user)


def send_confirmation(person: Person) -> None:
    """Write the link by which a person shows that the address is theirs."""
    settings: Settings = current_app.extensions["elearn.settings"]
    link = settings.base_url.rstrip("/") + confirmation_address(person)
    text = CONFIRMATION.format(name=person.name, link=link, provider=settings.provider_name)
    mail.send(person.email, "Confirm your e-mail address", text, person_id=person.id)


def confirmation_address(person: Person) -> str:
    """The page that confirms a person's address, as the link in the mail names it."""
    return url_for("accounts.confirm", token=generate_confirmation_token(person))


def person_of_confirmation(token: str) -> Person | None:
    """The person whose link this is, or None where it is forged, too old, or the address has changed since."""
    expired, invalid, person = confirm_email_token_status(token)
    return person if isinstance(person, Person) and not expired and not invalid else None


def _page(template: str, **context: Any) -> ResponseReturnValue:
    """A page of Flask-Security; where it answers a post, the post could not be used."""
    page = render_template(template, **context)
    if seconds := g.get("seconds_to_wait"):
        return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)}
    return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if request.method == "POST" else page


def _keep_next_inside() -> None:
    """Forget a `next` that leads out of the site before Flask-Security reads it: its own check is laxer (C-S5)."""
    if request.blueprint == "security":
        request.args = _without_hostile_next(request.args)
        request.form = _without_hostile_next(request.form)


def _without_hostile_next(values: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    if all(is_inside(target) for target in values.getlist("next")):
        return ImmutableMultiDict(values)
    return ImmutableMultiDict([(key, value) for key, value in values.items(multi=True) if key != "next"])


def _registered_already(known: RegisteredAlready) -> ResponseReturnValue:
    """Do the work of a registration, and tell the owner of the address, and nobody else, that there is an account (B-5)."""
    address = known.person.email
    try:
        guarding.count_registration()
    except guarding.TooManyTries as wait:
        return _too_many_tries(wait)
    hash_password(address)
    with writing():
        person = queries.find_person_by_email(address)
        if person is not None and guarding.may_write_to(address):
            letters.tell_registered_already(person)
    return redirect(url_for("passwords.look_at_mail"), 303)


def _email_taken(_error: actions.EmailTaken) -> ResponseReturnValue:
    """Two posts of one registration at the same moment: the account is there already."""
    db.session.rollback()
    return redirect(url_for("passwords.look_at_mail"), 303)


def _too_many_tries(wait: guarding.TooManyTries) -> ResponseReturnValue:
    """Say how long to wait, where there is no form to say it on."""
    db.session.rollback()
    title, _, remedy = in_words(wait.seconds).partition(". ")
    page = render_template("errors/error.html", title=title, remedy=f"{remedy}.", request_id=g.get("request_id", ""))
    answer = make_response(page, HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(wait.seconds)
    return answer
