"""What a new project is made of: this service's own files under another name."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from domain.service_name import TITLE
from entrypoints.scaffold.project.file import File
from entrypoints.scaffold.project.name import BadProject, ProjectName
from entrypoints.scaffold.project.renaming import renamed
from entrypoints.scaffold.project.without_items import without_items
from entrypoints.scaffold.ruff import formatted

_VERBATIM = ("LICENSE", "docs/decisions/")
"""Whose licence it is, and what was decided and why, does not change with a name."""
LEFT_OUT = (
    "docs/adding/project.md",
    "entrypoints/cli/new_project.py",
    "entrypoints/scaffold/project/",
    "tests/cli/test_new_project.py",
    "tests/project/",
    "tests/scaffold/project/",
)
"""A project is made from what is called as nothing else is, or else it could not be renamed."""


@attrs.frozen
class Origin:
    """What a project was made from."""

    version: str
    commit: str

    def __str__(self) -> str:
        return f"{TITLE} {self.version} ({self.commit})"


@attrs.frozen
class _Edit:
    """Of one file, where the pattern is found exactly once."""

    path: str
    pattern: str
    new: str = ""

    def of(self, text: str) -> str:
        edited, count = re.subn(self.pattern, lambda _: self.new, text, flags=re.MULTILINE)
        if count != 1:
            raise BadProject(f"{self.path}: {self.pattern} is there {count} times, and not once")
        return edited


_ONE_LINE = r".*\n"
_PARAGRAPH = r"(?:.+\n)+\n?"
_ABOUT_MAKING_PROJECTS = (
    _Edit("Makefile", rf"^.* `narrow` is done{_ONE_LINE}PART {_PARAGRAPH}"),
    _Edit("Makefile", rf"^\.PHONY: test-project\n{_PARAGRAPH}"),
    _Edit(".ci/run", rf"^make test-project{_ONE_LINE}"),
    _Edit(".github/workflows/check.yml", rf"^  project:\n{_PARAGRAPH}"),
    _Edit("pyproject.toml", r'^    "tests/project",\n'),
    _Edit("pyproject.toml", r'^    "markdown-it-py>=.*",\n'),
    _Edit("entrypoints/cli/new.py", rf"^from entrypoints\.cli\.new_project {_ONE_LINE}"),
    _Edit("entrypoints/cli/new.py", rf"^app\.command\(\"project\"\){_ONE_LINE}"),
    _Edit("entrypoints/cli/new.py", r"(?<=help=\"Write what a product adds: a feature), a project"),
    _Edit("entrypoints/cli/new.py", r"(?<=\"\"\"Write what a product adds: a feature), a project"),
    _Edit("entrypoints/cli/main.py", r"(?<=a feature), a project"),
    _Edit("README.md", rf"^To begin a product of your own: {_PARAGRAPH}"),
    _Edit("AGENTS.md", rf"^- A test takes accounts, {_ONE_LINE}{_ONE_LINE}"),
    _Edit("docs/navigation.yml", r"^ +- docs/adding/project\.md\n"),
)


def tree_of(
    name: ProjectName,
    origin: Origin,
    files: Mapping[str, File],
    root: Path,
    *,
    has_items: bool = True,
) -> Mapping[str, File]:
    """The files of a project by their paths; raise `BadProject` where these can't be read as those
    of the service, and what `formatted` raises."""
    if not has_items:
        files = without_items(files, root)
    texts: dict[str, str] = {}
    made: dict[str, File] = {}
    for path, file in files.items():
        if path.startswith(LEFT_OUT):
            continue
        made[path] = file
        if not path.startswith(_VERBATIM) and (text := file.text) is not None:
            texts[path] = text
    for edit in _ABOUT_MAKING_PROJECTS:
        texts[edit.path] = edit.of(texts.get(edit.path, ""))
    texts = {path: renamed(text, name) for path, text in texts.items()}
    for edit in _of_its_own(name, origin, has_items=has_items):
        texts[edit.path] = edit.of(texts.get(edit.path, ""))
    texts |= formatted({path: text for path, text in texts.items() if path.endswith(".py")}, root)
    return made | {path: made[path].saying(text) for path, text in texts.items()}


def _of_its_own(name: ProjectName, origin: Origin, *, has_items: bool) -> Sequence[_Edit]:
    """What it says of itself."""
    has = "accounts, sign-in, sessions, permissions, jobs and mail" + (
        ", and a first\nresource with lists, filters, import and export" if has_items else ""
    )
    return (
        _Edit(
            "README.md",
            rf"\A# {name.title}\n\n{_PARAGRAPH}",
            f"# {name.title}\n\n"
            "What it is for is yours to say here, in a sentence or two.\n\n"
            f"It is made from {origin}: {has},\non PostgreSQL. Run it with one command, and talk "
            f"to it over REST or the `{name.slug}` command line.\n\n",
        ),
        _Edit(
            "README.md",
            r"^\[MIT\]\(LICENSE\)\.?\n\Z",
            "What came with it is under [MIT](LICENSE), a notice that has to stay. "
            "What you add is yours to license:\nsay how in `pyproject.toml`, and here.\n",
        ),
        _Edit(
            "CHANGELOG.md",
            r"^## Unreleased\n(?:.*\n)*\Z",
            f"## Unreleased\n\n### Added\n\n- All that {origin} does.\n",
        ),
        _Edit("pyproject.toml", r'^version = ".*"$', 'version = "0.1.0"'),
        _Edit("deploy/kubernetes/kustomization.yaml", r"(?<=    newTag: ).+", "0.1.0"),
        _Edit("pyproject.toml", r'^license = "MIT"\n'),
        _Edit("Dockerfile", r' org\.opencontainers\.image\.licenses="MIT"$'),
        _Edit("pyproject.toml", r'^description = ".*"$', f'description = "{name.title}"'),
    )
