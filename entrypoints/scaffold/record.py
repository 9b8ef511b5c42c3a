"""What making a feature wrote, so that it can be taken out again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import attrs
import cattrs

from entrypoints.scaffold.feature import Feature, Target
from entrypoints.scaffold.insertion import Inserted
from entrypoints.scaffold.words import Words

FOLDER = ".features"
MIGRATIONS = "alembic/versions/"
_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@attrs.frozen(kw_only=True)
class Record:
    feature: str
    plural: str
    fields: Sequence[str]
    is_owned: bool
    soft_deletes: bool
    has_events: bool
    is_searchable: bool
    migration: str
    """Its revision."""
    files: Mapping[str, str]
    """Those that are its own, by their paths, each with the SHA-256 of what was written."""
    lines: Mapping[str, Sequence[Inserted]]
    """What others were given."""

    @classmethod
    def of(
        cls,
        feature: Feature,
        migration: str,
        files: Mapping[str, str],
        lines: Mapping[str, Sequence[Inserted]],
    ) -> Self:
        return cls(
            feature=feature.singular.kebab,
            plural=feature.plural.kebab,
            fields=[field.spelled for field in feature.fields],
            is_owned=feature.is_owned,
            soft_deletes=feature.soft_deletes,
            has_events=feature.has_events,
            is_searchable=feature.is_searchable,
            migration=migration,
            files={path: digest_of(text) for path, text in sorted(files.items())},
            lines=dict(sorted(lines.items())),
        )

    @property
    def singular_words(self) -> Words:
        return Words.of(self.feature)

    @property
    def plural_words(self) -> Words:
        return Words.of(self.plural)

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.plural_words.snake}.json"

    @property
    def migration_path(self) -> str:
        [path] = [each for each in self.files if each.startswith(MIGRATIONS)]
        return path

    @property
    def text(self) -> str:
        return json.dumps(_CONVERTER.unstructure(self), ensure_ascii=False, indent=2) + "\n"

    @property
    def target(self) -> Target:
        """The feature, as others refer to it."""
        return Target(
            singular=self.singular_words,
            plural=self.plural_words,
            is_owned=self.is_owned,
            soft_deletes=self.soft_deletes,
            id_module=f"domain.{self.plural_words.snake}",
            has_references=any(":ref(" in field for field in self.fields),
        )

    @classmethod
    def of_text(cls, text: str) -> Self:
        return _CONVERTER.structure(json.loads(text), cls)

    @classmethod
    def all_in(cls, root: Path) -> Mapping[str, Self]:
        return {
            file.stem: cls.of_text(file.read_text(encoding="utf-8"))
            for file in sorted((root / FOLDER).glob("*.json"))
        }
