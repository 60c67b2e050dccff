"""What the settings refuse, and that nothing secret is told."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from elearn import create_app
from elearn.config import DEVELOPMENT_SECRET, SHORTEST_SECRET, Environment, Settings, unknown_variables

SECRET = "c7a9 canary secret, random and long enough"
GOOD = {
    "ELEARN_ENVIRONMENT": "production",
    "ELEARN_SECRET_KEY": SECRET,
    "ELEARN_BASE_URL": "https://learn.example.org",
    "ELEARN_TRUSTED_HOSTS": '["learn.example.org"]',
    "ELEARN_DATABASE_URL": "postgresql://elearn:canary-password@db/elearn?sslmode=verify-full",
    "ELEARN_SMTP_URL": "smtp://elearn:canary-mail@mail:587",
}
# What is unsafe: the variable that says so, and the value that makes it so (None: not set).
UNSAFE = [
    ("ELEARN_DEBUG", "true"),
    ("ELEARN_DEMONSTRATION", "true"),
    ("ELEARN_SECRET_KEY", None),
    ("ELEARN_SECRET_KEY", DEVELOPMENT_SECRET),
    ("ELEARN_SECRET_KEY", "x" * (SHORTEST_SECRET - 1)),
    ("ELEARN_COOKIE_SECURE", "false"),
    ("ELEARN_REQUIRE_SECOND_FACTOR", "nobody"),
    ("ELEARN_DATABASE_URL", "sqlite:////srv/instance/demo.sqlite3"),
    *(
        ("ELEARN_DATABASE_URL", f"postgresql://elearn:canary@{rest}")
        for rest in (
            *("db/elearn", "db/elearn?sslmode=require", "db/elearn?sslmode=verify-ca", "db/elearn?sslmode=prefer"),
            *("192.0.2.7/elearn", "[2001:db8::1]:5432/elearn", "127.0.0.1.example.org/elearn", "/elearn?host=db"),
            *("/elearn?host=/run/postgresql,db", "/elearn?hostaddr=192.0.2.7", "/elearn?host=db:5432"),
            *("localhost/elearn?hostaddr=192.0.2.7", "/elearn?service=far"),
        )
    ),
    ("ELEARN_DATABASE_URL", "postgres://elearn@db/elearn"),
    ("ELEARN_DATABASE_URL", "postgresql+psycopg://elearn@db/elearn"),
    ("ELEARN_BASE_URL", "http://learn.example.org"),
    ("ELEARN_BASE_URL", None),
    ("ELEARN_TRUSTED_HOSTS", "[]"),
    ("ELEARN_TRUSTED_HOSTS", None),
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A good production, and no other variable of ours."""
    for name in unknown_variables():
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def put(environment: pytest.MonkeyPatch, name: str, value: str | None) -> None:
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)


