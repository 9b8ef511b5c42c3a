"""Plaintext passwords, held as briefly as possible, and the policy they must meet."""

import unicodedata

import attrs

from domain.errors import Forbidden, Invalid

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 128


class WrongPassword(Forbidden):
    """This action asks a signed-in caller to repeat their password, and it was not right."""

    code = "wrong_password"
    title = "The password is wrong"


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@attrs.frozen(repr=False)
class Password:
    """A password as someone typed it, in NFC so that every keyboard spells it alike
    (NIST SP 800-63B-4 §3.1.1.2). Never shown, never stored."""

    text: str = attrs.field(converter=_normalise)

    def __repr__(self) -> str:
        return "Password(…)"

    @property
    def is_presentable(self) -> bool:
        """Whether this could be anyone's password at all; what is not is never hashed."""
        return len(self.text) <= MAX_PASSWORD_LENGTH and self._is_unicode()

    def must_be_acceptable(self, field: str) -> None:
        """Length and characters; strength is for `PasswordStrength` to judge."""
        if len(self.text) < MIN_PASSWORD_LENGTH:
            raise Invalid.field(
                field, "too_short", f"must have at least {MIN_PASSWORD_LENGTH} characters"
            )
        if len(self.text) > MAX_PASSWORD_LENGTH:
            raise Invalid.field(
                field, "too_long", f"must have at most {MAX_PASSWORD_LENGTH} characters"
            )
        if not self._is_unicode() or "\0" in self.text:
            raise Invalid.field(
                field, "forbidden_character", "must not hold NUL or a lone surrogate"
            )

    def _is_unicode(self) -> bool:
        try:
            self.text.encode()
        except UnicodeEncodeError:
            return False
        return True
