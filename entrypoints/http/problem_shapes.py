"""Problems as the OpenAPI document has them."""

from pydantic import Field

from entrypoints.http.schemas import Shape


class ProblemField(Shape):
    """What is wrong with one field."""

    line: int | None = Field(None, description="Of `import_rejected` alone: of the file.")
    field: str
    code: str
    detail: str


class Problem(Shape):
    """What every failure looks like (RFC 9457)."""

    type: str = Field(examples=["/problems/validation_error"])
    title: str
    status: int
    detail: str
    code: str = Field(description="For programs; never changes.")
    request_id: str
    errors: list[ProblemField] | None = None
    error: str | None = Field(None, description="On credentials: what OAuth 2 calls it.")
    error_description: str | None = None
    imported: int | None = Field(None, description="Of `import_rejected` alone: none.")
    rejected: int | None = Field(None, description="Of `import_rejected` alone: how many rows.")
    mfa_token: str | None = Field(None, description="Of `mfa_required` alone: send it with a code.")
