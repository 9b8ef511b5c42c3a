"""The Redis that tests kill."""

import contextlib

import pytest
import redis

from tests.redis_server import RedisServer


def test_a_killed_redis_comes_back_empty_at_the_same_port(own_redis_server: RedisServer) -> None:
    with contextlib.closing(redis.Redis.from_url(own_redis_server.url)) as client:
        client.set("kept", "no")
        own_redis_server.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        own_redis_server.start()
        assert client.get("kept") is None
