"""What the bodies and answers of all features have in common."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    GetPydanticSchema,
    PlainSerializer,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import (
    any_schema,
    chain_schema,
    no_info_plain_validator_function,
    str_schema,
)

from application.paging import DEFAULT_LIMIT, MAX_LIMIT, MAX_SKIP, PageRequest
from domain.bounded import MAX_DECIMAL_PLACES, MAX_WHOLE_DIGITS
from domain.email import clean_email
from domain.errors import Invalid
from domain.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from domain.text import MAX_INT64, MIN_INT64, Json, clean_json_object, forbidden_character
from domain.url import MAX_URL_LENGTH, URL_PATTERN, clean_url
from entrypoints.http.endpoint import parse_json

Shown = TypeVar("Shown")

# For the document alone, as ECMA-262 has it; the domain looks for lone surrogates too.
_CONTROLS = r"\u0000-\u001f\u007f-\u009f"
_SPACES = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
LINE_PATTERN = rf"^[^{_CONTROLS}]*$"
NAME_PATTERN = rf"^[^{_CONTROLS}]*[^{_CONTROLS}{_SPACES}][^{_CONTROLS}]*$"
TEXT_PATTERN = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
PASSWORD_PATTERN = r"^[^\u0000]*$"  # noqa: S105 - what passwords look like, not one

DECIMAL_PATTERN = rf"^-?[0-9]{{1,{MAX_WHOLE_DIGITS}}}(\.[0-9]{{1,{MAX_DECIMAL_PLACES}}})?$"

_LARGEST_WRITTEN_JSON = 16 * 1024
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DECIMAL = re.compile(DECIMAL_PATTERN.removesuffix("$") + r"\Z")
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class Body(BaseModel):
    """A request body: nothing unknown, nothing coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


def without_default(schema: JsonDict) -> None:
    """For a field whose default clients are not to send: they do with those they are told of."""
    schema.pop("default", None)


def _without_defaults(schema: JsonDict) -> None:
    properties = schema["properties"]
    if isinstance(properties, dict):
        for field in properties.values():
            if isinstance(field, dict):
                without_default(field)


class Changes(Body):
    """A partial update: an absent field stays as it is, so none has a default to show."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)


class Shape(BaseModel):
    """An answer, read off a view by name."""

    model_config = ConfigDict(from_attributes=True)


def _line(text: object) -> object:
    return _permitted(text, multiline=False)


def _text(text: object) -> object:
    return _permitted(text, multiline=True)


def _permitted(text: object, *, multiline: bool) -> object:
    if isinstance(text, str) and forbidden_character(text, multiline=multiline) is not None:
        raise PydanticCustomError("forbidden_character", "must not hold a control character")
    return text


def _could_be_a_password(text: object) -> object:
    if isinstance(text, str) and "\0" in text:
        raise PydanticCustomError("forbidden_character", "must not hold NUL")
    return text


def _bare_address(email: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Where pydantic would read `Ada <ada@example.com>` and drop the name, the domain refuses."""
    if not isinstance(email, str):
        return validate(email)
    try:
        return validate(clean_email(email))
    except (Invalid, ValidationError):
        raise PydanticCustomError("invalid_email", "must be an email address") from None


def _written_moment(moment: object) -> object:
    if isinstance(moment, str) and _RFC_3339.fullmatch(moment):
        return moment
    raise PydanticCustomError("invalid_moment", "must be like 2026-03-01T08:15:00Z")


def _written_day(day: object) -> date:
    if isinstance(day, date):
        return day
    if isinstance(day, str) and _DAY.fullmatch(day):
        with suppress(ValueError):
            return date.fromisoformat(day)
    raise PydanticCustomError("invalid_date", "must be a day like 2026-03-01")


def _written_decimal(number: object) -> Decimal:
    if isinstance(number, Decimal):
        return number
    if isinstance(number, str) and _DECIMAL.fullmatch(number):
        return Decimal(number)
    raise PydanticCustomError("invalid_decimal", "must be a number like 12.50, as text")


def _web_address(url: str) -> str:
    try:
        return clean_url("url", url)
    except Invalid:
        raise PydanticCustomError("invalid_url", "must be like https://example.com/path") from None


def _json_object(text: str) -> dict[str, Json]:
    value = parse_json(text.encode(errors="surrogatepass"))
    if not isinstance(value, dict):
        raise PydanticCustomError("wrong_type", "must be a JSON object")
    try:
        return clean_json_object("json", value, largest=_LARGEST_WRITTEN_JSON)
    except Invalid:
        raise PydanticCustomError("invalid_object", "must be one that could be stored") from None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # The first and the last hours of the calendar, in some time zones.
        raise PydanticCustomError("out_of_range", "must lie in the years 1 to 9999") from None


