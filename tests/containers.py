"""Servers in containers, where a Docker engine answers."""

import gc
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

Container = TypeVar("Container", bound=AbstractContextManager[object])


def in_a_container(stack: ExitStack, make: Callable[[], Container]) -> Container | None:
    """Started, and running for as long as the stack says; None where there is no engine, or one
    that can get no image."""
    from docker.errors import DockerException  # type: ignore[import-untyped]  # it has no types  # noqa: PLC0415 - slow to import
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415 - slow to import

    with warnings.catch_warnings():
        # A client that reaches no engine leaves its socket to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            DockerClient(timeout=2).client.close()
            container = make()
            stack.enter_context(container)
        except DockerException:
            return None
        finally:
            gc.collect()
    return container
