"""`make bench`: the application's pages as shares of the floor, measured in rounds in turn.

Both servers run for the whole of it, started alike: granian, WSGI, 2 workers of 4 threads, on the loopback interface, their
output in a file. The application has its production settings: debug off, log level INFO, one JSON line for each request.
Only one of the two is asked at a time: floor, application, floor, application, ...
"""

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import run as run_command

from benchmarks.databases import DATABASES, database
from benchmarks.figures import Line, Round, as_json, summarise, table
from benchmarks.filling import LEARNERS, fill
from benchmarks.load import CONNECTIONS, UsedUp, WrongAnswers, press
from benchmarks.scenarios import FLOORS, SCENARIOS, SECONDS_TO_WARM_UP, Scene
from benchmarks.servers import BLOCKING_THREADS, ROOT, WORKERS, DidNotStart, serving
from elearn import create_app
from elearn.config import Settings
from elearn.schema import bring_up_to_date

LATEST = Path(__file__).with_name("latest.json")
ROUNDS, SECONDS = 5, 2
NO_WRK = "make bench needs wrk, which makes the load: sudo apt-get install wrk"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write `latest.json`; 1 where a bar is missed or an answer was wrong."""
    options = parse(arguments)
    if shutil.which("wrk") is None:
        print(NO_WRK, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are ended then, too
    try:
        lines = measure(options.database, options.scenario or list(SCENARIOS), options.rounds, options.seconds)
    except (WrongAnswers, UsedUp, DidNotStart) as fault:
        print(f"\nNothing was measured: {fault}", file=sys.stderr)
        return 1
    print(
        f"\nMedians of {options.rounds} rounds of {options.seconds} s with {CONNECTIONS} connections, no wrong answer.\n"
        f"{LEARNERS:,} learners; granian, {WORKERS} workers of {BLOCKING_THREADS} threads; quartiles of the rounds' ratios.\n"
    )
    print(table(lines))
    LATEST.write_text(as_json(lines), encoding="utf-8")
    return 1 if any(line.verdict.startswith("MISSED") for line in lines) else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--rounds", type=_at_least_one, default=ROUNDS)
    parser.add_argument("--seconds", type=_at_least_one, default=SECONDS, help="of load in each half of a round")
    parser.add_argument(
        "--scenario", choices=SCENARIOS, action="append", help="may be given several times; default: all"
    )
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def measure(kind: str, names: Sequence[str], rounds: int, seconds: int) -> list[Line]:
    """Serve floor and application, and measure the scenarios one after the other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="elearn-bench-")))
        scene, application = stack.enter_context(_application(kind, folder, seconds))
        floor = stack.enter_context(_floor(folder))
        print(f"The disk keeps a page in {median_fdatasync_ms(folder):.2f} ms (median fdatasync)")
        lines = []
        for name in names:
            done = list(_rounds(name, rounds, Servers(scene, floor, application, folder)))
            lines.append(_summary(name, kind, done))
    return lines


def _summary(name: str, kind: str, done: Sequence[Round]) -> Line:
    scenario = SCENARIOS[name]
    return summarise(name, kind, CONNECTIONS, done, scenario.bar, tail_counts=scenario.tail_counts)


def median_fdatasync_ms(folder: Path, times: int = 200) -> float:
    """What the disk takes to keep one page, in milliseconds: no durable write is faster."""
    taken = []
    with (folder / "fdatasync").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(b"\0" * 4096)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return 1000 * median(taken)


@dataclass(frozen=True)
class Servers:
    """Both servers by their ports, and what the application holds."""

    scene: Scene
    floor: int
    application: int
    folder: Path


def _rounds(name: str, rounds: int, servers: Servers) -> Iterator[Round]:
    """Ask floor and application in turn. A first round warms both up and does not count."""
    scenario, scene, folder = SCENARIOS[name], servers.scene, servers.folder
    floor_targets, targets = FLOORS[scenario.floor](), scenario.targets(scene)
    for number in range(rounds + 1):
        print(f"\r{name}: {f'round {number} of {rounds}' if number else 'warming up'} ", end="", flush=True)
        seconds = scene.seconds if number or scenario.once else max(scene.seconds, SECONDS_TO_WARM_UP)
        if scenario.once and number:
            targets = scenario.targets(scene)
        floor = press(servers.floor, floor_targets, seconds, folder)
        application = press(servers.application, targets, seconds, folder, once=scenario.once)
        if number:
            yield Round(floor, application)
    print(f"\r{name}: done           ")


@contextmanager
def _floor(folder: Path) -> Iterator[int]:
    environment = {"FLOOR_DB": str(folder / "floor.sqlite3")}
    run_command([sys.executable, "-m", "benchmarks.floor"], cwd=ROOT, env={**os.environ, **environment}, check=True)
    with serving("floor", ("benchmarks.floor:app",), environment, "/sign-in/1", folder) as port:
        yield port


@contextmanager
def _application(kind: str, folder: Path, seconds: int) -> Iterator[tuple[Scene, int]]:
    """The application with production's settings on a filled database, and its port."""
    with database(kind, folder) as address:
        environment = {
            "ELEARN_ENVIRONMENT": "production",
            "ELEARN_SECRET_KEY": secrets.token_hex(32),
            "ELEARN_DATABASE_URL": address,
            "ELEARN_INSTANCE_PATH": str(folder / "instance"),
            "ELEARN_BASE_URL": "https://localhost",
            "ELEARN_TRUSTED_HOSTS": '["127.0.0.1"]',
            "ELEARN_LOG_LEVEL": "INFO",
        }
        os.environ.update(environment)
        app = create_app(Settings())
        bring_up_to_date(app)
        print(f"Filling a {kind} database with {LEARNERS:,} learners")
        scene = Scene(app, fill(app), seconds)
        with serving("application", ("--factory", "elearn.cli:served_app"), environment, "/healthz", folder) as port:
            yield scene, port


if __name__ == "__main__":
    sys.exit(main())