Line = Annotated[
    str,
    BeforeValidator(_line),
    Field(json_schema_extra={"pattern": LINE_PATTERN}),
]
"""One line of text."""
Name = Annotated[
    str,
    BeforeValidator(_line),
    Field(min_length=1, json_schema_extra={"pattern": NAME_PATTERN}),
]
"""One line of more than spaces."""
Text = Annotated[
    str,
    BeforeValidator(_text),
    Field(json_schema_extra={"pattern": TEXT_PATTERN}),
]
"""Text that may hold line breaks and tabs."""
Moment = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_written_moment), AfterValidator(_in_utc)
]
"""A time with its zone, which the database can hold: text as RFC 3339 has it, and no number of
seconds."""
Day = Annotated[
    date,
    BeforeValidator(_written_day, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
"""A day of the calendar."""
Exact = Annotated[
    Decimal,
    BeforeValidator(_written_decimal, json_schema_input_type=str),
    PlainSerializer(lambda number: format(number, "f"), return_type=str),
    WithJsonSchema({"type": "string", "format": "decimal", "pattern": DECIMAL_PATTERN}),
]
"""An exact number, as text: as a JSON number, most clients would round it."""
Whole = Annotated[int, Field(ge=MIN_INT64, le=MAX_INT64, json_schema_extra={"format": "int64"})]
"""A whole number that fits into 64 bits."""
WrittenId = Annotated[UUID, Field(strict=False)]
"""An id in a body."""
Url = Annotated[
    str,
    Field(max_length=MAX_URL_LENGTH, json_schema_extra={"format": "uri", "pattern": URL_PATTERN}),
    AfterValidator(_web_address),
]
if TYPE_CHECKING:
    JsonMember = Json
else:
    JsonMember = Annotated[object, GetPydanticSchema(lambda _source, _handler: any_schema())]
"""Any JSON: the parser and the domain check it, so pydantic need not look into it again."""
WrittenJson = Annotated[
    dict[str, JsonMember],
    GetPydanticSchema(
        lambda _source, _handler: chain_schema(
            [
                str_schema(max_length=_LARGEST_WRITTEN_JSON),
                no_info_plain_validator_function(_json_object),
            ]
        )
    ),
    Field(json_schema_extra={"contentMediaType": "application/json"}),
]
"""A JSON object, written as text."""
Id = Annotated[UUID, PlainSerializer(str), WithJsonSchema({"type": "string", "format": "uuid"})]
"""Written by itself: pydantic takes twice as long over the driver's own kind of UUID."""
Email = Annotated[EmailStr, WrapValidator(_bare_address)]
NewPassword = Annotated[
    str,
    Field(
        min_length=MIN_PASSWORD_LENGTH,
        max_length=MAX_PASSWORD_LENGTH,
        description="8 to 128 characters that a guesser would not try soon.",
        examples=["correct horse battery staple"],
        json_schema_extra={"format": "password", "pattern": PASSWORD_PATTERN},
    ),
]
KnownPassword = Annotated[
    str,
    BeforeValidator(_could_be_a_password),
    Field(
        max_length=1024,
        description="The caller's password.",
        json_schema_extra={"format": "password", "pattern": PASSWORD_PATTERN},
    ),
]


class Page(Shape, Generic[Shown]):
    """One page of a list."""

    items: list[Shown]
    total: int | None = Field(description="How many there are in all; null when paging by cursor.")
    next_cursor: str | None = Field(description="Send it as `cursor` for what follows.")


class Query(BaseModel):
    """The parameters of a request. FastAPI reads one model several times faster than as many
    parameters; an unknown one is refused, since a mistyped filter would show everything."""

    model_config = ConfigDict(extra="forbid")


class NoQuery(Query):
    """Of a list that is always shown whole."""


class ListQuery(Query):
    """What every list can be asked for."""

    skip: int = Field(default=0, ge=0, le=MAX_SKIP, description="How many to leave out.")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many to show.")
    cursor: Line | None = Field(
        default=None,
        max_length=2048,
        description="A `next_cursor`; goes on behind it, at the same cost however deep.",
    )
    sort: Line | None = Field(
        default=None,
        max_length=255,
        description="Fields, separated by commas; with `-` in front downwards.",
        examples=["-created_at"],
    )

    def page(self) -> PageRequest:
        return PageRequest(limit=self.limit, skip=self.skip, cursor=self.cursor, sort=self.sort)


PageQuery = Annotated[ListQuery, InQuery()]
