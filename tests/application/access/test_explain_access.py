"""Saying whether a user may do a thing, and why."""

from datetime import timedelta

import pytest

from adapters.memory.tables import OF_MEMBERS
from application.access.explain_access import (
    AccessExplanation,
    ExplainAccess,
    ExplainAccessHandler,
)
from application.auth.authenticate import EmailVerification
from domain.access import (
    ANONYMOUS,
    EVERY_PERMISSION,
    HELD_OVER_ONES_OWN,
    SYSTEM,
    NotAuthenticated,
    Permission,
    PermissionDenied,
)
from domain.api_keys import ApiKeyNotFound
from domain.users import UserNotFound
from tests.application.service import Service
from tests.builders import LATER, a_role, a_user, an_actor, an_api_key

READ = Permission.AUDIT_READ


async def explained(
    service: Service, user: str, permission: Permission = READ, api_key: str | None = None
) -> AccessExplanation:
    command = ExplainAccess(user=user, permission=permission, api_key=api_key)
    return await service[ExplainAccessHandler](command, SYSTEM)


async def test_names_each_role_that_grants_it(service: Service) -> None:
    readers = [a_role(permissions=frozenset({READ})) for _ in range(2)]
    await service.add(*readers, others := a_role())
    names = frozenset(role.name for role in [*readers, others])
    await service.add(ann := a_user(roles=names))

    yes = await explained(service, ann.email)

    assert yes.allowed
    assert set(yes.granted_by) == {f"the role {role.name}" for role in readers}
    assert yes.refused_by == ()
    assert (yes.user, yes.permission, yes.api_key, yes.remark) == (ann.email, READ, None, None)


async def test_says_no_where_nothing_grants_it(service: Service) -> None:
    await service.add(ann := a_user())

    for name in (ann.email, ann.username, str(ann.id)):
        no = await explained(service, name)
        assert (no.allowed, no.granted_by, no.refused_by) == (False, (), ())


async def test_says_what_holds_over_ones_own(service: Service) -> None:
    await service.add(ann := a_user())

    for permission in EVERY_PERMISSION - OF_MEMBERS:
        no = await explained(service, ann.email, permission)
        assert not no.allowed
        assert (no.remark is not None) == (permission in HELD_OVER_ONES_OWN)


async def test_a_superuser_may_do_everything(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True))

    yes = await explained(service, root.email)

    assert (yes.allowed, yes.granted_by) == (True, ("being a superuser",))


async def test_who_may_not_act_may_do_nothing(service: Service) -> None:
    gone = a_user(is_superuser=True, is_active=False, deleted_at=LATER)
    await service.add(asleep := a_user(is_superuser=True, is_active=False), gone)

    no = await explained(service, asleep.email)
    assert (no.allowed, no.granted_by) == (False, ("being a superuser",))
    assert no.refused_by == ("the account is inactive",)
    no = await explained(service, gone.email)
    assert no.refused_by == ("the account is deleted", "the account is inactive")


async def test_the_unverified_may_do_nothing_where_verification_is_asked_for(
    service: Service,
) -> None:
    await service.add(root := a_user(is_superuser=True, email_verified=False))
    assert (await explained(service, root.email)).allowed
    service.use(EmailVerification, EmailVerification(is_required=True))

    no = await explained(service, root.email)
    assert (no.allowed, no.refused_by) == (False, ("the email address is not verified",))


async def test_a_key_takes_the_scope_as_well(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True), ann := a_user())
    now = service.clock.now()
    scopes = frozenset({READ})
    good = an_api_key(user_id=root.id, permissions=scopes, expires_at=now + timedelta(days=1))
    narrow = an_api_key(user_id=root.id, expires_at=None)
    dead = an_api_key(user_id=root.id, permissions=scopes, expires_at=now)
    weak = an_api_key(user_id=ann.id, permissions=scopes, expires_at=None)
    await service.add(good, narrow, dead, weak)

    yes = await explained(service, root.email, api_key=good.prefix)
    assert (yes.allowed, yes.api_key, yes.refused_by) == (True, good.prefix, ())
    no = await explained(service, root.email, api_key=str(narrow.id))
    assert (no.allowed, no.refused_by) == (False, ("the API key is not scoped to it",))
    no = await explained(service, root.email, api_key=dead.prefix)
    assert (no.allowed, no.refused_by) == (False, ("the API key has expired",))
    no = await explained(service, ann.email, api_key=weak.prefix)
    assert (no.allowed, no.granted_by, no.refused_by) == (False, (), ())


async def test_the_unknown_is_not_found(service: Service) -> None:
    await service.add(ann := a_user(), bob := a_user())
    await service.add(key := an_api_key(user_id=bob.id))

    with pytest.raises(UserNotFound):
        await explained(service, "nobody")
    with pytest.raises(ApiKeyNotFound):
        await explained(service, ann.email, api_key=key.prefix)


async def test_asking_takes_the_permissions_to_see_what_is_told(service: Service) -> None:
    await service.add(ann := a_user())
    command = ExplainAccess(user=ann.email, permission=READ)
    handler = service[ExplainAccessHandler]

    await handler(command, an_actor(Permission.USERS_READ, Permission.ROLES_READ))
    for lacking in (Permission.USERS_READ, Permission.ROLES_READ):
        with pytest.raises(PermissionDenied):
            await handler(command, an_actor(lacking))
    with pytest.raises(PermissionDenied):
        by_key = ExplainAccess(user=ann.email, permission=READ, api_key="tsk_1")
        await handler(by_key, an_actor(*Permission))
    with pytest.raises(NotAuthenticated):
        await handler(command, ANONYMOUS)
