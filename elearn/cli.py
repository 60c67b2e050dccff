"""The `elearn` command."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from flask import Flask
from flask_security.utils import hash_password
from granian import Granian
from granian.constants import Interfaces

from elearn import create_app
from elearn.accounts import tasks as account_tasks
from elearn.accounts.actions import EmailTaken, create_person
from elearn.accounts.erasing import erase_again
from elearn.accounts.factors import take_all_away
from elearn.accounts.own_data import list_affected, note_copy, zip_of
from elearn.accounts.passwords import normalised, why_refused
from elearn.accounts.queries import find_person_by_email
from elearn.accounts.rules import SHORTEST_PASSWORD, Profession
from elearn.audit import checkpoints
from elearn.audit import queries as audit_queries
from elearn.audit import tasks as audit_tasks
from elearn.audit.verifying import Verdict, verify
from elearn.config import DEMONSTRATION_DATABASE, Settings
from elearn.content.schema import Coverage, Fact, FigureFile, ItemRecord, LessonFile, ModuleFile, QuizFile, Source, Term
from elearn.content.tracing import resting_on
from elearn.demonstration import SIGN_INS, fill
from elearn.items.single_best_answer import SingleBestAnswer
from elearn.jobs.worker import run_forever, run_now, start_embedded
from elearn.modules.catalogue import check_folder, folders, load
from elearn.schema import bring_up_to_date, differences, grants
from elearn.shared import clock
from elearn.shared.personal import register
from elearn.shared.register_table import table_of, written_into
from elearn.shared.transactions import writing

WORKERS, BLOCKING_THREADS = 2, 4
SHAPES = (ModuleFile, LessonFile, QuizFile, SingleBestAnswer, FigureFile, Source, Fact, Coverage, Term, ItemRecord)


@click.group()
def main() -> None:
    """Run and look after the CPD module. Settings come from ELEARN_... variables; docs/operations.md lists them."""


# -- serving ---------------------------------------------------------------------------------------------------------


def served_app() -> Flask:
    """The application as a server's worker runs it, with the background work inside."""
    app = create_app()
    start_embedded(app)
    return app


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=WORKERS, show_default=True, help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the application, background work included."""
    Granian(
        "elearn.cli:served_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


@main.command()
def worker() -> None:
    """Do the background work in a process of its own (for installations of many servers)."""
    run_forever(create_app())


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--only-fill", is_flag=True, help="Make the database and stop.")
@click.pass_context
def demo(context: click.Context, host: str, port: int, only_fill: bool) -> None:
    """Serve a demonstration with invented people, in a database of its own."""
    instance = Path(os.environ.get("ELEARN_INSTANCE_PATH", "instance")).resolve()
    os.environ |= {
        "ELEARN_DEMONSTRATION": "true",
        "ELEARN_INSTANCE_PATH": str(instance),
        "ELEARN_DATABASE_URL": f"sqlite:///{instance / DEMONSTRATION_DATABASE}",
        "ELEARN_COOKIE_SECURE": "false",
        "ELEARN_BASE_URL": f"http://{host}:{port}",
        "ELEARN_LOG_LEVEL": os.environ.get("ELEARN_LOG_LEVEL", "WARNING"),
    }
    app = create_app()
    bring_up_to_date(app)
    fill(app)
    click.echo(f"\nThe demonstration is on http://{host}:{port}/ (press Ctrl+C to stop)\n")
    for words, email, password in SIGN_INS:
        click.echo(f"  {words:<34} {email:<28} {password}")
    click.echo("")
    if not only_fill:
        context.invoke(serve, host=host, port=port)


# -- the database ----------------------------------------------------------------------------------------------------


@main.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date."""
    bring_up_to_date(create_app())
    click.echo("The schema is up to date.")


@db.command("check")
def db_check() -> None:
    """Compare models, migrations and triggers on an empty database; exit 1 where they differ."""
    with TemporaryDirectory() as folder:
        found = differences(create_app(Settings(instance_path=Path(folder), database_url="")))
    for words in found:
        click.echo(words)
    click.echo(f"{len(found)} differences between models, migrations and triggers")
    sys.exit(1 if found else 0)


