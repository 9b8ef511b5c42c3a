"""Chance, from the operating system."""

import secrets

import attrs


@attrs.frozen
class SystemRandomBytes:
    def __call__(self, length: int) -> bytes:
        return secrets.token_bytes(length)
