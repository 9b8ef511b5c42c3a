"""The API as pages: one for each tag, and one of all that is sent and answered. From the OpenAPI
document, and from nothing else."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from entrypoints.documentation.markdown import anchor, one_line, table

_SCHEMA = "#/components/schemas/"
_ACCESS = {
    "public": "For anyone.",
    "signed-in": "For whoever is signed in, also by an API key.",
    "in-person": "For whoever is signed in, and not by an API key.",
    "permission": "Wants `{}`.",
    "own-or-permission": "For one's own, and with `{}` for everyone's.",
}
_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minimum": "at least {}",
    "maximum": "at most {}",
}


@attrs.frozen
class _Operation:
    method: str
    path: str
    declared: Mapping[str, object]

    @property
    def tag(self) -> str:
        return str(_list(self.declared["tags"])[0])

    @property
    def responses(self) -> Mapping[str, object]:
        return _object(self.declared["responses"])

    def problems(self) -> Iterator[tuple[str, str]]:
        """Each status with a code."""
        for status, response in self.responses.items():
            content = _object(_object(response).get("content", {}))
            problem = _object(content.get("application/problem+json", {}))
            for code in _object(problem.get("examples", {})):
                yield status, code


def api_pages(document: Mapping[str, object]) -> dict[str, str]:
    """The text of each page, by its name."""
    operations = list(_operations(document))
    everywhere = set.intersection(*(set(each.problems()) for each in operations))
    schemas = _object(_object(document["components"])["schemas"])
    pages = {"schemas": _schemas_page(schemas)}
    for tag in dict.fromkeys(each.tag for each in operations):
        tagged = [each for each in operations if each.tag == tag]
        pages[tag] = _tag_page(tag, tagged, everywhere)
    return pages


def _operations(document: Mapping[str, object]) -> Iterator[_Operation]:
    for path, methods in _object(document["paths"]).items():
        for method, declared in _object(methods).items():
            yield _Operation(method, path, _object(declared))


def _tag_page(tag: str, operations: Sequence[_Operation], everywhere: set[tuple[str, str]]) -> str:
    common = ", ".join(_problem_link(code) for _, code in sorted(everywhere))
    introduction = f"Any of these may also be answered by {common}."
    sections = [_section(each, everywhere) for each in operations]
    return "\n\n".join((f"# {tag.capitalize()}", introduction, *sections)) + "\n"


def _section(operation: _Operation, everywhere: set[tuple[str, str]]) -> str:
    declared = operation.declared
    access = _ACCESS[str(declared["x-access"])].format(declared.get("x-permission"))
    parts = [
        f"## {declared['summary']}",
        f"`{operation.method.upper()} {operation.path}`",
        " ".join((one_line(declared.get("description")), access)).strip(),
    ]
    parameters = [_object(each) for each in _list(declared.get("parameters", []))]
    if parameters:
        rows = [_parameter(each) for each in parameters]
        parts.append(table(("Parameter", "In", "Type", ""), rows))
    if "requestBody" in declared:
        contents = _object(_object(declared["requestBody"])["content"])
        parts.append(f"Body: {_contents(contents)}.")
    parts.append(table(("Status", "Answer"), _answers(operation, everywhere)))
    return "\n\n".join(parts)


def _parameter(parameter: Mapping[str, object]) -> tuple[str, ...]:
    schema = _object(parameter["schema"])
    required = "Required." if parameter.get("required") else ""
    default = f"By default `{schema['default']}`." if schema.get("default") is not None else ""
    said = one_line(parameter.get("description", schema.get("description")))
    words = " ".join(filter(None, (said, required, default)))
    return f"`{parameter['name']}`", str(parameter["in"]), _type(schema), words


def _contents(contents: Mapping[str, object]) -> str:
    shown = [
        " ".join(filter(None, (_type(_object(_object(each).get("schema", {}))), f"as `{media}`")))
        for media, each in contents.items()
    ]
    return ", or ".join(shown)


def _answers(operation: _Operation, everywhere: set[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    particular = [each for each in operation.problems() if each not in everywhere]
    statuses = {status for status, _ in everywhere}
    for status, response in operation.responses.items():
        codes = [code for at, code in particular if at == status]
        if codes:
            yield status, ", ".join(_problem_link(code) for code in codes)
        elif status not in statuses:
            yield status, _contents(_object(_object(response).get("content", {}))) or "Nothing."


def _problem_link(code: str) -> str:
    return f"[`{code}`](../problems.md#{anchor(code)})"


def _schemas_page(schemas: Mapping[str, object]) -> str:
    sections = [_schema_section(name, _object(schemas[name])) for name in sorted(schemas)]
    return "\n\n".join(("# Schemas", *sections)) + "\n"


def _schema_section(name: str, schema: Mapping[str, object]) -> str:
    parts = [f"## {name}", one_line(schema.get("description"))]
    if "enum" in schema:
        parts.append(", ".join(f"`{each}`" for each in _list(schema["enum"])) + ".")
    required = _list(schema.get("required", []))
    fields = [
        (f"`{field}`", _type(_object(each)), _about(_object(each), is_required=field in required))
        for field, each in _object(schema.get("properties", {})).items()
    ]
    if fields:
        parts.append(table(("Field", "Type", ""), fields))
    return "\n\n".join(filter(None, parts))


def _about(schema: Mapping[str, object], *, is_required: bool) -> str:
    said = one_line(schema.get("description"))
    return " ".join(filter(None, (said, "" if is_required else "Optional.")))


def _type(schema: Mapping[str, object]) -> str:
    """In a few words, with what it is limited to."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(_SCHEMA)
        return f"[{name}](schemas.md#{anchor(name)})"
    if "anyOf" in schema:
        return " or ".join(_type(_object(each)) for each in _list(schema["anyOf"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in _list(schema["enum"]))
    kind = str(schema.get("type", ""))
    if kind == "array":
        kind = f"array of {_type(_object(schema['items']))}"
    limits = [words.format(schema[name]) for name, words in _LIMITS.items() if name in schema]
    return ", ".join((str(schema.get("format", kind)), *limits))


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("OpenAPI has an object here")
    return value


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, Sequence):
        raise TypeError("OpenAPI has an array here")
    return value
