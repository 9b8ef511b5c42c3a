"""The trail."""

from tests.http.cases.feature import Feature
from tests.http.scene import Good

AUDIT = Feature(
    requests={
        "list_audit": lambda _: Good("/audit"),
        "list_security_events": lambda _: Good("/users/me/security-events"),
    },
    outcomes="""
                      anonymous  stranger  owner  holder  superuser  key  superkey
list_audit            401        403       403    200     200        403  200
list_security_events  401        200       200    -       200        403  403
""",
    statements="""
list_audit            SELECT
list_security_events  SELECT
""",
)
