"""A good request for every route, and what it is about: where a test of all routes begins."""

from tests.http.callers import as_member
from tests.http.cases.feature import Feature
from tests.http.client import Client
from tests.http.contract import Contract, Operation
from tests.http.features import FEATURES
from tests.http.scene import Good, Scene

_FEATURE_OF = {name: feature for feature in FEATURES for name in feature.requests}
GOOD_REQUESTS = {name: request for each in FEATURES for name, request in each.requests.items()}


async def a_scene(client: Client, operation: Operation | None = None) -> Scene:
    """With what the operation is about, or with everything."""
    scene = Scene(client=client, owner=await as_member(client))
    furnished: list[Feature] = []
    for feature in FEATURES if operation is None else [feature_of(operation)]:
        await _furnish(scene, feature, furnished)
    if operation is not None and operation.id in (only := feature_of(operation).furnish_for):
        await only[operation.id](scene)
    return scene


async def _furnish(scene: Scene, feature: Feature, furnished: list[Feature]) -> None:
    if any(feature is each for each in furnished):
        return
    for other in feature.stands_on:
        await _furnish(scene, other, furnished)
    if feature.furnish is not None:
        await feature.furnish(scene)
    furnished.append(feature)


def feature_of(operation: Operation) -> Feature:
    return _FEATURE_OF[operation.id]


def operations_of(contract: Contract) -> dict[str, Operation]:
    """By their operation ids."""
    return {each.id: each for each in contract.operations}


def good_request(operation: Operation, scene: Scene) -> Good:
    return GOOD_REQUESTS[operation.id](scene)
