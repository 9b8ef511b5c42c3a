"""What clients may send, good and bad, from the alphabet in which trouble is written."""

import json

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x00\x1b\n\ud800\udfff\u202e\ufeff'\"\\%_{}"),
    ),
    max_size=40,
)
_NUMBER = st.one_of(
    st.integers(), st.floats(), st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400, 1e308])
)
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBER, TEXT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
REFUSED = {"validation_error", "malformed_json"}


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()
