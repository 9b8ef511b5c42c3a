"""The settings as documents, so that neither can drift from the model: a page with a table, and
`.env.example`. `python -m entrypoints.settings.table` writes both anew."""

from enum import Enum
from pathlib import Path

from pydantic.fields import FieldInfo

from entrypoints.settings.schema import Settings

BEGIN = "<!-- settings -->\n"
END = "<!-- /settings -->"

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "settings.md"
ENV_EXAMPLE = _ROOT / ".env.example"


def table() -> str:
    lines = ["| Setting | Default | |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = _default(field)
        shown = f"`{default}`" if default else ""
        lines.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def env_example() -> str:
    """Every setting at its default, and commented out: a copy changes nothing until edited."""
    blocks = ["# Copy this to .env; the environment wins over it.\n"]
    blocks += [
        f"# {field.description}\n# {name.upper()}={_default(field)}\n"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(blocks)


def with_table(text: str) -> str:
    """The text with the table between its markers; `ValueError` where these are missing."""
    begin = text.index(BEGIN) + len(BEGIN)
    return text[:begin] + table() + text[text.index(END, begin) :]


def _default(field: FieldInfo) -> str:
    match field.get_default():
        case None | ():
            return ""
        case bool() as flag:
            return str(flag).lower()
        case Enum() as member:
            return str(member.value)
        case value:
            return str(value)


def main() -> None:
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")


if __name__ == "__main__":
    main()
