"""Every test has a service of its own."""

import pytest

from application.auth.ports import RightsChanges
from tests.application.rights import Rights
from tests.application.service import Service


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def rights(service: Service) -> Rights:
    """To be asked for before what listens to them."""
    rights = Rights()
    service.use(RightsChanges, rights)
    return rights
