"""What is done in the background."""

from tests.http.cases.feature import Feature
from tests.http.scene import Good

JOBS = Feature(
    requests={
        "list_jobs": lambda _: Good("/jobs"),
    },
    outcomes="""
           anonymous  stranger  owner  holder  superuser  key  superkey
list_jobs  401        403       403    200     200        403  200
""",
    statements="""
list_jobs  SELECT
""",
)
