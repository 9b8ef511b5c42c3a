"""Lines come where the structure of the code says, whatever else was changed by hand."""

from collections.abc import Sequence

import pytest

from entrypoints.scaffold.insertion import Inserted, Section, insert, without
from entrypoints.scaffold.places import NoPlace

OURS = frozenset({"application", "domain"})

REGISTRY = '''"""A registry."""

import asyncio
from datetime import date

from application.access.ports import RoleRepository
from application.users.ports import UserRepository


class Ports:
    """What there is."""

    roles: RoleRepository
    users: UserRepository
    """Everyone."""

    @property
    def first(self) -> RoleRepository:
        return self.roles

    @property
    def second(self) -> UserRepository:
        return self.users

    def close(self) -> None:
        asyncio.sleep(0)


HANDLERS: tuple[type, ...] = (
    RoleRepository,
    UserRepository,  # they come last
)
KINDS = frozenset(
    {
        "roles",
    }
)
NAMES = {
    "roles": ("one", "two"),
}


def ports() -> Ports:
    if date.today():
        made = Ports(
            roles=HANDLERS[0],
        )
    return made
'''


def inserted(source: str, where: str, text: str) -> str:
    after, [*_] = insert(source, Section.all_of(f">>> {where}\n{text}"), OURS)
    return after


def around(line: str, source: str) -> tuple[str, str]:
    lines = source.splitlines()
    [place] = [at for at, each in enumerate(lines) if each == line]
    return lines[place - 1], lines[place + 1]


@pytest.mark.parametrize(
    ("where", "line", "neighbours"),
    [
        ("in HANDLERS", "    Order,", ("    UserRepository,  # they come last", ")")),
        ("in KINDS", '        "orders",', ('        "roles",', "    }")),
        ("in NAMES", '    "orders": (),', ('    "roles": ("one", "two"),', "}")),
        ("in ports.made", "            orders=1,", ("            roles=HANDLERS[0],", "        )")),
        ("class Ports", "    orders: int", ('    """Everyone."""', "")),
        ("end", "last = 1", ("", "")),
    ],
)
def test_puts_an_entry_behind_the_last(where: str, line: str, neighbours: tuple[str, str]) -> None:
    after = inserted(REGISTRY, where, line) + "\n"

    assert around(line, after + "\n") == neighbours


def test_puts_a_property_behind_the_last_property() -> None:
    text = "    @property\n    def third(self) -> int:\n        return 3\n"

    after = inserted(REGISTRY, "class Ports", text)

    assert f"return self.users\n\n{text}\n    def close" in after


def test_puts_a_definition_in_front_of_another() -> None:
    after = inserted(REGISTRY, "before ports", "def orders() -> None: ...\n")

    assert "}\n\n\ndef orders() -> None: ...\n\n\ndef ports() -> Ports:\n" in after


def test_sorts_imports_among_those_that_are_there() -> None:
    after = inserted(
        REGISTRY,
        "imports",
        "from application.orders.ports import OrderRepository\nfrom domain.orders import Order\n",
    )

    assert [line for line in after.splitlines() if line.startswith("from ")] == [
        "from datetime import date",
        "from application.access.ports import RoleRepository",
        "from application.orders.ports import OrderRepository",
        "from application.users.ports import UserRepository",
        "from domain.orders import Order",
    ]


def test_follows_a_registry_that_was_moved_and_added_to_by_hand() -> None:
    moved = REGISTRY.replace("KINDS = ", "WHAT = 1\nKINDS = ").replace(
        '        "roles",\n', '        "roles",\n        # ours\n        *("mine",),\n'
    )

    after = inserted(moved, "in KINDS", '        "orders",')

    assert around('        "orders",', after) == ('        *("mine",),', "    }")


@pytest.mark.parametrize(
    "registry",
    [
        "HANDLERS = (One, Two)\n",
        "HANDLERS = (\n    One, Two,\n)\n",
        "HANDLERS = (\n    One,\n    Two\n)\n",
        "HANDLERS = (One,\n    Two,\n)\n",
        "HANDLERS = (\n    One,\n    Two,)\n",
        "HANDLERS = ()\n",
        "HANDLERS = 5\n",
        "OTHERS = (\n    One,\n)\n",
    ],
)
def test_refuses_a_registry_in_which_a_line_would_have_to_change(registry: str) -> None:
    with pytest.raises(NoPlace, match="HANDLERS"):
        inserted(registry, "in HANDLERS", "    Order,")


