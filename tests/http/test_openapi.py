"""The document that the service gives of itself."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from domain.api_keys import MAX_API_KEY_NAME_LENGTH
from domain.errors import Invalid
from domain.text import Json, clean_line
from entrypoints.http.problems import catalogue
from tests.http.client import API, Client
from tests.http.contract import Contract, as_list, as_object
from tests.http.snapshot import bodies_of, snapshots_of

SNAPSHOTS = Path(__file__).with_name("openapi")


async def test_is_served_and_valid(client: Client, contract: Contract) -> None:
    answer = await client.http.get(f"{API}/openapi.json")
    document: Mapping[str, Json] = answer.json()
    assert document == contract.document
    assert document["openapi"] == "3.1.0"
    assert [fault.message for fault in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_is_described(contract: Contract) -> None:
    for operation in contract.operations:
        assert operation.definition.get("summary"), operation.name
        assert operation.definition.get("description"), operation.name
        assert operation.definition.get("tags"), operation.name
        for status in operation.responses:
            assert as_object(operation.responses[status])["description"], operation.name


def test_the_documented_problems_are_those_of_the_catalogue(contract: Contract) -> None:
    known = catalogue()
    for operation in contract.operations:
        for status in operation.responses:
            for code in operation.codes(status):
                assert str(known[code].status) == status, f"{operation.name} {code}"


def test_validation_answers_400_and_never_422(contract: Contract) -> None:
    for operation in contract.operations:
        others = operation.codes("422") if "422" in operation.responses else frozenset()
        assert others <= {"idempotency_key_reused"}
        takes_a_body = "requestBody" in operation.definition
        refuses = "validation_error" in operation.codes("400")
        assert refuses or not takes_a_body, operation.name
    assert "HTTPValidationError" not in contract.schemas


def test_a_name_that_the_document_allows_is_taken(contract: Contract) -> None:
    name = as_object(as_object(as_object(contract.schemas["NewApiKey"])["properties"])["name"])
    allowed = re.compile(str(name["pattern"]))
    # Neither spaces nor controls are beyond, and surrogates are no characters.
    for character in map(chr, (*range(0xD800), *range(0xE000, 0x10000))):
        assert (allowed.search(character) is None) == is_refused(character), ascii(character)


def is_refused(name: str) -> bool:
    try:
        clean_line("name", name, shortest=1, longest=MAX_API_KEY_NAME_LENGTH)
    except Invalid:
        return True
    return False


# As RFC 6749 §3.2 wants it of what plain OAuth 2 clients send.
IGNORES_WHAT_IT_DOES_NOT_KNOW = {"TokenRequest", "GivenToken"}


def test_request_bodies_allow_no_unknown_field(contract: Contract) -> None:
    for operation in contract.operations:
        for schema in bodies_of(operation):
            name = str(schema.get("$ref", "")).rpartition("/")[2]
            fields = as_object(contract.schemas[name]) if name else schema
            if fields["type"] == "object" and name not in IGNORES_WHAT_IT_DOES_NOT_KNOW:
                assert fields["additionalProperties"] is False, name


def test_partial_updates_show_no_defaults_and_want_nothing(contract: Contract) -> None:
    for operation in contract.operations:
        if operation.method == "PATCH":
            [body] = bodies_of(operation)
            schema = as_object(contract.schemas[str(body["$ref"]).rpartition("/")[2]])
            assert "required" not in schema
            for field in as_object(schema["properties"]).values():
                assert "default" not in as_object(field), operation.name


def test_generated_clients_have_a_name_for_everything(contract: Contract) -> None:
    """A schema that is called like one of its own fields is one name for two things in them."""
    for name, schema in contract.schemas.items():
        fields = as_object(as_object(schema).get("properties", {}))
        snake_case = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        assert snake_case not in fields, name
        assert as_object(schema)["title"] == name
        assert not any("enum" in as_object(field) for field in fields.values()), name
    for operation in contract.operations:
        for parameter in map(as_object, as_list(operation.definition.get("parameters", []))):
            assert "enum" not in as_object(parameter["schema"]), operation.name


def test_whoever_signs_up_sends_no_default_that_wants_a_permission(contract: Contract) -> None:
    """Generated clients send the defaults that the document names."""
    fields = as_object(as_object(contract.schemas["NewUser"])["properties"])
    for field in ("is_active", "is_superuser", "roles"):
        assert "default" not in as_object(fields[field]), field


def test_signing_in_is_offered_by_password_by_token_and_by_api_key(contract: Contract) -> None:
    components = as_object(contract.document["components"])
    schemes = as_object(components["securitySchemes"])
    assert set(schemes) == {"password", "bearer", "api_key"}
    api_key = as_object(schemes["api_key"])
    assert (api_key["in"], api_key["name"]) == ("header", "X-API-Key")
    flow = as_object(as_object(as_object(schemes["password"])["flows"])["password"])
    assert flow["tokenUrl"] == "/api/v1/auth/login"


def test_changes_of_the_contract_show_in_review(contract: Contract) -> None:
    """Where the change is meant, run this with UPDATE_SNAPSHOT=1 and commit what it writes."""
    shown = snapshots_of(contract)
    if os.environ.get("UPDATE_SNAPSHOT"):
        for file in SNAPSHOTS.glob("*.txt"):
            file.unlink()
        for tag, text in shown.items():
            (SNAPSHOTS / f"{tag}.txt").write_text(text, encoding="utf-8")
    kept = {file.stem: file.read_text(encoding="utf-8") for file in SNAPSHOTS.glob("*.txt")}
    assert shown == kept
