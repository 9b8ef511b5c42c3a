"""Something that is away: told of when it goes and when it is back, not at every try between."""

import logging

import attrs


@attrs.define(eq=False)
class Outage:
    log: logging.Logger
    consequence: str
    """What does not happen meanwhile."""
    _lasts: bool = attrs.field(default=False, init=False)

    @property
    def lasts(self) -> bool:
        return self._lasts

    def is_met(self, reason: object) -> None:
        if not self._lasts:
            self._lasts = True
            self.log.warning("%s: %s", self.consequence, reason)

    def is_over(self) -> None:
        """Costs nothing where there was none."""
        if self._lasts:
            self._lasts = False
            self.log.info("%s: no longer", self.consequence)
