"""Permissions, roles and the actor."""

from datetime import timedelta

import attrs
import pytest

from domain.access import (
    ADMIN,
    ANONYMOUS,
    BUILT_IN_ROLES,
    EVERY_PERMISSION,
    MAX_ROLE_DESCRIPTION_LENGTH,
    MEMBER,
    SYSTEM,
    Actor,
    ApiKeyId,
    NotAuthenticated,
    Origin,
    Permission,
    PermissionDenied,
    Role,
    RoleBuiltIn,
    UserId,
    clean_role_name,
    parse_permissions,
)
from domain.errors import Forbidden, Invalid, Unauthenticated
from tests.builders import LATER, a_role, an_actor, new_id


def test_every_permission_says_what_it_allows() -> None:
    for permission in Permission:
        assert permission.description
        resource, _, verb = permission.partition(":")
        assert resource.isidentifier()
        assert verb.isidentifier()


def test_a_permission_is_its_name() -> None:
    assert Permission("users:read") is Permission.USERS_READ
    assert f"{Permission.USERS_READ}" == "users:read"


def test_permissions_are_parsed_by_name() -> None:
    parsed = parse_permissions(["users:read", "roles:read", "users:read"])

    assert parsed == {Permission.USERS_READ, Permission.ROLES_READ}


@pytest.mark.parametrize("name", ["", "users", "users:fly", "USERS:READ", "users:read "])
def test_a_name_outside_the_catalogue_is_no_permission(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_permissions(["users:read", name])

    assert refusal.value.errors[0].code == "unknown_permission"
    assert refusal.value.errors[0].field == "permissions"


def test_an_actor_can_what_was_permitted_and_no_more() -> None:
    actor = an_actor(Permission.USERS_READ)

    actor.require(Permission.USERS_READ)
    with pytest.raises(PermissionDenied):
        actor.require(Permission.USERS_UPDATE)


def test_a_superuser_can_everything() -> None:
    an_actor(is_superuser=True).require_all(EVERY_PERMISSION)


def test_the_system_can_everything_but_own_nothing() -> None:
    SYSTEM.require_all(EVERY_PERMISSION)
    SYSTEM.require_superuser("Only a superuser.")
    with pytest.raises(NotAuthenticated):
        SYSTEM.require_user()


@pytest.mark.parametrize("permission", Permission)
def test_a_stranger_is_asked_to_sign_in(permission: Permission) -> None:
    with pytest.raises(Unauthenticated):
        ANONYMOUS.require(permission)


def test_a_stranger_is_no_user() -> None:
    with pytest.raises(NotAuthenticated):
        ANONYMOUS.require_user()
    with pytest.raises(NotAuthenticated):
        ANONYMOUS.require_superuser("Only a superuser.")


def test_all_permissions_must_be_held_together() -> None:
    actor = an_actor(Permission.USERS_READ)

    actor.require_all([])
    with pytest.raises(PermissionDenied, match="users:update"):
        actor.require_all([Permission.USERS_READ, Permission.USERS_UPDATE])


def test_only_superusers_are_superusers() -> None:
    everything_but = an_actor(*EVERY_PERMISSION)

    with pytest.raises(Forbidden, match="Only a superuser does this"):
        everything_but.require_superuser("Only a superuser does this.")


def test_an_actor_is_one_user() -> None:
    actor = an_actor()

    assert actor.is_user(actor.require_user())
    assert not actor.is_user(an_actor().require_user())
    assert not ANONYMOUS.is_user(actor.require_user())


def test_an_actor_never_changes() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        an_actor().is_superuser = True  # type: ignore[misc]  # what must not work


@pytest.mark.parametrize("name", ["a", "editor", "editor-2", "read_only", "a" * 50])
def test_role_names_are_plain(name: str) -> None:
    assert clean_role_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2nd",
        "-a",
        "_a",
        "Editor",
        "a b",
        "a\n",
        "a\0",
        "ä",
        "a" * 51,
        "a.b",
        "\uff41",
        "\ud800",
    ],
)
def test_other_role_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        a_role(name=name)

    assert refusal.value.errors[0].field == "name"
    assert refusal.value.errors[0].code == "invalid_role_name"


def test_a_role_keeps_its_name_and_its_birthday() -> None:
    role = a_role()

    with pytest.raises(attrs.exceptions.FrozenAttributeError):
        role.name = MEMBER
    with pytest.raises(attrs.exceptions.FrozenAttributeError):
        role.created_at = LATER


