"""What a new project is called, in each way of writing its name."""

import re

import attrs

MOST_LETTERS = 30
"""So that what is called after it keeps within the 63 characters of PostgreSQL and Kubernetes."""
_TITLE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ -][A-Za-z0-9]+)*")


class BadProject(Exception):
    """The project that was asked for can't be made; the message says why, in one line."""


@attrs.frozen
class ProjectName:
    title: str
    """As people write it: `Acme Orders`."""

    @classmethod
    def of(cls, typed: str) -> "ProjectName":
        """Raise `BadProject` for what can't be said in all the places where a name is."""
        title = " ".join(typed.split())
        if not _TITLE.fullmatch(title):
            raise BadProject(
                f"{title or 'nothing'} is no name for a project: write words of a-z and 0-9, "
                "the first beginning with a letter"
            )
        if not 2 <= len(title) <= MOST_LETTERS:
            raise BadProject(f"{title} is no name for a project: write 2 to {MOST_LETTERS} letters")
        return cls(title)

    @property
    def slug(self) -> str:
        """As programs do: the distribution, the command, the database, the image."""
        return self.title.lower().replace(" ", "-")

    @property
    def identifier(self) -> str:
        """Where a hyphen would mean something, as in the name of a metric."""
        return self.slug.replace("-", "_")

    @property
    def joined(self) -> str:
        """Where it begins a longer word, as the name of an alert."""
        words = self.slug.split("-")
        return "".join(word.capitalize() for word in words)
