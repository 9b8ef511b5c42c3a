"""Keys from the server's one secret, and that secret itself in development."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIN_SECRET_LENGTH = 32


def derive_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256, RFC 5869). Keys for other purposes tell nothing of it,
    so that nothing signed for one can pass for another."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tessera/{purpose}".encode())
    return hkdf.derive(secret)


def load_or_create_secret(path: Path) -> str:
    """The secret kept in `path`; made there, for its owner's eyes only, where there is none.

    Of several processes that start at once all get the same. Raise `ValueError` where the file
    holds something too short to be one.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, secrets.token_urlsafe(48))
        # A link shows up whole or not at all, and never replaces another process's file.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return _load(path)


def _load(path: Path) -> str:
    secret = path.read_text(encoding="utf-8").strip()
    if len(secret) < MIN_SECRET_LENGTH:
        raise ValueError(f"{path} must hold a secret of at least {MIN_SECRET_LENGTH} characters")
    return secret


def _write(path: Path, secret: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
