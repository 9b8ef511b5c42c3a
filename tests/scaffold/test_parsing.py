"""What can be asked for, and the one line that answers what can't."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from entrypoints.scaffold.feature import Feature, Field, Kind, Target
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.parsing import Surroundings, parse_feature
from entrypoints.scaffold.words import Words

USERS = Target(
    singular=Words("user"),
    plural=Words("users"),
    is_owned=True,
    soft_deletes=True,
    id_module="domain.access",
)
AROUND = Surroundings(taken={"roles": "roles are a feature already"}, targets={"users": USERS})


def feature(*fields: str, name: str = "purchase-order", plural: str | None = None) -> Feature:
    return parse_feature(name, fields or ("title:str",), AROUND, plural=plural)


def field(text: str) -> Field:
    return feature(text).fields[0]


def refusal(*fields: str, name: str = "purchase-order", plural: str | None = None) -> str:
    with pytest.raises(BadFeature) as refused:
        feature(*fields, name=name, plural=plural)
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "name", ["purchase-order", "purchase_order", "PurchaseOrder", "purchase order"]
)
def test_names_a_feature_in_every_way_of_writing(name: str) -> None:
    made = feature(name=name)

    one, many = made.singular, made.plural
    assert (one.snake, one.pascal, one.kebab) == (
        "purchase_order",
        "PurchaseOrder",
        "purchase-order",
    )
    assert (many.snake, many.upper, many.spoken, many.titled) == (
        "purchase_orders",
        "PURCHASE_ORDERS",
        "purchase orders",
        "Purchase orders",
    )


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("category", "categories"),
        ("day", "days"),
        ("address", "addresses"),
        ("status", "statuses"),
        ("box", "boxes"),
        ("branch", "branches"),
    ],
)
def test_forms_regular_plurals(name: str, plural: str) -> None:
    assert feature(name=name).plural.snake == plural


def test_takes_any_other_plural_as_it_is_told() -> None:
    assert feature(name="person", plural="people").plural.snake == "people"


@pytest.mark.parametrize(
    ("name", "spoken"),
    [("invoice", "an invoice"), ("order", "an order"), ("unit", "a unit"), ("day", "a day")],
)
def test_says_a_or_an_as_it_sounds(name: str, spoken: str) -> None:
    assert Words(name).with_article == spoken


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "no name"),
        ("1st", "no name"),
        ("naïve", "no name"),
        ("class", "keyword"),
        ("list", "Python's own"),
        ("version", "reserved"),
        ("json", "reserved"),
        ("update", "reserved"),
        ("orders", "looks like a plural"),
        ("role", "roles are a feature already"),
        ("a" * 25, "too long"),
    ],
)
def test_refuses_a_name_that_can_not_be(name: str, said: str) -> None:
    assert said in refusal(name=name)


def test_refuses_one_word_for_one_and_many() -> None:
    assert "called alike" in refusal(name="sheep", plural="sheep")


def test_refuses_a_feature_of_nothing() -> None:
    with pytest.raises(BadFeature, match="needs a field"):
        parse_feature("order", (), AROUND)


def test_refuses_to_refer_to_everything() -> None:
    assert "at most 6" in refusal(*(f"customer_{number}:ref(users)" for number in range(7)))


def test_refuses_to_search_where_there_are_no_words() -> None:
    with pytest.raises(BadFeature, match="nothing to search"):
        parse_feature("order", ["total_price:int"], AROUND, is_searchable=True)


def test_reads_each_kind_with_its_bounds_and_defaults() -> None:
    assert field("number:str:required:unique:min=2:max=40").max == 40
    assert field("price:decimal:min=0:max=9.99:default=1.50").default == Decimal("1.50")
    assert field("amount:int:min=-5:default=0").default == 0
    assert field("is_paid:bool:default=true").default is True
    assert field("due:date:min=2026-01-01").min == date(2026, 1, 1)
    assert field("sent:datetime:default=2026-01-01T10:00:00+02:00").default == datetime(
        2026, 1, 1, 8, tzinfo=UTC
    )
    assert field("home:url:default=https://example.com:8080/a").default == (
        "https://example.com:8080/a"
    )
    assert field('extras:json:default={"a": 1}').default == {"a": 1}


def test_calls_a_reference_by_what_it_holds() -> None:
    customer = field("customer:ref(users):required")

    assert (customer.name, customer.annotation) == ("customer_id", "UserId")
    assert customer.target is USERS


def test_makes_a_class_of_an_enum() -> None:
    status = field("status:enum(new, in-transit):default=new")

    assert (status.kind, status.type_name) == (Kind.ENUM, "PurchaseOrderStatus")
    assert status.choices == ("new", "in-transit")


def test_lets_a_field_without_a_value_be_none() -> None:
    assert field("note:text").annotation == "str | None"
    assert field("note:text:required").annotation == "str"
    assert field("note:text:default=").annotation == "str"


def test_sorts_by_what_has_always_a_value() -> None:
    made = feature("number:str:required", "due:date", "extras:json:required")

    assert made.sorts == ["created_at", "updated_at", "number"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title", "write name:type"),
        ("title:", "nothing is no type"),
        ("title:string", "string is no type"),
        ("owner:str", "reserved"),
        ("created:date", "every feature has"),
        ("purchase_order:ref(users)", "is what a purchase order is addressed by"),
        ("purchase_order_id:uuid", "is what a purchase order is addressed by"),
        ("model_copy:str", "reserved"),
        ("attrs:json", "reserved"),
        ("created_at:datetime", "reserved"),
        ("q:str", "reserved"),
        ("rank:int", "reserved"),
        ("from:str", "keyword"),
        ("hash:str", "Python's own"),
        ("door_token:str", "sounds like a token"),
        ("Über:str", "no name"),
        ("title:str:uniq", "uniq is no constraint"),
        ("title:str:required:required", "twice"),
        ("title:str(5)", "takes nothing in brackets"),
        ("title:str:min=a", "whole number of characters"),
        ("title:str:min=-1", "must be 0 to 500 characters"),
        ("title:str:max=0", "must be 1 to 500 characters"),
        ("title:str:max=501", "or be a text"),
        ("title:str:min=300", "more than max=255"),
        ("amount:int:min=3:max=2", "min=3 is more than max=2"),
        ("amount:int:max=9223372036854775808", "64 bits"),
        ("price:decimal:min=1e5", "a number"),
        ("is_paid:bool:min=1", "bool has no min"),
        ("is_paid:bool:unique", "can't be unique"),
        ("customer:ref(users):unique", "can't be unique"),
        ("code:str:unique:max=2", "too little to be unique"),
        ("amount:int:unique:min=1:max=9", "too few values"),
        ("amount:int:unique:min=9223372036854775800", "too few values"),
        ("price:decimal:unique:min=1:max=1", "too few values"),
        ("due:date:unique:max=0001-01-01", "too few values"),
        ("sent:datetime:unique:min=2026-01-01T00:00:00Z:max=2026-01-01T01:00:00Z", "too few"),
        ("amount:int:default=x", "whole number of 64 bits"),
        ("amount:int:min=5:default=4", "outside min and max"),
        ("title:str:max=2:default=abc", "outside min and max"),
        ("title:str:unique:default=a", "no default"),
        ("title:str:required:default=a", "leave out one"),
        ("mail:email:default=nobody", "must be an email address"),
        ("sent:datetime:default=2026-01-01T10:00:00", "say its time zone"),
        ("extras:json:default=[]", "a JSON object"),
        ("status:enum", "nothing is no value"),
        ("status:enum(a)", "2 to 50"),
        ("status:enum(a,a)", "twice"),
        ("status:enum(a-b,a_b)", "twice"),
        ("status:enum(a,B)", "B is no value"),
        ("status:enum(a,b):default=c", "none of a, b"),
        ("view:enum(a,b)", "no enum"),
        ("customer:ref", "nothing is no feature to refer to; users are"),
        ("customer:ref(clients)", "clients is no feature to refer to; users are"),
        ("customer_id:ref(users)", "leave out _id"),
        ("parent:ref(purchase-orders)", "themselves"),
        ("customer:ref(users):default=1", "ref has no default"),
    ],
)
def test_refuses_a_field_that_can_not_be(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    "fields",
    [
        ("title:str", "title:text"),
        ("customer:ref(users)", "customer_id:uuid"),
        ("customer:ref(users)", "customer:str"),
        ("price:int", "price_from:str"),
    ],
)
def test_refuses_two_of_one_name(fields: tuple[str, ...]) -> None:
    message = refusal(*fields)

    assert "twice" in message or "filter" in message


def test_refuses_names_that_are_too_long_together() -> None:
    message = refusal(f"{'b' * 30}:str", name="a" * 23)

    assert "too long together" in message
