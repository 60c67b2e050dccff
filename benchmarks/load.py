"""Load by wrk: sixteen connections, different learners' requests, every answer checked."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.figures import Measured

SCRIPT = Path(__file__).with_name("requests.lua")
CONNECTIONS = 16
SECONDS_TO_END = 20


class WrongAnswers(Exception):
    """A server answered something else than it should have under load; figures of wrong answers are worth nothing."""


class UsedUp(Exception):
    """There were fewer targets than requests, in a scenario that may ask each only once."""


@dataclass(frozen=True)
class Target:
    """One request, and what must be in its answer."""

    path: str
    cookie: str = ""
    form: Mapping[str, str] | None = None
    status: int = 200
    location: str = ""
    markers: tuple[str, ...] = ()

    @property
    def request(self) -> str:
        """The request as it is sent: GET, or POST where there is a form."""
        body = "" if self.form is None else urlencode(self.form)
        lines = [f"{'GET' if self.form is None else 'POST'} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        if self.form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", body])


def press(port: int, targets: Sequence[Target], seconds: int, folder: Path, *, once: bool = False) -> Measured:
    """Ask for the targets in turn. Raises WrongAnswers, UsedUp."""
    file = folder / "targets.lua"
    file.write_text(as_lua(targets), encoding="utf-8")
    connections = str(CONNECTIONS)
    # One thread for each connection: wrk does not say to which of several requests a response belongs.
    command = ["wrk", "-t", connections, "-c", connections, "-d", f"{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
    ended = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/", "--", str(file), connections, "once" if once else "again"],
        capture_output=True,
        text=True,
        timeout=seconds + SECONDS_TO_END,
        check=True,
    )
    return read(ended.stdout)


def read(output: str) -> Measured:
    """The figures in the last line of wrk's output. Raises WrongAnswers, UsedUp."""
    found = json.loads(output.strip().splitlines()[-1])
    if found["wrong"] or found["broken"] or not found["right"]:
        raise WrongAnswers(
            f"{found['wrong']} wrong, {found['broken']} broken, {found['right']} right: {found['example']}"
        )
    if found["used_up"]:
        raise UsedUp("more requests than targets that may be asked once")
    return Measured(found["right"] / found["seconds"], found["p50_ms"], found["p99_ms"])


def as_lua(targets: Sequence[Target]) -> str:
    """The targets as a Lua file that gives them as a table."""
    return "return {\n" + "".join(f"{_lua_target(target)},\n" for target in targets) + "}\n"


def _lua_target(target: Target) -> str:
    markers = ", ".join(_lua_string(marker) for marker in target.markers)
    location = f"location = {_lua_string(target.location)}, " if target.location else ""
    return f"{{request = {_lua_string(target.request)}, status = {target.status}, {location}markers = {{{markers}}}}}"


def _lua_string(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\r": "\\r", "\n": "\\n"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'
