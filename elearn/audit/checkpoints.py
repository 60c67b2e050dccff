"""Signed checkpoints outside the database: whoever rewrites the chain, or cuts off its end, cannot rewrite these.

They are lines of JSON in one file that only grows. A line names the hash of the line before and is signed by a key that
lies beside the file; copies of the file and of the public key on another machine are what an auditor trusts most.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from elearn.audit.rules import Fault, Mark
from elearn.shared.canonical import canonical
from elearn.shared.locks import wait_for_file

FILE, SIGNING_KEY, PUBLIC_KEY, LOCK = "checkpoints.jsonl", "signing-key.pem", "public-key.pem", "lock"
LONGEST_LINE = 4096


@dataclass(frozen=True)
class Checkpoint:
    """The chain had the hash `root` at `sequence`, says whoever holds the key."""

    number: int
    sequence: int
    root: str
    at: str
    previous: str

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.at)

    @property
    def mark(self) -> Mark:
        """What it says of the chain."""
        return Mark(self.sequence, self.root)


# -- reading ---------------------------------------------------------------------------------------------------------


def read(file: bytes, key: Ed25519PublicKey | None) -> tuple[list[Checkpoint], list[Fault]]:
    """The checkpoints of a file that are good, and what is wrong with the others."""
    good: list[Checkpoint] = []
    faults: list[Fault] = []
    previous = ""
    lines = file.split(b"\n")
    if lines.pop():
        faults.append(Fault(0, "the last line of the checkpoints is not whole"))
    for number, line in enumerate(lines, start=1):
        checkpoint = _read_line(line, key)
        if checkpoint is None:
            faults.append(Fault(0, f"checkpoint {number} is not as it was signed"))
        elif (checkpoint.number, checkpoint.previous) != (number, previous):
            faults.append(Fault(checkpoint.sequence, f"checkpoint {number} does not follow the one before"))
        if checkpoint is not None:
            good.append(checkpoint)
        previous = sha256(line).hexdigest()
    return good, faults


def _read_line(line: bytes, key: Ed25519PublicKey | None) -> Checkpoint | None:
    try:
        told = json.loads(line)
        signature = told.pop("signature")
        checkpoint = Checkpoint(**told)
        if key is None or line != _line(checkpoint, signature):
            return None
        key.verify(bytes.fromhex(signature), canonical(told))
    except (ValueError, TypeError, AttributeError, KeyError, InvalidSignature):
        return None
    return checkpoint


def _line(checkpoint: Checkpoint, signature: str) -> bytes:
    if signature != signature.lower() or " " in signature:
        raise ValueError("a signature is written in one way only")
    return canonical({**asdict(checkpoint), "signature": signature})


def find_last(folder: Path) -> Checkpoint | None:
    """The last whole checkpoint, by its own words: `read` says whether they are true."""
    with suppress(FileNotFoundError), (folder / FILE).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_LINE))
        for line in reversed(file.read().split(b"\n")[:-1]):
            with suppress(ValueError, TypeError, AttributeError, KeyError):
                told = json.loads(line)
                told.pop("signature")
                return Checkpoint(**told)
    return None


# -- writing ---------------------------------------------------------------------------------------------------------


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder alone: of two makers of checkpoints, the second sees what the first has made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with wait_for_file(folder / LOCK):
        yield


def append(folder: Path, sequence: int, root: str, now: datetime) -> Checkpoint:
    """Add a checkpoint, on the disk when this returns. Call it inside `held`."""
    key, path = _signing_key(folder), folder / FILE
    whole = _whole_lines(path)
    lines = whole.split(b"\n")[:-1]
    previous = sha256(lines[-1]).hexdigest() if lines else ""
    checkpoint = Checkpoint(len(lines) + 1, sequence, root, now.isoformat(), previous)
    line = _line(checkpoint, key.sign(canonical(asdict(checkpoint))).hex()) + b"\n"
    with path.open("ab") as file:
        file.truncate(len(whole))  # a power cut may have left the beginning of a line, which never was a checkpoint
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)
    return checkpoint


def _whole_lines(path: Path) -> bytes:
    file = path.read_bytes() if path.exists() else b""
    return file[: file.rfind(b"\n") + 1]


# -- keys ------------------------------------------------------------------------------------------------------------


def public_key(folder: Path) -> str:
    """The public key as PEM; the pair is made at first use."""
    with held(folder):
        return _pem(_signing_key(folder).public_key())


def read_public_key(path: Path) -> Ed25519PublicKey | None:
    """The key of a PEM file; None where there is none."""
    try:
        found = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, Ed25519PublicKey) else None


def _pem(key: Ed25519PublicKey) -> str:
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, info).decode()


def _signing_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / SIGNING_KEY
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        private = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_whole(folder / PUBLIC_KEY, _pem(made.public_key()).encode(), 0o644)
        _write_whole(path, private, 0o600)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds no Ed25519 key")
    return key


def _write_whole(path: Path, content: bytes, mode: int) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
