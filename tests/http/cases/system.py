"""The service itself."""

from tests.http.cases.feature import Feature
from tests.http.client import ROOT
from tests.http.provoking import unknown
from tests.http.scene import Good

SYSTEM = Feature(
    requests={
        "greet": lambda _: Good(f"{ROOT}/"),
        "health": lambda _: Good(f"{ROOT}/health"),
        "live": lambda _: Good(f"{ROOT}/health/live"),
        "ready": lambda _: Good(f"{ROOT}/health/ready"),
        "explain_problem": lambda _: Good(f"{ROOT}/problems/conflict"),
    },
    outcomes="""
                 anonymous  stranger  owner  holder  superuser  key  superkey
greet            200        200       200    -       200        200  200
health           200        200       200    -       200        200  200
live             200        200       200    -       200        200  200
ready            200        200       200    -       200        200  200
explain_problem  200        200       200    -       200        200  200
""",
    statements="""
greet
health
live
ready            SELECT SELECT
explain_problem
""",
    problems={"not_found": unknown},
)