def test_a_role_changes_what_it_says_and_grants() -> None:
    role = a_role()

    role.describe("  Edits  ", at=LATER)
    role.permit([Permission.USERS_DELETE], at=LATER + timedelta(seconds=1))

    assert role.description == "Edits"
    assert role.permissions == {Permission.USERS_DELETE}
    assert role.updated_at == LATER + timedelta(seconds=1)
    role.must_be_removable()


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("x" * (MAX_ROLE_DESCRIPTION_LENGTH + 1), "too_long"),
        ("a\nb", "forbidden_character"),
        ("a\0b", "forbidden_character"),
        ("\ud800", "forbidden_character"),
    ],
)
def test_a_role_is_described_in_one_printable_line(description: str, code: str) -> None:
    role = a_role(description="x" * MAX_ROLE_DESCRIPTION_LENGTH)

    with pytest.raises(Invalid) as refusal:
        role.describe(description, at=LATER)

    assert refusal.value.errors[0].code == code


@pytest.mark.parametrize("name", sorted(BUILT_IN_ROLES))
def test_built_in_roles_stay_as_they_are(name: str) -> None:
    role = a_role(name=name)
    before = attrs.evolve(role)

    with pytest.raises(RoleBuiltIn):
        role.describe("Mine", at=LATER)
    with pytest.raises(RoleBuiltIn):
        role.permit([], at=LATER)
    with pytest.raises(RoleBuiltIn):
        role.must_be_removable()
    assert role == before


def test_admin_and_member_are_built_in() -> None:
    assert {ADMIN, MEMBER} == BUILT_IN_ROLES
    assert not a_role().is_built_in


def test_a_new_role_grants_nothing() -> None:
    role = Role(name="empty", created_at=LATER, updated_at=LATER)

    assert role.permissions == frozenset()
    assert role.description == ""
    assert role.version == 1


def test_ids_in_tests_are_uuids_of_version_7() -> None:
    first, second = new_id(), new_id()

    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first < second


KEYS_OWNER = UserId(new_id())


def an_actor_by_key(*scopes: Permission, held: frozenset[Permission] = EVERY_PERMISSION) -> Actor:
    return Actor.with_api_key(ApiKeyId(new_id()), frozenset(scopes), owner_id=KEYS_OWNER, held=held)


def test_a_person_does_with_what_is_theirs_as_they_like() -> None:
    ann = an_actor()
    assert ann.user_id is not None

    for permission in Permission:
        assert ann.owns(ann.user_id, permission)
        assert not ann.owns(UserId(new_id()), permission)
        assert not SYSTEM.owns(ann.user_id, permission)
        assert not ANONYMOUS.owns(ann.user_id, permission)


def test_a_program_does_with_what_is_its_owners_what_it_is_scoped_to() -> None:
    program = an_actor_by_key(Permission.USERS_READ, held=frozenset())

    assert program.owns(KEYS_OWNER, Permission.USERS_READ)
    assert not program.can(Permission.USERS_READ)
    assert not program.owns(UserId(new_id()), Permission.USERS_READ)
    for permission in EVERY_PERMISSION - {Permission.USERS_READ}:
        assert not program.owns(KEYS_OWNER, permission)


def test_a_program_can_what_both_it_and_its_owner_can() -> None:
    held = frozenset({Permission.USERS_READ, Permission.USERS_UPDATE})
    program = an_actor_by_key(Permission.USERS_READ, Permission.USERS_DELETE, held=held)

    assert [each for each in Permission if program.can(each)] == [Permission.USERS_READ]
    assert not program.is_superuser


def test_a_program_is_not_its_owner_in_person() -> None:
    program = an_actor_by_key(*Permission)

    assert program.require_user() == KEYS_OWNER
    with pytest.raises(PermissionDenied):
        program.require_owner()
    with pytest.raises(PermissionDenied):
        program.refuse_api_keys()
    SYSTEM.refuse_api_keys()
    an_actor().refuse_api_keys()


def test_where_a_program_calls_from_changes_nothing_of_its_rights() -> None:
    program = an_actor_by_key(Permission.USERS_READ)

    assert program.calling_from(lambda: Origin(address="192.0.2.7")) == program
