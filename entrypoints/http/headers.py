"""One header of a request."""

from starlette.requests import HTTPConnection


def header(request: HTTPConnection, name: bytes) -> str | None:
    """The first of that name, which is given in lower case. Starlette's own look-up makes an
    object and encodes the name for each; an answer is asked for a few."""
    for each, value in request.scope["headers"]:
        if each == name:
            text: str = value.decode("latin-1")
            return text
    return None


def list_header(request: HTTPConnection, name: bytes) -> str | None:
    """One that is a list, which may go on in further lines of that name (RFC 9110 §5.3)."""
    lines = [value for each, value in request.scope["headers"] if each == name]
    return b", ".join(lines).decode("latin-1") if lines else None
