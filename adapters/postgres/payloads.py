"""What jobs are about, as JSON and back."""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

import attrs
from cattrs import transform_error
from cattrs.errors import BaseValidationError
from cattrs.preconf.json import make_converter

from application.jobs.payload import Payload, Unreadable

_CONVERTER = make_converter()


def _only(primitive: type) -> Callable[[object, type], object]:
    """Where it is left to itself, cattrs makes a text of anything."""

    def read(value: object, kind: type) -> object:
        if type(value) is not primitive:
            raise ValueError(f"must be of type {primitive.__name__}")
        # Asked for those that derive from it too, as enumerations do.
        return value if kind is primitive else kind(value)

    return read


def _uuid(value: object, _: type) -> UUID:
    return UUID(str(value))


for _primitive in (str, int, bool):
    _CONVERTER.register_structure_hook(_primitive, _only(_primitive))
_CONVERTER.register_structure_hook(UUID, _uuid)
_CONVERTER.register_unstructure_hook(UUID, str)


def stored(payload: Payload) -> object:
    return _CONVERTER.unstructure(payload)


def _by_kind(kinds: Iterable[type[Payload]]) -> Mapping[str, type[Payload]]:
    by_kind: dict[str, type[Payload]] = {}
    for kind in kinds:
        if by_kind.setdefault(kind.kind, kind) is not kind:
            raise TypeError(f"two kinds of job are called {kind.kind}")
    return by_kind


@attrs.frozen
class Payloads:
    """The kinds that can be made out here."""

    _kinds: Mapping[str, type[Payload]] = attrs.field(alias="kinds", converter=_by_kind)

    def read(self, kind: str, value: object) -> Payload | Unreadable:
        """Fields that are not known are passed over: a newer version may have stored them."""
        known = self._kinds.get(kind)
        if known is None:
            return Unreadable(f"no handler for jobs of the kind {kind}")
        if not isinstance(value, dict):
            return Unreadable("not an object")
        try:
            return _CONVERTER.structure(value, known)
        except (BaseValidationError, TypeError, ValueError) as error:
            # Says where it does not fit, and nothing of what is there.
            return Unreadable("; ".join(transform_error(error)))
