"""An account as it is shown and changed."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from pydantic import Field

from application.changes import UNSET
from application.users.update_user import UpdateUser
from application.users.views import UserView
from domain.access import UserId
from domain.users import (
    MAX_FULL_NAME_LENGTH,
    MAX_USERNAME_LENGTH,
    MIN_USERNAME_LENGTH,
    USERNAME_PATTERN,
)
from entrypoints.http.conditional import etag_of
from entrypoints.http.schemas import Changes, Id, Line, Shape

Username = Annotated[
    Line,
    Field(
        min_length=MIN_USERNAME_LENGTH,
        max_length=MAX_USERNAME_LENGTH,
        description="Of a-z, 0-9, `_`, `.` and `-`; capitals are folded.",
        examples=["ada"],
        json_schema_extra={"pattern": USERNAME_PATTERN},
    ),
]
FullName = Annotated[Line, Field(max_length=MAX_FULL_NAME_LENGTH, examples=["Ada Lovelace"])]


class OwnChanges(Changes):
    """Only the fields that are present are changed."""

    username: Username = ""
    full_name: FullName | None = None

    def command(self, user_id: UserId, expected_versions: Collection[int] | None) -> UpdateUser:
        sent = self.model_fields_set
        return UpdateUser(
            user_id=user_id,
            username=self.username if "username" in sent else UNSET,
            full_name=self.full_name if "full_name" in sent else UNSET,
            expected_versions=expected_versions,
        )


class UserShape(Shape):
    id: Id
    email: str
    username: str
    full_name: str | None
    is_active: bool
    is_superuser: bool
    email_verified: bool
    roles: list[str]
    permissions: list[str]
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    version: int


def etag_of_user(user: UserView) -> str:
    """Roles may change what is shown without a change of the account."""
    return etag_of(user.version, sorted(user.permissions), str(user.last_login_at))
