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
