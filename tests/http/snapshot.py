"""The OpenAPI document as lines that are read in a review: those of each tag by themselves, so that
a feature adds a file and changes none."""

import json
from collections.abc import Iterator, Mapping

from domain.text import Json
from entrypoints.http.app import create_app
from entrypoints.http.schemas import LINE_PATTERN, NAME_PATTERN, TEXT_PATTERN
from entrypoints.settings.schema import Settings
from tests.http.contract import PROBLEM, Contract, Operation, as_list, as_object

SHARED = "shared"
_STRINGS = {LINE_PATTERN: "line", NAME_PATTERN: "name", TEXT_PATTERN: "text"}
_LIMITS = {
    "minLength", "maxLength", "minimum", "maximum", "format", "const", "pattern"
}  # fmt: skip
_PAGE = {"items", "total", "next_cursor"}


def snapshots_of(contract: Contract) -> dict[str, str]:
    """By tag; what several tags use by the name `shared`."""
    everywhere = frozenset.intersection(*map(_codes, contract.operations))
    shown = {SHARED: f"everywhere: {' '.join(sorted(everywhere))}\n"}
    for operation in sorted(contract.operations, key=lambda each: (each.template, each.method)):
        lines = "\n".join(_operation(operation, everywhere))
        shown[operation.tag] = shown.get(operation.tag, "") + f"{lines}\n\n"
    users = _users_of_schemas(contract)
    for name, schema in sorted(contract.schemas.items()):
        [only, *others] = sorted(users[name])
        lines = "\n".join(_schema(name, as_object(schema)))
        shown[SHARED if others else only] += f"\n{lines}\n" if others else f"{lines}\n\n"
    return {tag: text.rstrip("\n") + "\n" for tag, text in shown.items()}


def _users_of_schemas(contract: Contract) -> Mapping[str, set[str]]:
    users: dict[str, set[str]] = {name: set() for name in contract.schemas}
    for operation in contract.operations:
        left = [*_named_in(dict(operation.definition))]
        while left:
            name = left.pop()
            if operation.tag not in users[name]:
                users[name].add(operation.tag)
                left += _named_in(contract.schemas[name])
    return users


def _named_in(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref":
                yield str(member).rpartition("/")[2]
            else:
                yield from _named_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from _named_in(member)


def _operation(operation: Operation, everywhere: frozenset[str]) -> Iterator[str]:
    definition = operation.definition
    access = f"{operation.access} {definition.get('x-permission', '')}".strip()
    yield f"{operation.name}: {operation.id}, {access}"
    for parameter in map(as_object, as_list(definition.get("parameters", []))):
        yield f"  {parameter['in']} {parameter['name']} {_type(parameter['schema'])}"
    for body in bodies_of(operation):
        yield f"  body {_type(body)}"
    for status in operation.responses:
        said = [
            _type(as_object(media).get("schema", {}))
            for name, media in _content(operation, status).items()
            if name != PROBLEM
        ]
        said += sorted(operation.codes(status) - everywhere)
        if said or not _content(operation, status):
            yield f"  {status} {' '.join(said)}".rstrip()


def bodies_of(operation: Operation) -> list[Mapping[str, Json]]:
    body = as_object(operation.definition.get("requestBody", {"content": {}}))
    return [as_object(as_object(each)["schema"]) for each in as_object(body["content"]).values()]


def _schema(name: str, schema: Mapping[str, Json]) -> Iterator[str]:
    required = as_list(schema.get("required", []))
    fields = dict(as_object(schema.get("properties", {})))
    listed = fields.pop("items") if fields.keys() == _PAGE else None
    yield f"{name}: {_type(schema) if listed is None else f'page, {_type(listed)}'}"
    for field, kind in fields.items():
        yield f"  {field}{'' if field in required else '?'} {_type(kind)}"
    for choice in as_list(schema.get("enum", [])):
        yield f"  {choice}"


def _codes(operation: Operation) -> frozenset[str]:
    return frozenset().union(*(operation.codes(status) for status in operation.responses))


def _content(operation: Operation, status: str) -> Mapping[str, Json]:
    return as_object(as_object(operation.responses[status]).get("content", {}))


def _type(schema: object) -> str:
    definition = as_object(schema)
    if "$ref" in definition:
        return str(definition["$ref"]).rpartition("/")[2]
    if "anyOf" in definition:
        return " | ".join(_type(each) for each in as_list(definition["anyOf"]))
    name = str(definition.get("type", "any"))
    kind = _STRINGS.get(str(definition.get("pattern")))
    if kind is not None:
        definition, name = {**definition, "pattern": ""}, kind
    if "items" in definition:
        name = f"{name} of {_type(definition['items'])}"
    if isinstance(definition.get("additionalProperties"), dict):
        name = f"{name} of {_type(definition['additionalProperties'])}"
    limits = [
        f"{key}={definition[key]}" for key in sorted(_LIMITS) if definition.get(key, "") != ""
    ]
    if "maxItems" in definition:
        limits.append(f"at most {definition['maxItems']}")
    return f"{name} ({', '.join(limits)})" if limits else name


if __name__ == "__main__":
    app = create_app(Settings.model_construct(docs_enabled=False), "")
    print(json.dumps(snapshots_of(Contract(as_object(app.openapi())))))