def test_a_good_production_starts(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("ELEARN_INSTANCE_PATH", str(tmp_path))
    environment.delenv("ELEARN_DATABASE_URL")
    app = create_app()
    settings = app.extensions["elearn.settings"]
    assert settings.environment is Environment.PRODUCTION
    assert app.secret_key == SECRET
    assert app.config["TRUSTED_HOSTS"] == ["learn.example.org"]
    assert app.debug is False
    assert app.testing is False


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_production_refuses_each_unsafe_setting_and_names_it(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    put(environment, name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert name in str(refused.value)
    assert str(refused.value).count("ELEARN_") == 1


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_the_same_setting_is_allowed_in_development(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    environment.setenv("ELEARN_ENVIRONMENT", "development")
    put(environment, name, value)
    assert Settings().environment is Environment.DEVELOPMENT


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////srv/elearn.sqlite3",
        *("postgresql:///elearn", "postgresql://localhost/elearn", "postgresql://127.0.0.1:5432/elearn"),
        *(
            "postgresql://[::1]/elearn",
            "postgresql:///elearn?host=/run/postgresql",
            "postgresql:///elearn?host=@socket",
        ),
        "postgresql://elearn@db.example.org/elearn?sslmode=verify-full&sslrootcert=system",
    ],
)
def test_a_database_here_or_behind_checked_encryption_is_good_for_production(
    environment: pytest.MonkeyPatch, url: str
) -> None:
    environment.setenv("ELEARN_DATABASE_URL", url)
    assert Settings().environment is Environment.PRODUCTION


@pytest.mark.parametrize(("name", "value"), [("PGHOST", "db"), ("PGHOSTADDR", "192.0.2.7"), ("PGSERVICE", "far")])
def test_what_the_drivers_own_variables_say_of_the_database_counts_too(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv("ELEARN_DATABASE_URL", "postgresql:///elearn")
    environment.setenv(name, value)
    with pytest.raises(ValidationError, match="verify-full"):
        Settings()


def test_production_names_every_unsafe_setting_at_once(environment: pytest.MonkeyPatch) -> None:
    for name, value in UNSAFE:
        put(environment, name, value) if value else environment.delenv(name, raising=False)
    environment.setenv("ELEARN_DATABASE_URL", "sqlite:///demo.sqlite3")
    environment.setenv("ELEARN_SECRET_KEY", "short")
    with pytest.raises(ValidationError) as refused:
        Settings()
    for name in {name for name, _ in UNSAFE}:
        assert name in str(refused.value)


def test_no_application_is_made_of_unsafe_settings(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ELEARN_DEBUG", "1")
    with pytest.raises(ValidationError, match="ELEARN_DEBUG"):
        create_app()


def test_a_misspelt_variable_is_refused_in_production(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ELEARN_PROXY_HOP", "1")
    with pytest.raises(ValidationError, match="ELEARN_PROXY_HOP is no setting"):
        Settings()
    environment.setenv("ELEARN_ENVIRONMENT", "development")
    Settings()


def test_capitals_do_not_matter(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("elearn_proxy_hops", "2")
    assert Settings().proxy_hops == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ELEARN_ENVIRONMENT", "produktion"),
        ("ELEARN_DEBUG", "perhaps"),
        ("ELEARN_PROXY_HOPS", "-1"),
        ("ELEARN_PROXY_HOPS", "6"),
        ("ELEARN_TRUSTED_HOSTS", "learn.example.org"),
        ("ELEARN_LOG_LEVEL", "LOUD"),
        ("ELEARN_TIME_ZONE", "Europe/Atlantis"),
    ],
)
def test_a_wrong_value_is_refused_at_the_start(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValueError, match=name.removeprefix("ELEARN_").lower()):
        Settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().debug = True  # type: ignore[misc]


def test_nothing_secret_is_told(environment: pytest.MonkeyPatch) -> None:
    settings = Settings()
    for told in (repr(settings), str(settings), repr(settings.secret_key), f"{settings.secret_key}"):
        assert "canary" not in told
    environment.setenv("ELEARN_DEBUG", "true")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "canary" not in str(refused.value)
    assert "canary" not in json.dumps(refused.value.errors(include_input=False), default=str)
    for name in (*GOOD, "ELEARN_DEBUG"):
        environment.delenv(name)
    environment.setenv("ELEARN_ENVIRONMENT", "production")
    environment.setenv("ELEARN_SECRET_KEY", "canary")  # short enough for an error to quote it whole
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:////srv/x.sqlite3", "sqlite:////srv/x.sqlite3"),
    ],
)
def test_psycopg_is_named(url: str, wanted: str) -> None:
    assert Settings(environment=Environment.TEST, database_url=url).sqlalchemy_url == wanted


def test_the_file_lies_in_the_instance_folder(tmp_path: Path) -> None:
    settings = Settings(database_url="", instance_path=tmp_path)
    assert settings.sqlalchemy_url == f"sqlite:///{tmp_path / 'elearn.sqlite3'}"


def test_the_cookies_name_binds_it_to_the_host_where_it_can() -> None:
    assert Settings().cookie_name == "__Host-elearn"
    assert Settings(environment=Environment.TEST, cookie_secure=False).cookie_name == "elearn"
