"""What a thing is called, in each way of writing that code, addresses and prose have."""

import re

import attrs

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\s_-]+")


@attrs.frozen
class Words:
    """`purchase_order`, and how it reads elsewhere."""

    snake: str

    @classmethod
    def of(cls, text: str) -> "Words":
        """Of `purchase-order`, `PurchaseOrder` or `purchase order` alike."""
        return cls("_".join(_BETWEEN.split(_HUMPS.sub("_", text.strip()))).lower())

    @property
    def pascal(self) -> str:
        return "".join(word.capitalize() for word in self.snake.split("_"))

    @property
    def kebab(self) -> str:
        return self.snake.replace("_", "-")

    @property
    def upper(self) -> str:
        return self.snake.upper()

    @property
    def spoken(self) -> str:
        return self.snake.replace("_", " ")

    @property
    def titled(self) -> str:
        """As a sentence begins with it."""
        return self.spoken[:1].upper() + self.spoken[1:]

    @property
    def with_article(self) -> str:
        """`a purchase order`, `an invoice`: by its first letter, but for the usual exceptions."""
        sounds_open = self.snake[0] in "aeiou" and not self.snake.startswith(_SOUND_CLOSED)
        opens = sounds_open or self.snake.startswith(_SOUND_OPEN)
        return f"{'an' if opens else 'a'} {self.spoken}"

    @property
    def is_plural(self) -> bool:
        """By its looks."""
        return self.snake.endswith("s") and not self.snake.endswith(("ss", "us", "is"))

    def plural(self) -> "Words":
        """As English forms it regularly."""
        if self.snake.endswith("y") and self.snake[-2:-1] not in tuple("aeiou"):
            return Words(self.snake[:-1] + "ies")
        if self.snake.endswith(("s", "x", "z", "ch", "sh")):
            return Words(self.snake + "es")
        return Words(self.snake + "s")


_SOUND_CLOSED = ("eu", "one", "uni", "use", "usu", "uti", "ubi", "ura")
_SOUND_OPEN = ("hour", "honest", "honour", "honor", "heir")
