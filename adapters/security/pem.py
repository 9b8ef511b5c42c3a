"""PEM texts as operators give them: written out, by path, or several in one file."""

import re
from pathlib import Path

_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


def read_pems(text_or_path: str) -> list[str]:
    """Every PEM block, in order. Raise `ValueError` where there is none, or no such file."""
    text = text_or_path
    if "-----BEGIN" not in text:
        try:
            text = Path(text_or_path).read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise ValueError("must be PEM texts, or paths of PEM files that can be read") from None
    # Environment files often hold line breaks as two characters.
    blocks = [match.group() for match in _BLOCK.finditer(text.replace("\\n", "\n"))]
    if not blocks:
        raise ValueError("must be PEM texts, or paths of PEM files")
    return blocks
