"""`create_app()`: the table of contents. Only `cli.py` and `wsgi.py` import it."""

from pathlib import Path

import pysqlite3.dbapi2
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from elearn.accounts import again, security
from elearn.accounts import privacy as accounts_privacy
from elearn.accounts import tasks as account_tasks
from elearn.accounts.between import where_to
from elearn.accounts.data_pages import blueprint as data_pages
from elearn.accounts.denials import note_denial
from elearn.accounts.email_pages import blueprint as email_pages
from elearn.accounts.factor_pages import blueprint as factor_pages
from elearn.accounts.password_pages import blueprint as password_pages
from elearn.accounts.queries import may_receive_mail
from elearn.accounts.sign_in_pages import blueprint as sign_in_pages
from elearn.accounts.viewer import find_viewer
from elearn.accounts.views import blueprint as accounts_pages
from elearn.audit import privacy as audit_privacy
from elearn.audit import tasks as audit_tasks
from elearn.certificates import privacy as certificates_privacy
from elearn.certificates import tasks as certificate_tasks
from elearn.certificates.views import blueprint as certificates_pages
from elearn.cohorts import privacy as cohorts_privacy
from elearn.cohorts.actions import follow_email
from elearn.cohorts.views import blueprint as cohorts_pages
from elearn.config import Settings
from elearn.extensions import csrf, db, listen_to, migrate
from elearn.jobs import privacy as jobs_privacy
from elearn.jobs import worker
from elearn.learning import privacy as learning_privacy
from elearn.learning.problems import blueprint as problem_pages
from elearn.learning.views import blueprint as learning_pages
from elearn.mail import privacy as mail_privacy
from elearn.mail import tasks as mail_tasks
from elearn.modules import catalogue, current
from elearn.modules import privacy as modules_privacy
from elearn.modules.reference import blueprint as reference_pages
from elearn.modules.views import blueprint as modules_pages
from elearn.quizzes import privacy as quizzes_privacy
from elearn.quizzes import tasks as quiz_tasks
from elearn.quizzes.pretest import blueprint as pretest_pages
from elearn.quizzes.preview import blueprint as preview_pages
from elearn.quizzes.questions import blueprint as question_pages
from elearn.quizzes.questions import save_held
from elearn.quizzes.views import blueprint as quizzes_pages
from elearn.reports.admin import blueprint as admin_pages
from elearn.reports.data_protection import blueprint as data_protection_pages
from elearn.reports.erasing_pages import blueprint as erasing_pages
from elearn.reports.gain import blueprint as gain_pages
from elearn.reports.invited import blueprint as invited_pages
from elearn.reports.inviting import blueprint as inviting_pages
from elearn.reports.items import blueprint as items_pages
from elearn.reports.merging import blueprint as merging_pages
from elearn.reports.more_time import blueprint as more_time_pages
from elearn.reports.outbox import blueprint as outbox_pages
from elearn.reports.people import blueprint as people_pages
from elearn.reports.problems import blueprint as reported_pages
from elearn.reports.views import blueprint as reports_pages
from elearn.reports.withdrawals import blueprint as withdrawal_pages
from elearn.shared import (
    access,
    errors,
    logs,
    personal,
    responses,
    signals,
    signing,
    static,
    templating,
    transactions,
    uploads,
)
from elearn.shared.application import Application
from elearn.site import privacy as site_privacy
from elearn.site.complaints import blueprint as complaint_pages
from elearn.site.views import blueprint as site_pages