@db.command("grants")
@click.argument("role")
def db_grants(role: str) -> None:
    """Print the SQL that lets ROLE run the application on PostgreSQL, and only add to the audit trail.

    The owner of the tables runs it after each upgrade: elearn db grants elearn_app | psql DATABASE
    """
    for statement in grants(role):
        click.echo(f"{statement};")


# -- the audit trail -------------------------------------------------------------------------------------------------


@main.group()
def audit() -> None:
    """The audit trail: its seals and its signed checkpoints."""


@audit.command("verify")
@click.option("--checkpoints", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--public-key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def audit_verify(file: Path | None, public_key: Path | None) -> None:
    """Find every sealed event that was changed, removed, inserted, reordered or cut off; exit 1 if any was.

    Give your own copies of the checkpoints and of the public key where you have them: then nobody with access to this
    machine can have changed those.
    """
    with create_app().app_context():
        folder, total = audit_tasks.folder(), audit_queries.find_head().sequence
        paths = file or folder / checkpoints.FILE, public_key or folder / checkpoints.PUBLIC_KEY
        with click.progressbar(length=total, label="Looking at seals", file=sys.stderr) as bar:
            verdict = verify(*paths, clock.now(), bar.update)
    _tell(verdict)
    sys.exit(1 if verdict.faults else 0)


def _tell(verdict: Verdict) -> None:
    for fault in verdict.faults:
        click.echo(str(fault))
    if verdict.more:
        click.echo(f"and {verdict.more} faults more")
    click.echo(f"{verdict.sealed} events are sealed; {verdict.waiting} are not sealed yet")
    if verdict.last is None:
        click.echo("There is no checkpoint.")
    else:
        made = clock.time_in_words(verdict.last.made_at)
        click.echo(f"{verdict.checkpoints} checkpoints, the last at seal {verdict.last.sequence}, {made} (UTC)")
    click.echo(f"{len(verdict.faults) + verdict.more} faults")


@audit.command("checkpoint")
def audit_checkpoint() -> None:
    """Seal what waits and sign how far the chain is, now."""
    with create_app().app_context():
        sealed = audit_tasks.seal_waiting()
        try:
            made = audit_tasks.make_checkpoint(even_if_unchanged=True)
        except audit_tasks.ChainChanged as changed:
            raise click.ClickException(str(changed)) from changed
    number, sequence = (made.number, made.sequence) if made else (0, 0)
    click.echo(f"{sealed} events sealed now; checkpoint {number} is at seal {sequence}.")


@audit.command("key")
def audit_key() -> None:
    """Print the public key that checkpoints are signed with; keep a copy of it elsewhere."""
    with create_app().app_context():
        click.echo(checkpoints.public_key(audit_tasks.folder()), nl=False)


# -- people ----------------------------------------------------------------------------------------------------------


@main.group()
def people() -> None:
    """People and their accounts."""


@people.command("create")
@click.option("--email", required=True)
@click.option("--given-names", default="")
@click.option("--family-name", required=True)
@click.option("--profession", type=click.Choice([p.value for p in Profession]), default=Profession.OTHER.value)
@click.option("--administrator", is_flag=True, help="May manage people, certificates and reviews.")
@click.password_option(help=f"At least {SHORTEST_PASSWORD} characters; asked for if not given.")
def people_create(
    email: str, given_names: str, family_name: str, profession: str, administrator: bool, password: str
) -> None:
    """Add a person, the first administrator for example, with a confirmed e-mail address."""
    app = create_app()
    if words := why_refused(
        password, [given_names, family_name, email, app.extensions["elearn.settings"].provider_name]
    ):
        raise click.ClickException(f"{words}.")
    with app.app_context():
        hashed = hash_password(normalised(password))
        try:
            with writing():
                create_person(
                    email=email,
                    password_hash=hashed,
                    given_names=given_names,
                    family_name=family_name,
                    profession=Profession(profession),
                    administrator=administrator,
                    confirmed_at=clock.now(),
                )
        except EmailTaken as taken:
            raise click.ClickException(f"There is a person with the e-mail address {taken} already.") from taken
    click.echo(f"{email} may sign in now.")


@people.command("reset-second-step")
@click.option("--email", required=True)
def people_reset_second_step(email: str) -> None:
    """Take app, passkeys and recovery codes from a person who has lost them. Make sure before that it is the person."""
    with create_app().app_context():
        with writing():
            person = find_person_by_email(email)
            if person is None:
                raise click.ClickException(f"There is no person with the e-mail address {email}.")
            take_all_away(person, None)
        click.echo(f"{email} signs in with the password alone next, and is signed out everywhere.")


# -- personal data ---------------------------------------------------------------------------------------------------


@main.group()
def privacy() -> None:
    """Personal data: the register, and what follows a restore or a breach."""


@privacy.command("register")
@click.option("--write", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def privacy_register(file: Path | None) -> None:
    """Print the register of personal data with the default periods, or write it between the marks of a document."""
    with create_app().app_context():
        table = table_of(register(), Settings.model_construct())
    if file is None:
        click.echo(table)
    else:
        file.write_text(written_into(file.read_text(encoding="utf-8"), table), encoding="utf-8")


@privacy.command("erase-again")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def privacy_erase_again(file: Path) -> None:
    """Erase whom a restored backup has brought back, by the list of erasures that was kept beside it."""
    app = create_app()
    with app.app_context():
        with writing():
            back = erase_again(account_tasks.read_list(file))
        run_now(app)
    click.echo(f"{back} accounts erased again.")


@privacy.command("copy")
@click.option("--email", required=True)
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), required=True)
def privacy_copy(email: str, file: Path) -> None:
    """Write somebody's own copy of their data to a file, for whoever asks by letter. Make sure before that it is they."""
    with create_app().test_request_context():
        person = find_person_by_email(email)
        if person is None:
            raise click.ClickException(f"There is no person with the e-mail address {email}.")
        made, person_id = zip_of(person), person.id
        with writing():
            note_copy(person_id, None)
    file.write_bytes(made)
    click.echo(f"{file} holds everything about {email}.")


