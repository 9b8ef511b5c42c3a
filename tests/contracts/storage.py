"""What a contract test asks of any storage, whichever technology it is."""

import attrs

from application.access.ports import ApiKeyReader, RoleReader
from application.attachments.ports import AttachmentReader
from application.audit.ports import AuditReader
from application.auth.ports import (
    CallerReader,
    CredentialsReader,
    MfaReader,
    RightsChanges,
    SessionReader,
)
from application.events.ports import EventReader
from application.idempotency.ports import KeptAnswerReader
from application.items.ports import ItemReader
from application.items.views import ItemView
from application.jobs.ports import JobQueue, JobReader, JobSignal
from application.unit_of_work import BeginUnitOfWork, HoldUnitOfWork
from application.users.own_data import OwnDataReader
from application.users.ports import UserReader
from tests.storing import store


@attrs.frozen(kw_only=True)
class Storage:
    """Holds the built-in roles and nothing else when a test begins."""

    begin: BeginUnitOfWork
    hold: HoldUnitOfWork
    kept_answers: KeptAnswerReader
    items: ItemReader
    item_events: EventReader[ItemView]
    attachments: AttachmentReader
    users: UserReader
    roles: RoleReader
    api_keys: ApiKeyReader
    sessions: SessionReader
    mfa: MfaReader
    audit: AuditReader
    own_data: OwnDataReader
    jobs: JobReader
    job_queue: JobQueue
    """Knows the chores of the tests."""
    job_signal: JobSignal
    credentials: CredentialsReader
    callers: CallerReader
    rights_changes: RightsChanges

    async def add(self, *entities: object) -> None:
        await store(self.begin, *entities)
