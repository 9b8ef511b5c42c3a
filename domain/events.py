"""What happened to something, for those who follow it."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

from domain.errors import TooMany

EventId = NewType("EventId", UUID)


class EventType(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    RESTORED = "restored"


class TooManyFollowers(TooMany):
    """You follow these events by as many connections as one account may have at a time. Close one,
    or wait for the seconds in `Retry-After`."""

    code = "too_many_connections"
    title = "Too many connections"