def test_refuses_to_import_from_what_is_imported_from_already() -> None:
    with pytest.raises(NoPlace, match="imported from already"):
        inserted(REGISTRY, "imports", "from application.access.ports import RoleReader\n")


SHARED = "from application.events.ports import EventReader"


def with_entry(source: str, entry: str) -> tuple[str, Sequence[Inserted]]:
    sections = f">>> shared imports\n{SHARED}\n>>> in HANDLERS\n    EventReader[{entry}],\n"
    return insert(source, Section.all_of(sections), OURS)


def test_imports_what_is_shared_once() -> None:
    first, _ = with_entry(REGISTRY, "Order")
    second, _ = with_entry(first, "Invoice")

    assert around(SHARED, first) == (
        "from application.access.ports import RoleRepository",
        "from application.users.ports import UserRepository",
    )
    assert second.count(SHARED) == 1


def test_what_is_shared_goes_with_the_last_that_uses_it() -> None:
    first, lines_of_first = with_entry(REGISTRY, "Order")
    both, lines_of_second = with_entry(first, "Invoice")

    left, missing = without(both, lines_of_first)
    assert (left.count(SHARED), missing) == (1, [])
    assert without(left, lines_of_second) == (REGISTRY, [])


def test_what_is_shared_stays_where_something_else_uses_it() -> None:
    theirs = f"{REGISTRY}\n\nREADER = EventReader\n".replace(
        "from application.users", f"{SHARED}\nfrom application.users"
    )
    after, lines = with_entry(theirs, "Order")

    assert without(after, lines) == (theirs, [])


def test_comes_below_a_heading_or_a_line_of_what_is_not_python() -> None:
    document = "# Guide\n\n## Features\n\n- roles\n\n## Next\n"
    navigation = "nav:\n  - Features:\n      - roles.md\n  - Next: next.md\n"

    assert "- roles\n- orders\n\n## Next" in inserted(document, "below ## Features", "- orders")
    assert "roles.md\n      - orders.md\n  - Next" in inserted(
        navigation, "below - Features:", "      - orders.md"
    )


def test_takes_out_exactly_what_was_put_in() -> None:
    sections = Section.all_of(
        ">>> imports\nfrom domain.orders import Order\n>>> in HANDLERS\n    Order,\n"
        ">>> class Ports\n    @property\n    def third(self) -> int:\n        return 3\n"
    )
    after, lines = insert(REGISTRY, sections, OURS)

    assert without(after, lines) == (REGISTRY, [])


def test_takes_out_of_a_file_that_was_changed_elsewhere() -> None:
    after, lines = insert(REGISTRY, Section.all_of(">>> in HANDLERS\n    Order,\n"), OURS)
    edited = after.replace('"""A registry."""', '"""Ours."""').replace(
        "    Order,\n", "    Order,\n    Later,\n"
    )

    left, missing = without(edited, lines)

    assert not missing
    assert "    UserRepository,  # they come last\n    Later,\n)" in left


def test_tells_of_lines_that_were_changed_by_hand() -> None:
    after, lines = insert(REGISTRY, Section.all_of(">>> in HANDLERS\n    Order,\n"), OURS)

    left, missing = without(after.replace("    Order,", "    Order,  # ours"), lines)

    assert missing == [Inserted("in HANDLERS", "    Order,\n")]
    assert "# ours" in left


def test_takes_out_an_entry_with_what_was_added_to_it() -> None:
    entry = "    Orders(\n        one,\n    ),\n"
    after, lines = insert(REGISTRY, Section.all_of(f">>> in HANDLERS\n{entry}"), OURS)

    left, changed = without(after.replace("        one,\n", "        one,\n        two,\n"), lines)

    assert changed == [Inserted("in HANDLERS", entry)]
    assert left == REGISTRY


def test_leaves_what_was_written_between_entries() -> None:
    both = ">>> in HANDLERS\n    Order,\n    Orders,\n"
    after, lines = insert(REGISTRY, Section.all_of(both), OURS)

    left, changed = without(after.replace("    Orders,\n", "    Ours,\n    Orders,\n"), lines)

    assert len(changed) == 1
    assert "    Order,\n    Ours,\n    Orders,\n" in left
