"""What goes with a word, and what stays."""

from textwrap import dedent

import pytest

from entrypoints.scaffold.project.pruning import (
    Vocabulary,
    without_blocks,
    without_code,
    without_lines,
    without_sections,
)

ITEMS = Vocabulary(words=frozenset({"item", "items"}), names=frozenset({"upload_max_bytes"}))


@pytest.mark.parametrize(
    "text",
    [
        "item",
        "Items",
        "an item.",
        "ItemRow",
        "item_id",
        "ITEMS_READ",
        "/items/1",
        "upload_max_bytes",
    ],
)
def test_a_word_is_found_by_itself_and_in_a_name(text: str) -> None:
    assert ITEMS.are_in(text)


@pytest.mark.parametrize("text", ["itemized", "getitem", "__setitem__", "upload_max_bytes_left"])
def test_a_word_is_not_found_in_a_longer_one(text: str) -> None:
    assert not ITEMS.are_in(text)


CODE = {
    "an import": (
        """
        from domain.access import Actor
        from domain.items import Item, ItemId
        """,
        """
        from domain.access import Actor
        """,
    ),
    "what is imported from a module of theirs": (
        """
        from application.items.sweeps import Sweep
        from application.jobs import Seal

        SCHEDULES = [
            Seal(),
            Sweep(),
        ]
        """,
        """
        from application.jobs import Seal

        SCHEDULES = [
            Seal(),
        ]
        """,
    ),
    "a name on a line of its own among those that are imported": (
        """
        from tests.builders import (
            a_role,
            an_item,
        )
        """,
        """
        from tests.builders import (
            a_role,
        )
        """,
    ),
    "an entry, with its comment": (
        """
        ROWS = (
            RoleRow,
            # The first of those that accounts own.
            ItemRow,
        )
        """,
        """
        ROWS = (
            RoleRow,
        )
        """,
    ),
    "an entry that is a call over several lines": (
        """
        SOURCES = (
            source("roles", RoleRow),
            source(
                "items",
                ItemRow,
                owner="owner_id",
            ),
        )
        """,
        """
        SOURCES = (
            source("roles", RoleRow),
        )
        """,
    ),
    "a pair of a dictionary": (
        """
        FEATURES = {
            "items": ("cli.items", "Items"),
            "jobs": ("cli.jobs", "Jobs"),
        }
        """,
        """
        FEATURES = {
            "jobs": ("cli.jobs", "Jobs"),
        }
        """,
    ),
    "what stands in parentheses, with these": (
        """
        TEXTS = [
            (
                "roles, "
                "and what they may"
            ),
            (
                "items, "
                "and whose they are"
            ),
        ]
        HELP = {
            "items": (
                "a first "
                "resource"
            ),
        }
        """,
        """
        TEXTS = [
            (
                "roles, "
                "and what they may"
            ),
        ]
        HELP = {
        }
        """,
    ),
    "an argument that has a name": (
        """
        ports = Ports(
            roles=roles,
            items=items,
        )
        """,
        """
        ports = Ports(
            roles=roles,
        )
        """,
    ),
    "a parameter, with its default": (
        """
        def wired(
            roles: Roles,
            items: Items | None = (
                None
            ),
            *,
            item_cache: Cache,
            role_cache: Cache,
        ) -> None:
            return None
        """,
        """
        def wired(
            roles: Roles,
            *,
            role_cache: Cache,
        ) -> None:
            return None
        """,
    ),
    "a field, with its docstring": (
        '''
        class Ports:
            roles: Roles
            items: Items
            """For showing them."""
            jobs: Jobs
        ''',
        """
        class Ports:
            roles: Roles
            jobs: Jobs
        """,
    ),
    "a method, with its decorator": (
        """
        class UnitOfWork:
            @property
            def roles(self) -> Roles: ...
            @property
            def items(self) -> Items: ...
        """,
        """
        class UnitOfWork:
            @property
            def roles(self) -> Roles: ...
        """,
    ),
    "a function by what it is called": (
        """
        def a_role() -> Role:
            return Role()
        def an_item() -> Thing:
            return Thing()
        """,
        """
        def a_role() -> Role:
            return Role()
        """,
    ),
    "a loop that has nothing left to do": (
        """
        async def purge(uow: UnitOfWork) -> None:
            while more:
                await uow.items.remove()
            await uow.roles.remove()
        """,
        """
        async def purge(uow: UnitOfWork) -> None:
            await uow.roles.remove()
        """,
    ),
    "a class that has nothing left to say": (
        '''
        class Pages:
            """What is shown in pages."""

            def items(self) -> Page: ...
        ''',
        "\n",
    ),
    "a text that names them": (
        """
        check("roles:read")
        check("items:read")
        """,
        """
        check("roles:read")
        """,
    ),
    "nothing of a mapping's own method, nor what a docstring says": (
        '''
        """A page of items."""
        for name, value in mapping.items():
            print(name, value)
        ''',
        '''
        """A page of items."""
        for name, value in mapping.items():
            print(name, value)
        ''',
    ),
}


@pytest.mark.parametrize("what", CODE)
def test_code_loses(what: str) -> None:
    before, after = CODE[what]
    assert without_code(dedent(before), ITEMS) == dedent(after)


def test_a_statement_goes_whole_where_what_it_names_is_not_on_lines_of_its_own() -> None:
    source = "both = combined(roles, items)\nother = 1\n"
    assert without_code(source, ITEMS) == "other = 1\n"


def test_markdown_loses_sections_entries_rows_and_lines_of_code() -> None:
    text = dedent(
        """\
        # Tour

        Things that are said of items in passing stay.

        - Roles
        - Items, which are
          told of at length
        - Jobs

        | | |
        | --- | --- |
        | roles | 1 |
        | items | 2 |

        ```
        # Items, and roles
        list roles
        list items
        ```

        ## Items

        Make one.

        ```
        # no heading
        ```

        ### More of them

        And more.

        ## Roles

        Make one.
        """
    )
    assert without_sections(text, ITEMS) == dedent(
        """\
        # Tour

        Things that are said of items in passing stay.

        - Roles
        - Jobs

        | | |
        | --- | --- |
        | roles | 1 |

        ```
        list roles
        ```

        ## Roles

        Make one.
        """
    )


def test_the_last_section_goes_to_the_end() -> None:
    assert without_sections("# A\n\nB\n\n## Items\n\nC\n", ITEMS) == "# A\n\nB\n\n"


def test_settings_lose_their_whole_paragraph() -> None:
    text = "# Roles.\n# ROLES=1\n\n# How many items.\n# MOST=2\n\n# Jobs.\n# JOBS=3\n"
    assert without_blocks(text, ITEMS) == "# Roles.\n# ROLES=1\n\n# Jobs.\n# JOBS=3\n"


def test_what_has_no_structure_loses_lines() -> None:
    assert without_lines("a\n/items\nb\n", ITEMS) == "a\nb\n"