@privacy.command("affected")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day, included.")
def privacy_affected(since: datetime, until: datetime) -> None:
    """List who did something between two days (UTC), and of what there are rows about them: for a breach."""
    with create_app().app_context():
        found = list_affected(since.replace(tzinfo=UTC), until.replace(tzinfo=UTC) + timedelta(days=1))
        for person in found:
            rows = ", ".join(f"{title.lower()} ({count})" for title, count in person.rows.items())
            click.echo(f"{person.public_id}\t{person.email}\t{person.name}\t{rows}")
    click.echo(f"{len(found)} people", err=True)


# -- content ---------------------------------------------------------------------------------------------------------


@main.group()
def content() -> None:
    """The module's own files."""


@content.command("check")
@click.argument("root", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
def content_check(root: Path | None) -> None:
    """Say file, line and remedy of everything that is wrong in the content; exit 1 if anything is."""
    checked = list(folders()) if root is None else sorted(path.parent for path in root.rglob("module.yaml"))
    problems = [(folder.name, problem) for folder in checked for problem in check_folder(folder)]
    for name, problem in problems:
        click.echo(f"{name}/{problem}")
    click.echo(f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


@content.command("facts")
@click.argument("fact")
def content_facts(fact: str) -> None:
    """List the sections, figures, items and terms that rest on a fact; exit 1 if no module has it."""
    known = [module for folder in folders() if fact in (module := load(folder)).facts]
    if not known:
        raise click.ClickException(f"No module has the fact {fact}. Facts have ids such as AD-61.")
    for module in known:
        told = module.facts[fact]
        volatile = ", volatile" if told.volatile else ""
        click.echo(f"{module.slug}, {fact} ({told.confidence}{volatile}, checked {told.checked}): {told.text}")
        for resting in resting_on(module, fact):
            click.echo(f"  {resting}")


@content.command("schema")
def content_schema() -> None:
    """Print the JSON Schema of each content file, for editors."""
    click.echo(json.dumps({shape.__name__: shape.model_json_schema() for shape in SHAPES}, indent=2))


if __name__ == "__main__":
    main()
