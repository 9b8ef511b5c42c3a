"""Bytes that are kept beside the database."""

from typing import NewType
from uuid import UUID

BlobId = NewType("BlobId", UUID)
"""The service's own, so that no name of a client's ever is a path."""
