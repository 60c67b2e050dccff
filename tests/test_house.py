"""The rules of the house: layers, sizes, marks; and that each rule bites."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from elearn.shared.access import access_of

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "elearn"
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 60
SOURCES = sorted(path for path in HOUSE.rglob("*.py") if "migrations/versions" not in path.as_posix())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        yield name_of(path), ast.parse(path.read_text(encoding="utf-8"))


# -- layers ----------------------------------------------------------------------------------------------------------


def contracts() -> dict[str, str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports_command as main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package to plant breaches in."""
    kept_out = shutil.ignore_patterns("__pycache__", "content", "static", "*.html", "*.yaml", "*.svg")
    shutil.copytree(HOUSE, tmp_path / "elearn", ignore=kept_out)
    shutil.copytree(HOUSE / "content", tmp_path / "elearn/content", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


# contract, file, and the lines that are added to it
BREACHES = [
    ("features", "elearn/accounts/rules.py", "import elearn.modules.rules"),
    (
        "features",
        "elearn/modules/queries.py",
        "def late():\n    from elearn.quizzes import queries\n    return queries",
    ),
    ("features", "elearn/shared/clock.py", "from elearn.audit import actions"),
    ("features", "elearn/config.py", "from elearn.extensions import db"),
    ("features", "elearn/quizzes/views.py", "import elearn.cli"),
    ("features", "elearn/helpers/__init__.py", '"""A folder that nobody gave a place."""'),
    ("features", "elearn/utils.py", '"""A file that nobody gave a place."""'),
    ("factory", "elearn/learning/views.py", "from elearn import create_app"),
    ("factory", "elearn/shared/static.py", "def late():\n    import elearn\n    return elearn"),
    ("factory", "elearn/schema.py", "import elearn"),
    ("factory", "elearn/demonstration.py", "from elearn import create_app"),
    ("inside", "elearn/modules/rules.py", "from elearn.modules import models"),
    ("inside", "elearn/quizzes/queries.py", "def late():\n    from elearn.quizzes import actions\n    return actions"),
    ("inside", "elearn/cohorts/actions.py", "import elearn.cohorts.forms"),
    ("inside", "elearn/learning/helpers.py", '"""A file that nobody gave a place."""'),
    ("pure", "elearn/quizzes/rules.py", "from flask import g"),
    ("pure", "elearn/modules/rules.py", "from sqlalchemy import select"),
    ("pure", "elearn/items/base.py", "def late():\n    import wtforms\n    return wtforms"),
    ("no-request", "elearn/modules/actions.py", "from wtforms import Form"),
    ("no-request", "elearn/quizzes/queries.py", "import flask_login"),
    ("no-request", "elearn/cohorts/models.py", "from flask_wtf import FlaskForm"),
    ("no-sql-in-views", "elearn/modules/views.py", "from sqlalchemy import select"),
    ("no-sql-in-views", "elearn/cohorts/views.py", "def late():\n    from elearn.extensions import db\n    return db"),
    ("no-sql-in-views", "elearn/learning/forms.py", "import sqlalchemy"),
    ("siblings", "elearn/shared/canonical.py", "import elearn.shared.clock\n"),
]


def plant(tree: Path, file: str, lines: str) -> None:
    path = tree / file
    path.parent.mkdir(exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{lines}\n", encoding="utf-8")


def test_the_house_keeps_its_contracts(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(contracts())} kept, 0 broken." in done.stdout


@pytest.mark.parametrize(("contract", "file", "lines"), BREACHES)
def test_each_contract_bites(tree: Path, contract: str, file: str, lines: str) -> None:
    plant(tree, file, lines)
    if contract == "siblings":
        plant(tree, "elearn/shared/clock.py", "import elearn.shared.canonical")
    done = lint(tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contracts()[contract]} BROKEN" in done.stdout


def test_every_contract_has_a_breach_planted() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(contracts())


def test_below_views_nobody_knows_of_a_request() -> None:
    """Rules, models, queries, actions and tasks take what they need as arguments (design.md section 2)."""
    kinds = {"rules", "models", "queries", "actions", "tasks"}
    asked = [
        f"{name}:{alias.name}"
        for name, tree in trees()
        if Path(name).stem in kinds
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "flask"
        for alias in node.names
        if alias.name in {"request", "session", "g", "redirect", "abort", "flash", "render_template", "make_response"}
    ]
    assert asked == []


def test_features_have_no_folders_of_their_own() -> None:
    """The contracts name files by `elearn.feature.file`: what lies deeper would go unseen."""
    deep = [name_of(path) for path in SOURCES if len(path.relative_to(HOUSE).parts) > 2]
    assert deep == []


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


# -- sizes -----------------------------------------------------------------------------------------------------------


def test_files_are_short() -> None:
    long = {name_of(path): n for path in SOURCES if (n := len(path.read_text().splitlines())) > MOST_LINES}
    assert long == {}


def test_functions_are_short() -> None:
    long = {
        f"{name}:{node.name}": node.lineno
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_nothing_is_called_helper_manager_or_utils() -> None:
    bad = re.compile(r"(?i)(helpers?|managers?|utils?)$")
    names = [path.stem for path in SOURCES] + [
        node.name for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)
    ]
    assert [name for name in names if bad.search(name)] == []


# -- views -----------------------------------------------------------------------------------------------------------


def test_every_view_has_an_access_mark_and_says_what_it_is(app: Flask) -> None:
    for endpoint, view in app.view_functions.items():
        assert access_of(app, endpoint) is not None, f"{endpoint} has no access mark"
        if view.__module__.startswith("elearn."):
            assert (view.__doc__ or "").strip().endswith((".", "?", ")")), f"{endpoint} has no docstring"


def test_the_table_of_third_party_marks_names_what_is_there(app: Flask) -> None:
    assert set(app.extensions["elearn.access"]) == {
        endpoint for endpoint in app.view_functions if endpoint.startswith("security.")
    }


def decorators(function: ast.FunctionDef) -> list[str]:
    return [ast.unparse(decorator) for decorator in function.decorator_list]


def test_a_view_of_a_get_is_never_marked_as_one_that_writes() -> None:
    wrong = [
        f"{name}:{node.name}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and "commits" in decorators(node)
        and not any(".post(" in words for words in decorators(node))
    ]
    assert wrong == []


def test_marks_stand_in_the_order_that_works() -> None:
    """The route first, then who gets in, then the transaction: decorators apply from below."""
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and any("blueprint." in words for words in decorators(node)):
                kinds = ["route" if "blueprint." in w else w.partition("(")[0] for w in decorators(node)]
                if set(kinds) <= {"route", "allow", "commits", "needs_no_token"} and "allow" in kinds:
                    assert kinds.index("route") < kinds.index("allow"), f"{name}:{node.name}"
                    if "commits" in kinds:
                        assert kinds[-1] == "commits", f"{name}:{node.name}"


# -- the database ----------------------------------------------------------------------------------------------------


def test_only_one_place_commits() -> None:
    commits = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("commit", "begin")
        if ast.unparse(node.func.value).endswith(("session", "connection", "engine"))
    }
    assert commits == {"elearn/shared/transactions.py"}


# What is made of our own constants, never of what people typed.
SQL_OF_CONSTANTS = {
    "elearn/extensions.py",
    "elearn/shared/transactions.py",
    "elearn/schema.py",
    "elearn/migrations/env.py",
}


def test_no_sql_is_put_together_from_strings() -> None:
    """Text that is executed is a plain literal (C-S17)."""
    found = set()
    for name, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("text", "execute", "exec_driver_sql", "literal_column", "executescript"):
                argument = node.args[0]
                parts = [part for part in ast.walk(argument) if isinstance(part, ast.JoinedStr)]
                glued = isinstance(argument, ast.BinOp) and any(isinstance(p, ast.Constant) for p in ast.walk(argument))
                formatted = "format(" in ast.unparse(argument)
                if parts or glued or formatted:
                    found.add(name)
    assert found <= SQL_OF_CONSTANTS


def test_no_dangerous_loader_is_used() -> None:
    """C-S19: nothing that runs what it reads."""
    banned = re.compile(
        r"\bpickle\b|\bmarshal\b|\beval\(|(?<!\.)\bexec\(|render_template_string|yaml\.(unsafe_|full_)?load\("
    )
    found = {}
    for path in SOURCES:
        for line in path.read_text(encoding="utf-8").splitlines():
            if banned.search(line) and "SafeLoader" not in line:
                found[name_of(path)] = line.strip()
    assert found == {}


def test_scripts_write_words_and_never_markup_or_code() -> None:
    """ASVS 3.2.2: what came from people goes into a page as text; and nothing listens to other windows (3.5.5)."""
    banned = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|setHTML|document\.write|srcdoc"
        r"|\beval\(|new Function|set(Timeout|Interval)\([\"'`]|javascript:|(window|self|globalThis)\.(onmessage|addEventListener\([\"']message)"
    )
    scripts = sorted((ROOT / "frontend" / "js").glob("*.mjs"))
    assert len(scripts) >= 8
    assert {path.name: found[0] for path in scripts if (found := banned.search(path.read_text(encoding="utf-8")))} == {}


def test_only_the_cli_and_wsgi_make_an_application() -> None:
    makers = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "create_app"
    }
    assert makers == {"elearn/cli.py"}


def test_no_clock_is_read_but_ours() -> None:
    read = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and re.fullmatch(r"(datetime|date)\.(now|utcnow|today)", ast.unparse(node.func))
    }
    assert read == {"elearn/shared/clock.py"}
