"""What every use case does with the token from a mail."""

from datetime import datetime

from application.unit_of_work import UnitOfWork
from domain.one_time_tokens import InvalidToken, OneTimeToken, OneTimeTokenId
from domain.users import User, UserNotFound


async def addressee_of(
    uow: UnitOfWork, token_id: OneTimeTokenId, *, at: datetime
) -> tuple[User, OneTimeToken]:
    """Whoever could spend it now, locked; `InvalidToken` where nobody could."""
    token = await uow.one_time_tokens.find(token_id, at=at)
    if token is None:
        raise InvalidToken
    try:
        user = await uow.users.get_deleted(token.user_id)
    except UserNotFound:
        raise InvalidToken from None
    if not user.may_sign_in:
        raise InvalidToken
    return user, token


async def redeem(
    uow: UnitOfWork, token_id: OneTimeTokenId, *, at: datetime
) -> tuple[User, OneTimeToken]:
    """Spend it; of any number of racing callers one gets through."""
    # The account is locked before the token, as everyone does who ends tokens: no deadlocks.
    user, token = await addressee_of(uow, token_id, at=at)
    if await uow.one_time_tokens.spend(token_id, at=at) is None:
        raise InvalidToken
    return user, token