PAGES = (
    *(
        site_pages,
        complaint_pages,
        accounts_pages,
        data_pages,
        password_pages,
        email_pages,
        factor_pages,
        sign_in_pages,
    ),
    *(modules_pages, reference_pages, cohorts_pages),
    *(quizzes_pages, pretest_pages, question_pages, preview_pages, certificates_pages, learning_pages, problem_pages),
    *(reports_pages, gain_pages, items_pages, reported_pages, more_time_pages, withdrawal_pages, admin_pages),
    *(data_protection_pages, erasing_pages, people_pages, inviting_pages, invited_pages, merging_pages, outbox_pages),
)
# What each feature holds about people, in the order in which a person reads it in their own copy.
HOLDINGS = (
    *(*accounts_privacy.HOLDINGS, *modules_privacy.HOLDINGS, *quizzes_privacy.HOLDINGS, *learning_privacy.HOLDINGS),
    *(*certificates_privacy.HOLDINGS, *cohorts_privacy.HOLDINGS, *site_privacy.HOLDINGS, *mail_privacy.HOLDINGS),
    *(*jobs_privacy.HOLDINGS, *audit_privacy.HOLDINGS),
)
WITHOUT_PEOPLE = {
    **audit_privacy.WITHOUT_PEOPLE,
    **modules_privacy.WITHOUT_PEOPLE,
    **cohorts_privacy.WITHOUT_PEOPLE,
    **quizzes_privacy.WITHOUT_PEOPLE,
}
CLEANERS = (mail_tasks.sweep_files, certificate_tasks.sweep_exports_of_erased)


def create_app(settings: Settings | None = None) -> Flask:
    """The application, by the settings given or else by those of the environment."""
    settings = settings or Settings()
    app = Application(__name__, instance_path=str(settings.instance_path.resolve()), static_folder=None)
    configure(app, settings)
    logs.init_app(app, settings.log_level)
    signing.init_app(app)
    responses.init_app(app)
    transactions.init_app(app)
    init_database(app)
    csrf.init_app(app)
    templating.init_app(app)
    security.init_app(app)
    access.init_app(app, find_viewer, security.ACCESS, where_to)
    uploads.init_app(app)
    again.init_app(app)
    personal.init_app(app, HOLDINGS, WITHOUT_PEOPLE, CLEANERS)
    offer_modules(app, settings)
    current.init_app(app)
    mail_tasks.init_app(app, may_receive_mail)
    # The seals come last: they seal what the other chores have recorded.
    worker.init_app(
        app,
        {**certificate_tasks.HANDLERS, **quiz_tasks.HANDLERS, **mail_tasks.HANDLERS, **account_tasks.HANDLERS},
        (*certificate_tasks.CHORES, *quiz_tasks.CHORES, *account_tasks.CHORES, *mail_tasks.CHORES, *audit_tasks.CHORES),
    )
    signals.person_signed_in.connect(save_held, app)
    signals.access_denied.connect(note_denial, app)
    signals.email_changed.connect(follow_email)
    for pages in PAGES:
        app.register_blueprint(pages)
    errors.init_app(app)
    static.init_app(app)
    believe_proxies(app, settings.proxy_hops)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Hand Flask and its extensions what they read from the settings."""
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    app.extensions["elearn.settings"] = settings
    app.config |= {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "DEBUG": settings.debug,
        "TRUSTED_HOSTS": settings.trusted_hosts or None,
        "MAX_CONTENT_LENGTH": 256 * 1024,
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "MAX_FORM_PARTS": 200,
        "SESSION_COOKIE_NAME": settings.cookie_name,
        "SESSION_COOKIE_SECURE": settings.cookie_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SQLALCHEMY_DATABASE_URI": settings.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings),
        "WTF_CSRF_TIME_LIMIT": None,
    }


def believe_proxies(app: Flask, hops: int) -> None:
    """Believe the `X-Forwarded-*` headers of so many proxies in front, and of no more (C-S10)."""
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def engine_options(settings: Settings) -> dict[str, object]:
    """SQLite through the wheel with the mended library; PostgreSQL by psycopg.

    What people typed stays out of errors, and so out of the log.
    """
    if settings.sqlalchemy_url.startswith("sqlite"):
        return {"module": pysqlite3.dbapi2, "hide_parameters": True}
    return {"hide_parameters": True}


def init_database(app: Flask) -> None:
    """Bind the database, and tell its connections the rules."""
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(__file__).parent / "migrations"))
    with app.app_context():
        listen_to(db.engine)
        transactions.listen_to(db.engine)


def offer_modules(app: Flask, settings: Settings) -> None:
    """Read the modules' folders, once."""
    catalogue.init_app(app, [catalogue.load(folder) for folder in catalogue.folders(settings.content_path)])
