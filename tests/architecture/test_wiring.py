"""Nothing is left unwired, and nothing unchecked."""

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import adapters.memory
import application
from adapters.postgres.tables import EVENT_TABLES
from application.events.follow import Following
from application.unit_of_work import BeginUnitOfWork, HeldUnitOfWork, HoldUnitOfWork, UnitOfWork
from entrypoints.bootstrap.running import Inside
from entrypoints.bootstrap.use_cases import HANDLERS

CONTRACTS = Path(__file__).parents[1] / "contracts"


def classes_in(package: ModuleType) -> list[type]:
    names = [each.name for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    modules = [import_module(name) for name in names]
    found = {
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__
    }
    return sorted(found, key=lambda each: each.__qualname__)


def is_protocol(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


PORTS = [kind for kind in classes_in(application) if is_protocol(kind)]
MEMORY = [*classes_in(adapters.memory)]


def asked_for(port: type) -> set[str]:
    own = {name for name in vars(port) if not name.startswith("_")}
    return own | ({"__call__"} if "__call__" in vars(port) else set())


def test_every_use_case_is_wired() -> None:
    handlers = {kind for kind in classes_in(application) if kind.__name__.endswith("Handler")}

    assert handlers == set(HANDLERS)


async def test_every_use_case_can_be_had(inside: Inside) -> None:
    for handler in HANDLERS:
        assert isinstance(inside.services[handler], handler)


def test_whatever_is_followed_is_forgotten_after_a_while() -> None:
    followed = [handler.kind for handler in HANDLERS if issubclass(handler, Following)]

    assert sorted(kind.name for kind in followed) == sorted(each.kind.name for each in EVENT_TABLES)


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_every_port_has_an_adapter_in_memory(port: type) -> None:
    wanted = asked_for(port)

    assert wanted, f"{port.__name__} asks for nothing"
    assert [kind for kind in MEMORY if wanted <= set(dir(kind)) | set(_fields(kind))]


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_every_port_has_a_contract_test(port: type) -> None:
    begun: dict[type, type] = {BeginUnitOfWork: UnitOfWork, HoldUnitOfWork: HeldUnitOfWork}
    kind = begun.get(port, port)
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()

    assert (CONTRACTS / f"test_{words}.py").is_file()


def _fields(kind: type) -> list[str]:
    return [name.lstrip("_") for name in getattr(kind, "__annotations__", {})]
