"""All that is stored about an account, as its owner takes it along."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol, TypeAlias

import attrs

from domain.access import Actor, UserId

Section: TypeAlias = str


@attrs.frozen
class OwnRecord:
    """One row of a section, such as a key of `api_keys`."""

    section: Section
    values: Mapping[str, object]


class OwnDataReader(Protocol):
    @property
    def sections(self) -> tuple[Section, ...]:
        """All there are, in the order of the records, also those that hold nothing."""
        ...

    def stream(self, user_id: UserId) -> AsyncIterator[OwnRecord]:
        """As of one moment and in constant memory; never a secret, nor the hash of one."""
        ...


@attrs.frozen
class OwnData:
    sections: tuple[Section, ...]
    records: AsyncIterator[OwnRecord]


@attrs.frozen
class ExportOwnDataHandler:
    own_data: OwnDataReader

    def __call__(self, actor: Actor) -> OwnData:
        user_id = actor.require_owner()
        return OwnData(self.own_data.sections, self.own_data.stream(user_id))
