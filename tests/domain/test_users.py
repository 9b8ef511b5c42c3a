"""Accounts and what they are called."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import ADMIN, MEMBER, UserId
from domain.email import clean_email, email_key
from domain.errors import Invalid
from domain.users import (
    MAX_FULL_NAME_LENGTH,
    MAX_USERNAME_LENGTH,
    InactiveUser,
    User,
    clean_username,
    username_from_email,
)
from tests.builders import CREATED, LATER, a_user, new_id


@pytest.mark.parametrize(
    ("given_email", "kept"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.Lee+news@Sub.Example.COM", "Ann.Lee+news@Sub.Example.COM"),
        ("o'hara!#$%&*/=?^_`{|}~@example.com", "o'hara!#$%&*/=?^_`{|}~@example.com"),
        ("ann@bücher.example", "ann@bücher.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("李@例え.jp", "李@例え.jp"),
        ("u\u0308@example.com", "ü@example.com"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
        ("a@" + "b" * 63 + ".com", "a@" + "b" * 63 + ".com"),
    ],
)
def test_an_email_is_kept_as_its_owner_writes_it(given_email: str, kept: str) -> None:
    assert clean_email(given_email) == kept


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@localhost",
        "ann@@example.com",
        "ann@home@example.com",
        "Ann Lee <ann@example.com>",
        "<ann@example.com>",
        "ann lee@example.com",
        '"ann lee"@example.com',
        "ann@exam ple.com",
        "ann,bob@example.com",
        "ann(work)@example.com",
        "ann\r\nBcc: bob@example.com",
        "ann@example.com\r\nBcc: bob@example.org",
        "ann@example.com\r\n",
        "\nann@example.com",
        " ann@example.com",
        "ann@example.com ",
        "ann @example.com",
        "ann@ example.com",
        "ann\n@example.com",
        "ann\t@example.com",
        "ann\u00a0lee@example.com",
        "ann@example\u2028.com",
        "ann\0@example.com",
        "ann\ud800@example.com",
        "ann@example\ud800.com",
        ".ann@example.com",
        "ann.@example.com",
        "ann..lee@example.com",
        "ann@.example.com",
        "ann@example.com.",
        "ann@example..com",
        "ann@-example.com",
        "ann@example-.com",
        "ann@exa_mple.com",
        "ann@[127.0.0.1]",
        "ann@xn--.com",
        "x" * 65 + "@example.com",
        "ü" * 33 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@" + "b." * 130 + "com",
        # What reads like an address becomes another one, or none, when it is normalised.
        "bob\uff20evil.example@example.com",
        "ann@evil\uff20example.com",
        "ann‥lee@example.com",
        "ann⑴@example.com",
        "ﷺ@example.com",
    ],
)
def test_anything_else_is_no_email(email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        a_user(email=email)

    assert refusal.value.errors[0].field == "email"
    assert refusal.value.errors[0].code in {"invalid_email", "too_long"}


def test_an_email_has_its_length() -> None:
    with pytest.raises(Invalid) as refusal:
        clean_email("a@" + "b" * 250 + ".com")

    assert refusal.value.errors[0].code == "too_long"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.com", " Ann@EXAMPLE.com "),
        ("ann@example.com", "\uff41\uff4e\uff4e@example.com"),
        ("ann@example.com", "ann@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.com"),
        ("ann@example.com", "ann@example\u3002com"),
        ("ann@bücher.example", "ANN@XN--BCHER-KVA.example"),
        ("ann@bücher.example", "ann@BÜCHER.example"),
        ("ü@example.com", "U\u0308@example.com"),
        ("strasse@example.com", "Straße@example.com"),
        ("kim@example.com", "\u212aim@example.com"),
        ("ffi@example.com", "ﬃ@example.com"),
    ],
)
def test_one_address_has_one_key_however_it_is_written(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.com", "ann+news@example.com"),
        ("ann@example.com", "a.nn@example.com"),
        ("ann@example.com", "ann@example.org"),
        ("ann@example.com", "änn@example.com"),
        # A Cyrillic letter that looks Latin.
        ("ann@example.com", "\u0430nn@example.com"),
    ],
)
def test_other_addresses_have_other_keys(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


odd_text = st.text(max_size=12)
odd_emails = st.one_of(
    st.emails(),
    st.builds("{}@{}.example".format, odd_text, odd_text),
    st.builds("{}@example.com".format, odd_text),
)


@given(odd_emails)
def test_the_key_of_a_key_is_that_key(email: str) -> None:
    try:
        cleaned = clean_email(email)
    except Invalid:
        return
    assert clean_email(cleaned) == cleaned
    assert email_key(cleaned) == email_key(email)
    assert email_key(email_key(email)) == email_key(email)


@given(odd_emails)
def test_every_email_makes_a_username_with_room_for_a_suffix(email: str) -> None:
    try:
        username = username_from_email(email)
    except Invalid:
        return
    assert clean_username(username) == username
    assert clean_username(f"{username}-0123abcd") == f"{username}-0123abcd"


@pytest.mark.parametrize(
    ("email", "username"),
    [
        ("Ann.Lee@example.com", "ann.lee"),
        ("ann+news@example.com", "ann-news"),
        ("ann_lee-2@example.com", "ann_lee-2"),
        ("Zoë@example.com", "zoe"),
        ("Straße@example.com", "strasse"),
        ("al@example.com", "user-al"),
        ("李@example.com", "user"),
        ("!!!@example.com", "user"),
        ("x" * 64 + "@example.com", "x" * (MAX_USERNAME_LENGTH - 9)),
    ],
)
def test_a_username_is_made_from_the_email(email: str, username: str) -> None:
    assert username_from_email(email) == username


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("ann", "ann"),
        ("Ann", "ann"),
        ("a_n.n-3", "a_n.n-3"),
        ("x" * 50, "x" * 50),
    ],
)
def test_usernames_are_folded(given_name: str, kept: str) -> None:
    assert a_user(username=given_name).username == kept


@pytest.mark.parametrize(
    "username",
    [
        "",
        "ab",
        "x" * 51,
        "ann lee",
        " ann ",
        "\u212aim",
        "änn",
        "ann@example.com",
        "ann\n\0",
        "ann\u200b",
        "\uff41nn",
        "@@@",
    ],
)
def test_other_usernames_are_refused(username: str) -> None:
    with pytest.raises(Invalid) as refusal:
        a_user(username=username)

    assert refusal.value.errors[0].field == "username"
    assert refusal.value.errors[0].code == "invalid_username"


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [(None, None), ("", ""), ("  Ann Lee ", "Ann Lee"), ("Žofie 李", "Žofie 李"), ("x" * 255,) * 2],
)
def test_a_full_name_is_one_line(given_name: str | None, kept: str | None) -> None:
    assert a_user(full_name=given_name).full_name == kept


@pytest.mark.parametrize(
    ("full_name", "code"),
    [
        ("x" * (MAX_FULL_NAME_LENGTH + 1), "too_long"),
        ("Ann\r\nLee", "forbidden_character"),
        ("Ann\0", "forbidden_character"),
        ("Ann\udc80", "forbidden_character"),
    ],
)
def test_other_full_names_are_refused(full_name: str, code: str) -> None:
    user = a_user()

    with pytest.raises(Invalid) as refusal:
        user.introduce(full_name, at=LATER)

    assert refusal.value.errors[0].field == "full_name"
    assert refusal.value.errors[0].code == code


def test_a_new_account_is_active_and_holds_nothing() -> None:
    user = User(
        id=UserId(new_id()),
        email="ann@example.com",
        username="ann",
        created_at=CREATED,
        updated_at=CREATED,
    )

    assert user.is_active
    assert not user.is_superuser
    assert not user.email_verified
    assert user.roles == frozenset()
    assert user.password_hash is None
    assert user.last_login_at is None
    assert user.deleted_at is None
    assert user.version == 1


def test_a_hash_is_never_shown() -> None:
    assert "s3cret" not in repr(a_user(password_hash="s3cret"))


def test_every_change_notes_when() -> None:
    user = a_user()
    moments = (LATER + timedelta(seconds=second) for second in range(1, 20))

    user.rename("Bob", at=(at := next(moments)))
    assert (user.username, user.updated_at) == ("bob", at)
    user.introduce(None, at=(at := next(moments)))
    assert (user.full_name, user.updated_at) == (None, at)
    user.deactivate(at=(at := next(moments)))
    assert (user.is_active, user.updated_at) == (False, at)
    user.activate(at=(at := next(moments)))
    assert (user.is_active, user.updated_at) == (True, at)
    user.promote(at=(at := next(moments)))
    assert (user.is_superuser, user.updated_at) == (True, at)
    user.demote(at=(at := next(moments)))
    assert (user.is_superuser, user.updated_at) == (False, at)
    user.assign([ADMIN, MEMBER, ADMIN], at=(at := next(moments)))
    assert (user.roles, user.updated_at) == (frozenset({ADMIN, MEMBER}), at)
    user.change_password("plain:other", at=(at := next(moments)))
    assert (user.password_hash, user.updated_at) == ("plain:other", at)
    user.delete(at=(at := next(moments)))
    assert (user.deleted_at, user.updated_at) == (at, at)
    user.restore(at=(at := next(moments)))
    assert (user.deleted_at, user.updated_at) == (None, at)
    assert user.created_at == CREATED


@pytest.mark.parametrize(
    ("user", "holds"),
    [
        (a_user(is_superuser=True), True),
        (a_user(is_superuser=True, is_active=False), False),
        (a_user(is_superuser=True, deleted_at=LATER), False),
        (a_user(roles=frozenset({ADMIN})), False),
    ],
    ids=["superuser", "inactive", "deleted", "admin"],
)
def test_only_an_active_superuser_holds_the_service(user: User, holds: bool) -> None:
    assert user.holds_the_service is holds


def test_the_inactive_may_not_act() -> None:
    a_user().must_be_active()
    with pytest.raises(InactiveUser):
        a_user(is_active=False).must_be_active()


def test_the_key_follows_the_email() -> None:
    user = a_user(email="Ann@Bücher.example")

    assert user.email_key == "ann@xn--bcher-kva.example"


@pytest.mark.parametrize("field", ["id", "created_at"])
def test_an_account_keeps_its_identity(field: str) -> None:
    user = a_user()

    with pytest.raises(attrs.exceptions.FrozenAttributeError):
        setattr(user, field, getattr(a_user(created_at=LATER), field))
