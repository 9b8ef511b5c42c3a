"""One file of a project."""

import attrs


@attrs.frozen
class File:
    content: bytes
    is_executable: bool

    @property
    def text(self) -> str | None:
        """None where it is none."""
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def saying(self, text: str) -> "File":
        return attrs.evolve(self, content=text.encode())
